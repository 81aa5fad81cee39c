"""An audit on a terminal: a bar per kind, its causes, and what to do about each.

Readable at 100 columns, and without colour; which command prints it is the command
line's.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from capi_jobs.audit import Group, Kind
from capi_jobs.audit.health import DedupHealth
from capi_jobs.report.amounts import grouped
from capi_jobs.report.audits import AuditReport, Rate
from capi_jobs.report.sentences import count, short
from capi_jobs.report.terminal import print_balance

_STYLES: Mapping[Kind, str] = {
    Kind.DUPLICATED: "magenta",
    Kind.MISSING: "red",
    Kind.MISFIRING: "yellow",
    Kind.MISALIGNED: "cyan",
}
_BAR = 24
_LEVELS = "▁▂▃▄▅▆▇█"
_INDENT = (0, 0, 0, 2)
_CURRENCIES_SHOWN = 2
_REMAINDER_SHOWN = 10
_SAMPLES_SHOWN = 2
_ORDERS_FILE = "--export FILE.csv has every order"


def print_audit(console: Console, told: AuditReport) -> None:
    """Print one destination."""
    mark = "[yellow]![/]" if told.needs_person else "[green]✓[/]"
    days = f"{told.interval.start:%Y-%m-%d %H:%M} → {told.interval.end:%Y-%m-%d %H:%M}"
    _line(
        console,
        f"\n{mark} [bold]{escape(told.destination)}[/] [dim]{told.platform}"
        f"  {days} UTC[/]",
    )
    _line(console, Padding(_headline(told), _INDENT))
    _line(console, Padding(_rates(told, console.width), _INDENT))
    _causes(console, told)
    _corrections(console, told)
    _line(console, Padding(f"[bold]dedup[/] {_health(told.health)}", _INDENT))
    for notice in told.inputs.notices:
        mark = "[yellow]![/]" if notice.needs_person else "[dim]–[/]"
        times = f" ({notice.count:,})" if notice.count > 1 else ""
        _line(
            console,
            Padding(f"{mark} {escape(notice.source)}: {notice.says}{times}", _INDENT),
        )
        _line(console, Padding(f"[dim]→ {escape(notice.do)}[/]", (0, 0, 0, 4)))
    _statement(console, told)


def _headline(told: AuditReport) -> str:
    orders = count(told.inputs.orders, "order")
    found = [rate for rate in told.rates if rate.orders]
    if not told.inputs.orders:
        return "No orders in this interval: there is nothing to compare."
    if not found:
        return f"{orders}: nothing is duplicated, missing, misfiring or misaligned."
    return f"{orders}: " + ", ".join(f"{r.orders:,} {r.kind}" for r in found) + "."


def _rates(told: AuditReport, width: int) -> Table:
    """Draw a bar per kind, the longest filling the width."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, min_width=len(Kind.DUPLICATED))
    table.add_column(no_wrap=True, min_width=_BAR)
    digits = max(len(f"{rate.orders:,}") for rate in told.rates)
    table.add_column(justify="right", no_wrap=True, min_width=digits)
    table.add_column(justify="right", no_wrap=True, min_width=len("100.00%"))
    table.add_column(no_wrap=True, overflow="ellipsis")
    # The indent, and two blanks behind each of four columns.
    room = width - 10 - len(Kind.DUPLICATED) - _BAR - digits - len("100.00%")
    longest = max((rate.orders for rate in told.rates), default=0)
    for rate in told.rates:
        filled = -(-_BAR * rate.orders // longest) if longest else 0
        bar = f"[{_STYLES[rate.kind]}]{'█' * filled}[/][dim]{'·' * (_BAR - filled)}[/]"
        table.add_row(
            f"[bold]{rate.kind}[/]",
            bar,
            f"{rate.orders:,}",
            f"{rate.share:.2%}",
            _worth(rate, room),
        )
    return table


def _worth(rate: Rate, room: int) -> str:
    """Write the trend, and before it as many currencies as there is room for."""
    trend = _trend(rate)
    room -= len(trend)
    for most in range(_CURRENCIES_SHOWN, 0, -1):
        text = _money(rate.values, most)
        if len(text) <= room:
            return f"{text}[dim]{trend}[/]"
    return f"[dim]{trend.strip()}[/]"


def _trend(rate: Rate) -> str:
    """Set the share beside the one before, and draw those of all."""
    if not rate.earlier:
        return ""
    shares = [*rate.earlier, rate.share]
    highest = max(shares) or 1
    line = "".join(_LEVELS[round((len(_LEVELS) - 1) * s / highest)] for s in shares)
    change = rate.share - rate.earlier[-1]
    arrow = "→" if abs(change) < 0.00005 else "↑" if change > 0 else "↓"  # noqa: PLR2004 - half of what is shown
    return f"  {line} {arrow} from {rate.earlier[-1]:.2%}"


def _causes(console: Console, told: AuditReport) -> None:
    """Print kind by kind what was found, at which orders, and what to do."""
    for kind in Kind:
        of_kind = [group for group in told.groups if group.cause.kind is kind]
        if of_kind:
            _line(
                console, Padding(f"[{_STYLES[kind]}]■[/] [bold]{kind}[/]", (1, 0, 0, 2))
            )
        for group in of_kind:
            _line(console, Padding(_cause(group), (0, 0, 0, 4)))
    if told.groups:
        _line(console, Padding(f"[dim]{_ORDERS_FILE}[/]\n", (1, 0, 0, 2)))


def _cause(group: Group) -> str:
    detail = f" [dim]{escape(short(group.detail))}[/]" if group.detail else ""
    return (
        f"[bold]{group.cause.name}[/] {group.orders:,} · {_money(group.values)}{detail}"
        f" · {_samples(group)}\n  {group.cause.says}\n  [dim]→ {group.cause.do}[/]"
    )


def _samples(group: Group) -> str:
    shown = [escape(short(one or "(no id)")) for one in group.samples[:_SAMPLES_SHOWN]]
    more = group.orders - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _corrections(console: Console, told: AuditReport) -> None:
    if not told.corrected:
        return
    orders = sum(one.orders for one in told.corrected)
    _line(
        console,
        Padding(
            f"[bold]no longer true[/] of {count(orders, 'delivered order')}:",
            _INDENT,
        ),
    )
    for one in told.corrected:
        text = (
            f"{one.cause} {one.orders:,} · overstated by"
            f" {grouped(one.overstated, one.currency)} {one.currency}"
        )
        _line(console, Padding(text, (0, 0, 0, 4)))
    do = "→ no platform takes it back: --corrections FILE.csv exports them; not resent"
    _line(console, Padding(f"[dim]{do}[/]\n", (0, 0, 0, 4)))


def _health(health: DedupHealth) -> str:
    parts = [
        f"{one.channel} {one.with_id / one.events:.0%} of {one.events:,} with an id"
        for one in health.channels
        if one.events
    ]
    if health.both:
        parts.append(
            f"{health.paired / health.both:.0%} of {count(health.both, 'order')}"
            " told by both pair up"
        )
    if health.apart_median is not None and health.apart_max is not None:
        parts.append(
            f"copies {_span(health.apart_median)} apart, at most"
            f" {_span(health.apart_max)} (window {_span(health.window)})"
        )
    return " · ".join(parts) or "no events to pair"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.0f} s"


