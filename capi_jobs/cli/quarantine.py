"""`quarantine`: orders that a rule holds: look, export, release or block them."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import books, chosen_of, clock_of, loaded, who
from capi_jobs.errors import DecisionRefused

if TYPE_CHECKING:
    from capi_jobs.ledger.values import HoldRow

app = typer.Typer(
    help="Orders that a rule holds: look, export, release or block.",
    no_args_is_help=True,
)

Rule = Annotated[
    str | None,
    typer.Option(
        "--rule", envvar="CAPI_JOBS_RULE", help="Only what this rule holds first."
    ),
]
Orders = Annotated[
    list[str] | None,
    typer.Argument(help="Order ids.", show_default=False),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", envvar="CAPI_JOBS_FILE", help="A file with one order id a line."
    ),
]


@app.command("list")
def list_(
    destination: options.Destination = None,
    rule: Rule = None,
    limit: options.Limit = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """List what is held, one order a line."""
    with screen.told_plainly(), books(loaded(config), to_look=True) as ledger:
        held = ledger.open_holds(destination, rule=rule, limit=limit)
        if as_json:
            screen.answer_lines(_fields(row) for row in held)
            return
        rows = [_cells(row) for row in held]
    if not rows:
        screen.out.print("Nothing is held.")
        return
    screen.table(
        screen.several(len(rows), "order is held", "orders are held"),
        ("destination", "order", "rule", "day", "value", "", "why"),
        rows,
    )
    screen.out.print(
        "Mend the source and run again, or `capi-jobs quarantine release|block ORDER"
        " --destination D --because '…'`."
    )


@app.command()
def show(
    order: Annotated[str, typer.Argument(help="Order id.")],
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show one held order: every rule that failed, since when, and what to do."""
    with screen.told_plainly(), books(loaded(config), to_look=True) as ledger:
        rows = [row for row in ledger.open_holds() if row.order_id == order]
    if as_json:
        screen.answer([_fields(row) for row in rows])
    elif not rows:
        screen.out.print("This order is not held.")
    for row in rows if not as_json else []:
        screen.table(
            f"{row.order_id} for {row.destination}",
            ("", ""),
            [(name, value) for name, value in _fields(row).items()],
        )
    if not rows:
        raise typer.Exit(screen.FAILED)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="CSV to write; - for stdout.")],
    destination: options.Destination = None,
    rule: Rule = None,
    config: options.Config = None,
) -> None:
    """Write what is held as CSV, safe to open in a sheet. No personal data is in it."""
    with screen.told_plainly(), books(loaded(config), to_look=True) as ledger:
        held = ledger.open_holds(destination, rule=rule)
        if str(file) == "-":
            written = _write(sys.stdout, held)
        else:
            with screen.private_file(file) as opened:
                written = _write(opened, held)
    screen.err.print(f"{screen.several(written, 'held order')} written")


@app.command()
def release(
    orders: Orders = None,
    *,
    because: options.Because,
    destination: options.Destination = None,
    rule: Rule = None,
    file: File = None,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Send these in spite of the rules of the suites, with the next run."""
    _decide("release", orders, because, destination, rule, file, actor, config)


@app.command()
def block(
    orders: Orders = None,
    *,
    because: options.Because,
    destination: options.Destination = None,
    rule: Rule = None,
    file: File = None,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Never send these: they leave the quarantine and count as excluded."""
    _decide("block", orders, because, destination, rule, file, actor, config)


def _decide(  # noqa: PLR0917  # what two commands share
    decision: str,
    orders: list[str] | None,
    because: str,
    destination: str | None,
    rule: str | None,
    file: Path | None,
    actor: str | None,
    config: Path | None,
) -> None:
    from capi_jobs.jobs.quarantining import Word, decide, meant  # noqa: PLC0415
    from capi_jobs.jobs.reading_files import read_ids  # noqa: PLC0415

    with screen.told_plainly():
        settings, now, word = loaded(config), clock_of(None).now(), Word(decision)
        ids = [*(orders or ()), *(read_ids(file) if file else ())]
        if not ids and rule is None:
            raise typer.BadParameter("name orders, --file or --rule")
        chosen = chosen_of(settings, [destination] if destination else None)
        with books(settings) as ledger:
            named = {
                one.name: meant(ledger, word, one.name, rule, ids) for one in chosen
            }
            done = decide(
                ledger, word, named, actor=who(actor), reason=because, now=now
            )
        if not done:
            raise DecisionRefused(
                "none of these is held", do="see `capi-jobs quarantine list`"
            )
    for name, count in done.items():
        many = screen.several(count, "order")
        screen.out.print(f"{name}: {many} {_DONE[decision]}")


_DONE = {
    "release": "released; the next run sends what can be read and the platform takes",
    "block": "blocked; never sent, and excluded in the balance",
}


def _fields(row: "HoldRow") -> dict[str, object]:
    from capi_jobs.report.held import held_row  # noqa: PLC0415

    return held_row(row)


def _cells(row: "HoldRow") -> tuple[object, ...]:
    told = _fields(row)
    names = ("destination", "order_id", "rule", "day", "value", "currency", "message")
    return tuple(told[name] for name in names)


def _write(file: TextIO, held: "Iterator[HoldRow]") -> int:
    from capi_jobs.report.cells import lines  # noqa: PLC0415
    from capi_jobs.report.held import COLUMNS, held_cells  # noqa: PLC0415

    written = -1  # the heading is no order
    for line in lines(chain([COLUMNS], map(held_cells, held))):
        file.write(line)
        written += 1
    return written
