"""The balance on a terminal: readable at 100 columns, and without colour.

Which command prints it, and to which console, is the command line's.
"""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from capi_jobs.report import remedies
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance
from capi_jobs.report.contents import (
    CLASS_WORDS,
    DestinationReport,
    Group,
    Groups,
    Report,
)
from capi_jobs.report.sentences import (
    Level,
    count,
    fault_line,
    headline,
    level,
    money_lines,
    printable,
    short,
)

_MARKS: dict[Level, str] = {
    "good": "[green]✓[/]",
    "look": "[yellow]![/]",
    "fault": "[red]✗[/]",
    "empty": "[dim]–[/]",
}
_INDENT = (0, 0, 0, 2)
# Blanks of a row: the indent, and two behind each of three columns.
_GAPS = 8
# A rule's name fits, and so does the code with which a platform's words begin.
_REASON_SHOWN = 60
# A screen is no list: the largest groups, and where the others are told.
_GROUPS_SHOWN = 5
_FAULTS_SHOWN = 10


def print_report(console: Console, report: Report) -> None:
    """Print each destination: the sentence, the balance, what needs a person."""
    for told in report.destinations:
        print_destination(console, told)


def print_destination(console: Console, told: DestinationReport) -> None:
    """Print one destination."""
    target = told.target
    platform = f" [dim]{target.platform}[/]" if target.platform != target.name else ""
    _line(console, f"\n{_MARKS[level(told)]} [bold]{escape(target.name)}[/]{platform}")
    _line(console, Padding(escape(headline(told)), _INDENT))
    if told.days:
        print_balance(console, told.total)
    for line in _matching(told):
        _line(console, Padding(line, _INDENT))
    _to_do(console, told)


def print_balance(console: Console, balance: Balance) -> None:
    """Print the columns that hold orders, with their reasons, and the remainder."""
    rows = list(_rows(balance))
    names = max(cell_len(name) for name, _, _ in rows)
    digits = max(len("orders"), *(len(f"{a.orders:,}") for _, _, a in rows))
    room = console.width - names - digits - _GAPS
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False)
    table.add_column("column", no_wrap=True)
    table.add_column("orders", justify="right", no_wrap=True)
    table.add_column("value", no_wrap=True)
    for name, style, amount in rows:
        cells = escape(name), f"{amount.orders:,}", _fitting(amount, room)
        table.add_row(*cells, style=style)
    table.add_row(*_remainder(balance, room))
    if balance.recovered:
        value = _fitting(balance.recovered, room)
        table.add_row("recovered", f"{balance.recovered.orders:,}", value)
    _line(console, Padding(table, _INDENT))


def _rows(balance: Balance) -> Iterator[tuple[str, str, Amount]]:
    """Yield name, style and amount of what is not empty; the whole comes last."""
    for order_class, (label, _) in CLASS_WORDS.items():
        if balance[order_class]:
            yield label, "", balance[order_class]
            for reason, part in balance.reasons.get(order_class, {}).items():
                if reason:
                    yield f"  {short(reason)}", "dim", part
    yield "completed orders", "bold", balance.orders


def _fitting(amount: Amount, room: int) -> str:
    """Write as many currencies as fit on the line, and how many do not."""
    lines = money_lines(amount)
    for shown in range(len(lines), 0, -1):
        more = len(lines) - shown
        told = " · ".join(lines[:shown]) + (f" · +{more}" if more else "")
        if len(told) <= room:
            return told
    return f"{len(lines)} currencies" if lines else "–"


def _remainder(balance: Balance, room: int) -> tuple[str, str, str]:
    if balance.closes:
        return "[green]remainder[/]", "[green]0[/]", "[green]✓ the books close[/]"
    left = balance.remainder
    value = _fitting(left, room - 2)
    return "[red]remainder[/]", f"[red]{left.orders:,}[/]", f"[red]✗ {value}[/]"


def _matching(told: DestinationReport) -> Iterator[str]:
    """Yield what matching is forecast, what would lift it, what the platform says."""
    for source in told.coverage:
        name = escape(source.source)
        if source.advice:
            says = escape(printable(source.advice.says))
            yield f"match keys ({name}): {says}"
        elif source.forecast is not None:
            yield f"match keys ({name}): forecast {source.forecast} of 10"
    for event in dict.fromkeys(one.event_name for one in told.scores):
        one = next(score for score in told.scores if score.event_name == event)
        ours = "" if one.forecast is None else f", our forecast was {one.forecast}"
        yield (
            f"{told.target.platform}'s own match quality of {escape(short(event))}:"
            f" {one.score} on {one.day}{ours}"
        )


def _to_do(console: Console, told: DestinationReport) -> None:
    for fault in told.total.faults[:_FAULTS_SHOWN]:
        _line(console, Padding(f"[red]✗[/] {escape(fault_line(fault))}", _INDENT))
    if told.total.faults:
        _line(console, Padding(f"[red]→[/] {remedies.of_fault()}", _INDENT))
    for run_id in told.asks:
        asks = f"[yellow]![/] run {escape(run_id)} asks before it sends anything:"
        _line(console, Padding(asks, _INDENT))
        _commands(console, remedies.of_gate(run_id))
    _groups(console, "held", told.quarantine)
    _groups(console, "in doubt", told.in_doubt)
    _groups(console, "rejected", told.rejected)


def _groups(console: Console, what: str, groups: Groups) -> None:
    """Print the largest groups, and how to deal with the first that needs a person."""
    shown = groups.shown[:_GROUPS_SHOWN]
    for group in shown:
        _line(console, Padding(_group(what, group), _INDENT))
    more = groups.orders - sum(group.amount.orders for group in shown)
    if more:
        text = f"[dim]  {more:,} more are {what}: see the HTML report[/]"
        _line(console, Padding(text, _INDENT))
    _commands(console, next((g.do for g in shown if not g.by_itself), ()))


def _group(what: str, group: Group) -> str:
    mark = "[dim]–[/]" if group.by_itself else "[yellow]![/]"
    why = short(group.reason, _REASON_SHOWN) if group.reason else group.says
    later = "; the next run sends them again" if group.by_itself else ""
    return f"{mark} {count(group.amount.orders, 'order')} {what}: {escape(why)}{later}"


def _commands(console: Console, lines: Iterable[str]) -> None:
    """Print what can be typed, in one line each, so that it can be copied."""
    for line in lines:
        _, typed, rest = line.partition("capi-jobs ")
        if typed:
            console.print(f"    [cyan]{escape(typed + rest)}[/]", soft_wrap=True)


def _line(console: Console, what: RenderableType) -> None:
    # Whatever the console is set to: text and tables are fitted to the terminal.
    console.print(what, soft_wrap=False)
