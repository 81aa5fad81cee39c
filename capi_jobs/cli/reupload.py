"""`reupload`: named orders or days are sent again, because a person says why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from capi_jobs.cli import options, screen, wishing
from capi_jobs.cli.door import clock_of, entered, loaded, who

if TYPE_CHECKING:
    from capi_jobs.jobs.house import House
    from capi_jobs.jobs.reuploading import DestinationTold, Explained, Reuploaded, Wish
    from capi_jobs.jobs.reuploading.line import Line

# Two screens; `--json` has all of them.
_LINES_SHOWN = 40
_BAR_CELLS = 32


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(reupload)


def reupload(
    orders: wishing.Orders = None,
    *,
    because: options.Because,
    file: wishing.File = None,
    interval: wishing.Days = None,
    destination: options.Destinations = None,
    send: wishing.Send = False,
    delivered: wishing.Delivered = "skip",
    in_doubt: wishing.InDoubt = "skip",
    rejected: wishing.Rejected = "skip",
    held: wishing.Held = "skip",
    may_count_twice: options.MayCountTwice = False,
    run_id: wishing.RunId = None,
    actor: options.Actor = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show what sending orders again would do; with --send, do it.

    Orders that nobody sent go out. What others sent, or what could count twice, is
    refused; the latter takes `--may-count-twice`. See docs/reupload.md.
    """
    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        wish = wishing.wish_of(
            settings,
            clock.now(),
            file,
            order_ids=orders or (),
            because=because,
            destinations=destination or (),
            interval=interval,
            delivered=delivered,
            in_doubt=in_doubt,
            rejected=rejected,
            held=held,
            may_count_twice=may_count_twice,
        )
        with entered(settings, clock, to_look=not send) as house, screen.Bars() as bars:
            if send:
                done = _done(house, wish, run_id, who(actor), bars, as_json)
            else:
                shown = _shown(house, wish, run_id, bars, as_json)
    if send:
        _end_sent(done, as_json=as_json)
    else:
        _end_shown(shown, as_json=as_json)


def _say_run(run_id: str) -> None:
    """Before anything is done: whoever has to go on must know it."""
    screen.err.print(f"[dim]re-upload {run_id}; if it breaks off: --run-id {run_id}[/]")


def _heard(lines: "Sequence[Line]") -> None:
    """The tables are printed at the end."""


def _print_lines(lines: "Sequence[Line]") -> None:
    screen.answer_lines(line.as_json() for line in lines)


# ── The dry run ─────────────────────────────────────────────────────────────────


def _shown(
    house: "House",
    wish: "Wish",
    run_id: str | None,
    bars: screen.Bars,
    as_json: bool,
) -> "Explained":
    from capi_jobs.jobs.reuploading import explain  # noqa: PLC0415

    told = _print_lines if as_json else _heard
    return explain(house, wish, run_id=run_id or "", watcher=bars, told=told)


def _end_shown(shown: "Explained", *, as_json: bool) -> None:
    if as_json:
        screen.answer_lines([{"dry_run": True, **shown.as_json()}])
    else:
        _show(shown, would=True)
        if shown.going or any(one.of_moves for one in shown.destinations):
            screen.out.print("\nNothing was sent. The same with --send does it.")
        else:
            screen.out.print("\nNothing would be sent.")
    if shown.needs_person:
        raise typer.Exit(screen.PERSON_NEEDED)


# ── The deed ────────────────────────────────────────────────────────────────────


def _done(
    house: "House",
    wish: "Wish",
    run_id: str | None,
    actor: str,
    bars: screen.Bars,
    as_json: bool,
) -> "Reuploaded":
    from capi_jobs.jobs.records import new_run_id  # noqa: PLC0415
    from capi_jobs.jobs.reuploading import send  # noqa: PLC0415

    run = run_id or new_run_id(house.clock.now())
    _say_run(run)
    told = _print_lines if as_json else _heard
    return send(house, wish, run_id=run, actor=actor, watcher=bars, told=told)


def _end_sent(done: "Reuploaded", *, as_json: bool) -> None:
    if as_json:
        screen.answer_lines([{"dry_run": False, **done.as_json()}])
    else:
        _show(done.explained, would=False)
        screen.out.print()
    if not as_json:
        from capi_jobs.cli.runs import print_run  # noqa: PLC0415

        print_run(done.report)
    if done.failed:
        raise typer.Exit(screen.FAILED)
    if done.needs_person:
        raise typer.Exit(screen.PERSON_NEEDED)


# ── What both show ──────────────────────────────────────────────────────────────


def _show(shown: "Explained", *, would: bool) -> None:
    for one in shown.destinations:
        _show_destination(one, would=would)
    if shown.not_found:
        several = screen.several(len(shown.not_found), "order id is", "order ids are")
        some = ", ".join(map(screen.shown, shown.not_found[:_LINES_SHOWN]))
        more = len(shown.not_found) - _LINES_SHOWN
        rest = f" and {more:,} more" if more > 0 else ""
        told = f"{several} not in the view of the orders: {escape(some)}{rest}"
        screen.out.print(f"[yellow]?[/] {told}")


def _show_destination(one: "DestinationTold", *, would: bool) -> None:
    lines = list(one.lines)[:_LINES_SHOWN]
    title = f"{one.name}: {screen.several(one.orders, 'order')}, {_going(one, would)}"
    screen.table(
        title,
        ("order", "class", "what", "value", "", "why"),
        [_cells(line) for line in lines],
    )
    if one.orders > len(lines):
        screen.out.print(
            f"  … and {one.orders - len(lines):,} more; --json has them all"
        )
    _bar(one)
    if one.twice.orders:
        many = screen.several(one.twice.orders, "order")
        screen.out.print(f"[yellow]![/] {many} may count twice ({_money(one.twice)})")
    if one.needs_word.orders:
        many = screen.several(one.needs_word.orders, "order is", "orders are")
        screen.out.print(
            f"[yellow]?[/] {many} refused without --may-count-twice"
            f" ({_money(one.needs_word)})"
        )


def _going(one: "DestinationTold", would: bool) -> str:
    verb = "would go" if would else "to go"
    worth = f" ({_money(one.going)})" if one.going.orders else ""
    return f"{one.going.orders:,} {verb}{worth}"


def _money(amount: "object") -> str:
    told = amount.as_json()["values"]  # type: ignore[attr-defined]
    return ", ".join(f"{value} {currency}" for currency, value in told.items()) or "–"


def _cells(line: "Line") -> tuple[object, ...]:
    told = line.as_json()
    what = str(told["action"]).replace("_", " ")
    names = (line.order_id, line.was or "–", what)
    return (*names, told["value"] if line.currency else None, line.currency, line.why)


def _bar(one: "DestinationTold") -> None:
    """Draw the shares of what goes, of what is left alone and of what is refused."""
    from capi_jobs.jobs.reuploading.line import Action  # noqa: PLC0415

    parts = [
        ("goes", "green", one.going.orders + one.of_moves),
        ("left alone", "dim", one.of(Action.LEAVE)),
        ("refused", "yellow", one.of(Action.REFUSE)),
    ]
    total = sum(count for _, _, count in parts)
    if not total:
        screen.out.print("  No order of these is there for this destination.")
        return
    bar = "".join(
        f"[{style}]{'█' * max(count * _BAR_CELLS // total, 1 if count else 0)}[/]"
        for _, style, count in parts
    )
    words = ", ".join(f"{count:,} {word}" for word, _, count in parts if count)
    screen.out.print(f"  {bar} {words}")