def _statement(console: Console, told: AuditReport) -> None:
    if not told.total.orders and not told.remainder:
        return
    days = sum(day.closes for day in told.days)
    _line(
        console,
        Padding(
            f"[bold]balance[/] closes on {days:,} of {count(len(told.days), 'day')}",
            (1, 0, 0, 2),
        ),
    )
    print_balance(console, told.total)
    for line in _left(told):
        _line(console, Padding(line, _INDENT))


def _left(told: AuditReport) -> Iterator[str]:
    for left in told.remainder[:_REMAINDER_SHOWN]:
        yield f"[red]✗[/] {escape(short(left.order_id))}: {left.why.replace('_', ' ')}"
    more = len(told.remainder) - _REMAINDER_SHOWN
    if more > 0:
        yield f"[red]✗[/] {more:,} more: --json lists them"


def _money(values: Mapping[str, Decimal], most: int = _CURRENCIES_SHOWN) -> str:
    told = sorted(values.items(), key=lambda one: (-one[1], one[0]))
    shown = [f"{grouped(value, code)} {code}".rstrip() for code, value in told[:most]]
    more = len(told) - len(shown)
    return " · ".join(shown + ([f"+{more}"] if more else [])) or "–"


def _line(console: Console, what: RenderableType) -> None:
    # Whatever the console is set to: text and tables are fitted to the terminal.
    console.print(what, soft_wrap=False)
