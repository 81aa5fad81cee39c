"""One order on one screen: its row, what happened when, and where it broke."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from capi_jobs.audit import BY_NAME, Kind
from capi_jobs.model import OrderClass
from capi_jobs.report.amounts import grouped
from capi_jobs.report.contents import CLASS_WORDS, REASON_WORDS
from capi_jobs.report.sentences import printable, short
from capi_jobs.report.traces import Trace, TracedDestination, TracedOrder, differs

_INDENT = (0, 0, 0, 2)
# A screen; a tag that fires in a loop fills no more of it.
_ROWS_SHOWN = 20
_BAD = "[red]✗[/]"
_GOOD = "[green]✓[/]"


def print_trace(console: Console, trace: Trace) -> None:
    """Print everything, one destination below the other."""
    mark = _BAD if trace.broken else _GOOD if trace.known else "[yellow]?[/]"
    _line(console, f"\n{mark} [bold]order {escape(short(trace.order_id, 64))}[/]")
    if not trace.known:
        _line(console, Padding(_unknown(), _INDENT))
        return
    _line(console, Padding(_row(trace.order), _INDENT))
    for one in trace.destinations:
        _destination(console, trace, one)


def _unknown() -> str:
    return (
        "No row of the orders, no log and no entry of the ledger knows this id.\n"
        "[dim]→ look for it as the warehouse writes it; `capi-jobs check` says whether"
        " the sources can be read[/]"
    )


def _row(order: TracedOrder | None) -> str:
    if order is None:
        return f"{_BAD} the warehouse has no such order"
    facts = " · ".join(
        f"[dim]{name}[/] {escape(short(value))}"
        for name, value in order.facts.items()
        if name != "order_id"
    )
    lines = [facts]
    if order.rows > 1:
        lines.append(f"{_BAD} it stands there {order.rows:,} times")
    lines.append(f"[dim]filled: {', '.join(order.filled) or '–'}[/]")
    lines.append(f"[dim]empty: {', '.join(order.empty) or '–'}[/]")
    return "\n".join(lines)


def _destination(console: Console, trace: Trace, one: TracedDestination) -> None:
    bad = bool(one.findings or one.corrections)
    _line(
        console,
        f"\n{_BAD if bad else _GOOD} [bold]{escape(one.destination.name)}[/]"
        f" [dim]{one.destination.platform}[/]  {_decided(one)}",
    )
    _line(console, Padding(_counted(one), _INDENT))
    if one.hold:
        text = f"held by {one.hold.rule}: {one.hold.message}"
        _line(console, Padding(f"[yellow]![/] {escape(text)}", _INDENT))
    if one.override:
        word = one.override
        text = f"{word.actor} said {word.decision}: {word.reason}"
        _line(console, Padding(f"[yellow]![/] {escape(printable(text))}", _INDENT))
    _line(console, Padding(_timeline(trace, one), _INDENT))
    for line in _breaks(one):
        _line(console, Padding(line, _INDENT))


def _decided(one: TracedDestination) -> str:
    if one.decision is None:
        return "not an order of the warehouse"
    label, says = CLASS_WORDS[one.decision.order_class]
    reason, rule = one.decision.reason, one.decision.order_class is OrderClass.HELD
    why = reason if rule else REASON_WORDS.get(reason, reason) or says
    return f"[bold]{label}[/]: {escape(why)}"


def _counted(one: TracedDestination) -> str:
    times = f"{one.counted} {'time' if str(one.counted) == '1' else 'times'}"
    unsure = f" ({', '.join(one.counted.unsure)})" if one.counted.unsure else ""
    return f"counted by the platform, as far as can be known: [bold]{times}[/]{unsure}"


def _timeline(trace: Trace, one: TracedDestination) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    for _ in range(5):
        table.add_column(overflow="fold")
    rows = sorted(_happened(trace, one), key=lambda row: row[0])
    for at, *cells in rows[:_ROWS_SHOWN]:
        table.add_row(f"[dim]{escape(at)}[/]", *cells)
    if len(rows) > _ROWS_SHOWN:
        table.add_row("", "", f"[dim]… {len(rows) - _ROWS_SHOWN:,} more: --json[/]")
    return table


def _happened(trace: Trace, one: TracedDestination) -> Iterator[list[str]]:
    """Yield when, mark, who, what, and with which worth."""
    facts = trace.order.facts if trace.order else {}
    if facts:
        worth = f"{facts.get('value', '–')} {facts.get('currency', '')}"
        at = _moment(facts.get("completed_at"))
        yield [at, _GOOD, "warehouse", "order completed", escape(worth)]
    kinds = {finding.kind for finding in one.findings}
    times = sorted(_moment(event.get("event_time")) for event in one.events)
    for event in one.events:
        at = _moment(event.get("event_time"))
        first = at == times[0]
        bad = kinds & {Kind.MISFIRING, Kind.MISALIGNED} or (
            Kind.DUPLICATED in kinds and not first
        )
        yield [at, _BAD if bad else _GOOD, *_event(event, facts, kinds)]
    for move in trace.history:
        if move["destination"] == one.destination.name:
            yield _move(move)
    for entry in one.entries:
        worth = f"{grouped(entry['value'], entry['currency'])} {entry['currency']}"
        what = f"{entry['event_name']} {short(str(entry['event_id']))} now"
        status = str(entry["status"]).replace("_", " ")
        at = _moment(entry["last_sent_at"] or entry["first_sent_at"])
        mark = _GOOD if status == "delivered" else "[yellow]![/]"
        text = f"{escape(what)} [bold]{status}[/]"
        yield [f"{at}\0", mark, "capi-jobs", text, escape(worth)]


def _event(
    event: Mapping[str, str | None], facts: Mapping[str, str], kinds: set[Kind]
) -> list[str]:
    """Set in red what differs from the order, where something was found to differ."""
    looks = Kind.MISALIGNED in kinds

    def cell(name: str, wanted: str | None) -> str:
        told = event.get(name) or ""
        text = escape(short(told)) or "[dim]–[/]"
        red = looks and wanted and differs(name, told, wanted)
        return f"[red]{text}[/]" if red else text

    what = (
        f"{escape(short(event.get('event_name') or 'Purchase'))}"
        f" {cell('event_id', facts.get('event_id'))}"
        f" [dim]order[/] {cell('order_id', facts.get('order_id'))}"
    )
    worth = f"{cell('value', facts.get('value'))}"
    worth += f" {cell('currency', facts.get('currency'))}"
    return [escape(f"{event.get('channel')} {event.get('log')}"), what, worth]


def _move(move: Mapping[str, Any]) -> list[str]:
    receipt = " ".join(filter(None, (move["reason"], move["trace_id"])))
    what = f"{move['event']} → {move['to_status']}".replace("_", " ")
    batch = short(str(move["batch_id"]), 13)
    return [
        _moment(move["at"]),
        "[dim]·[/]",
        escape(str(move["actor"])),
        f"{escape(what)} [dim]batch {escape(batch)}[/]",
        f"[dim]{escape(printable(receipt))}[/]",
    ]


def _breaks(one: TracedDestination) -> Iterator[str]:
    for finding in one.findings:
        cause = BY_NAME[finding.kind, finding.cause]
        detail = f" ({escape(short(finding.detail))})" if finding.detail else ""
        yield (
            f"{_BAD} [bold]{finding.kind}[/] {finding.cause}: {cause.says}{detail}\n"
            f"  [dim]→ {cause.do}[/]"
        )
    for wrong in one.corrections:
        yield (
            f"{_BAD} [bold]no longer true[/] {wrong.cause}: overstated by"
            f" {grouped(wrong.overstated, wrong.currency)} {wrong.currency}\n"
            "  [dim]→ no platform takes it back; it is not sent again[/]"
        )
    if not one.findings and not one.corrections:
        yield f"{_GOOD} nothing is wrong here"


def _moment(at: object) -> str:
    """Write a time in UTC; one that cannot be read stays as it is."""
    if not isinstance(at, str | datetime):
        return ""
    try:
        told = datetime.fromisoformat(at.strip()) if isinstance(at, str) else at
    except ValueError:
        return short(str(at))
    if told.tzinfo is None:  # of which zone, only its log's setting says
        return f"{told:%Y-%m-%d %H:%M:%S}?"
    return f"{told.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _line(console: Console, what: RenderableType) -> None:
    # Whatever the console is set to: text and tables are fitted to the terminal.
    console.print(what, soft_wrap=False)
