"""`ledger`: look at entries, decide what is in doubt or rejected, import, forget."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import books, clock_of, loaded, who
from capi_jobs.lifecycle import Status as Statuses

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

app = typer.Typer(
    help="Entries: look, resolve, requeue, import, forget.", no_args_is_help=True
)

Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        envvar="CAPI_JOBS_STATUS",
        help="Only this status: in_flight, in_doubt, resending, delivered, rejected.",
    ),
]
Orders = Annotated[list[str] | None, typer.Argument(help="Order ids.")]
EventIds = Annotated[
    list[str] | None,
    typer.Option("--event-id", envvar="CAPI_JOBS_EVENT_ID", help="Or event ids."),
]
BatchId = Annotated[
    str | None,
    typer.Option("--batch", envvar="CAPI_JOBS_BATCH", help="Or a whole batch."),
]
Named = Annotated[
    str,
    typer.Option(
        "--destination",
        "-d",
        envvar="CAPI_JOBS_DESTINATION",
        help="Of this destination.",
    ),
]


@app.command("list")
def list_(
    destination: options.Destination = None,
    status: Status = None,
    order: Annotated[
        list[str] | None,
        typer.Option("--order", envvar="CAPI_JOBS_ORDER", help="Only these orders."),
    ] = None,
    limit: options.Limit = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """List entries, one a line."""
    with screen.told_plainly(), books(loaded(config), to_look=True) as ledger:
        found = ledger.entries(
            destination, status=_status(status), order_ids=order, limit=limit
        )
        if as_json:
            screen.answer_lines(found)
            return
        names = ("destination", "order_id", "event_id", "event_time", "status")
        columns = (*names, "reason", "attempts", "batch_id")
        rows = [[row[name] for name in columns] for row in found]
    if rows:
        screen.table(screen.several(len(rows), "entry", "entries"), columns, rows)
    else:
        screen.out.print("The ledger has no such entry.")


@app.command()
def show(
    order: Annotated[str, typer.Argument(help="Order id.")],
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show everything the ledger knows of an order: entries and every move."""
    with screen.told_plainly(), books(loaded(config), to_look=True) as ledger:
        entries = list(ledger.entries(order_ids=[order]))
        moves = ledger.entry_history(order)
    if as_json:
        screen.answer({"entries": entries, "history": moves})
    elif not entries and not moves:
        screen.out.print("The ledger does not know this order: it was never sent.")
    else:
        for entry in entries:
            screen.table(f"{order}", ("", ""), list(entry.items()))
        columns = ("at", "destination", "from_status", "event", "to_status")
        wanted = (*columns, "actor", "reason", "batch_id")
        screen.table(
            "history", wanted, [[move.get(name) for name in wanted] for move in moves]
        )
    if not entries and not moves:
        raise typer.Exit(screen.FAILED)


@app.command()
def resolve(
    orders: Orders = None,
    *,
    destination: Named,
    because: options.Because,
    event_id: EventIds = None,
    batch: BatchId = None,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Say of entries in doubt that they arrived: you looked at the platform."""
    from capi_jobs.ledger import Chosen  # noqa: PLC0415

    with screen.told_plainly(), books(loaded(config)) as ledger:
        chosen = Chosen(destination, orders or (), event_id or (), batch)
        done = ledger.resolve(
            chosen,
            actor=who(actor),
            reason=because,
            now=clock_of(None).now(),
        )
    many = screen.several(done.orders, "entry is", "entries are")
    screen.out.print(f"{many} delivered now")


@app.command()
def requeue(
    orders: Orders = None,
    *,
    destination: Named,
    because: options.Because,
    event_id: EventIds = None,
    batch: BatchId = None,
    may_count_twice: options.MayCountTwice = False,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Make entries in doubt or rejected missing again. May count twice: you decide.

    What is delivered takes `--may-count-twice` too; `capi-jobs reupload` shows first
    what would happen.
    """
    from capi_jobs.ledger import Chosen  # noqa: PLC0415

    with screen.told_plainly(), books(loaded(config)) as ledger:
        chosen = Chosen(destination, orders or (), event_id or (), batch)
        done = ledger.requeue(
            chosen,
            actor=who(actor),
            reason=because,
            now=clock_of(None).now(),
            may_count_twice=may_count_twice,
        )
    many = screen.several(done.orders, "entry is", "entries are")
    screen.out.print(
        f"{many} missing again: sent with the next run that reads their days;"
        " what was in doubt or delivered may count twice"
    )


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="JSON array or NDJSON: what was sent before capi-jobs."),
    ],
    because: options.Because,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Take over events that were sent before: they count as delivered."""
    from capi_jobs.jobs.importing import entries_of  # noqa: PLC0415

    with screen.told_plainly():
        settings = loaded(config)
        entries = entries_of(settings, file)
        with books(settings) as ledger:
            done = ledger.import_entries(
                entries, actor=who(actor), reason=because, now=clock_of(None).now()
            )
    new = screen.several(done.new, "entry is", "entries are")
    known = screen.several(done.known, "was", "were")
    screen.out.print(f"{new} new, {known} known")


@app.command()
def forget(
    orders: Orders = None,
    *,
    because: options.Because,
    file: Annotated[
        Path | None,
        typer.Option("--file", envvar="CAPI_JOBS_FILE", help="One order id a line."),
    ] = None,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Remove what is kept about orders, on request. They can never be sent again."""
    from capi_jobs.jobs.reading_files import read_ids  # noqa: PLC0415

    with screen.told_plainly(), books(loaded(config)) as ledger:
        ids = [*(orders or ()), *(read_ids(file) if file else ())]
        if not ids:
            raise typer.BadParameter("name orders or --file")
        done = ledger.forget(
            ids, actor=who(actor), reason=because, now=clock_of(None).now()
        )
    _print_counts("forgotten", done)


@app.command()
def retention(config: options.Config = None) -> None:
    """Remove what is older than [ledger] retention, and could not be sent anyway."""
    from capi_jobs.jobs.retaining import retain  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        with books(settings) as ledger:
            done = retain(ledger, settings, now=clock.now())
    _print_counts("removed", done)


def _print_counts(done: str, counts: "DataclassInstance") -> None:
    told = ", ".join(f"{name} {count:,}" for name, count in asdict(counts).items())
    screen.out.print(f"{done}: {told}")


def _status(text: str | None) -> Statuses | None:
    if text is None:
        return None
    try:
        return Statuses(text)
    except ValueError:
        known = ", ".join(Statuses)
        raise typer.BadParameter(f"choose of {known}", param_hint="--status") from None
