"""The balance on a terminal: readable at 100 columns, and without colour.

Which command prints it, and to which console, is the command line's.
"""

from collections.abc import Iterable, Iterator

from rich.console import Console
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
    short,
)

_MARKS: dict[Level, str] = {
    "good": "[green]✓[/]",
    "look": "[yellow]![/]",
    "fault": "[red]✗[/]",
    "empty": "[dim]–[/]",
}
# What a line has room for beside its name and number; the rest is in HTML and JSON.
_CURRENCIES_SHOWN = 3
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
    name = f"[bold]{escape(target.name)}[/]{platform}"
    console.print(f"\n{_MARKS[level(told)]} {name}")
    console.print(Padding(escape(headline(told)), (0, 0, 0, 2)))
    if told.days:
        print_balance(console, told.total)
    for line in _to_do(told):
        console.print(Padding(line, (0, 0, 0, 2)), soft_wrap=False)


def print_balance(console: Console, balance: Balance) -> None:
    """Print the columns that hold orders, with their reasons, and the remainder."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False)
    table.add_column("column", no_wrap=True, style="none")
    table.add_column("orders", justify="right", no_wrap=True)
    table.add_column("value", overflow="fold")
    for order_class, (label, _) in CLASS_WORDS.items():
        amount = balance[order_class]
        if not amount:
            continue
        table.add_row(label, *_cells(amount))
        for reason, part in balance.reasons.get(order_class, {}).items():
            if reason:
                table.add_row(f"  [dim]{escape(short(reason))}[/]", *_cells(part))
    table.add_section()
    table.add_row("[bold]completed orders[/]", *_cells(balance.orders))
    table.add_row(*_remainder(balance))
    if balance.recovered:
        table.add_row("recovered", *_cells(balance.recovered))
    console.print(Padding(table, (0, 0, 0, 2)))


def _cells(amount: Amount) -> tuple[str, str]:
    lines = money_lines(amount)
    more = len(lines) - _CURRENCIES_SHOWN
    told = " · ".join(lines[:_CURRENCIES_SHOWN])
    return f"{amount.orders:,}", f"{told} · +{more} more" if more > 0 else told


def _remainder(balance: Balance) -> tuple[str, str, str]:
    if balance.closes:
        return "[green]remainder[/]", "[green]0[/]", "[green]✓ the books close[/]"
    orders, values = _cells(balance.remainder)
    return "[red]remainder[/]", f"[red]{orders}[/]", f"[red]✗ {values}[/]"


def _to_do(told: DestinationReport) -> Iterator[str]:
    for fault in told.total.faults[:_FAULTS_SHOWN]:
        yield f"[red]✗[/] {escape(fault_line(fault))}"
    if told.total.faults:
        yield f"[red]→[/] {remedies.of_fault()}"
    for run_id in told.asks:
        yield f"[yellow]![/] run {escape(run_id)} asks before it sends anything:"
        yield from _commands(remedies.of_gate(run_id))
    yield from _groups("held", told.quarantine)
    yield from _groups("in doubt", told.in_doubt)
    yield from _groups("rejected", told.rejected)


def _groups(what: str, groups: Groups) -> Iterator[str]:
    for group in groups.shown[:_GROUPS_SHOWN]:
        yield _group(what, group)
        if not group.by_itself:
            yield from _commands(group.do)
    more = groups.orders - sum(
        group.amount.orders for group in groups.shown[:_GROUPS_SHOWN]
    )
    if more:
        yield f"[dim]{more:,} more are {what}: see the HTML report[/]"


def _group(what: str, group: Group) -> str:
    mark = "[dim]–[/]" if group.by_itself else "[yellow]![/]"
    why = short(group.reason, 60) if group.reason else group.says
    later = "; the next run sends them again" if group.by_itself else ""
    return f"{mark} {count(group.amount.orders, 'order')} {what}: {escape(why)}{later}"


def _commands(lines: Iterable[str]) -> Iterator[str]:
    """Yield what can be typed; sentences beside it are in the HTML report."""
    for line in lines:
        _, typed, rest = line.partition("capi-jobs ")
        if typed:
            yield f"  [cyan]{escape(typed + rest)}[/]"
