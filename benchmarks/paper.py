"""A billion orders a day on paper: arithmetic with what docs/scale.md has measured.

    python -m benchmarks paper

The figures are read from the tables of that page (`workers.py` and `ledger.py` write
them), so that what is reckoned cannot differ from what was measured; a test says when
it does. What is assumed, not measured, are the constants below.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, log

from benchmarks import telling
from benchmarks.telling_workers import DATABASE, ENTRY, LOOKING, READING, SENDING
from capi_jobs.config.sections import LedgerSettings, Orders
from capi_jobs.jobs.house import LOG_MARGIN
from capi_jobs.platforms import NAMES, platform_named

PAGE = telling.PAGE.with_name("scale.md")
MARKS = ("<!-- paper: begin -->", "<!-- paper: end -->")

DAY = timedelta(days=1)
HOUR = 3_600
ORDERS = 10**9
MISSING = 0.02  # assumed: a shop whose pixels and server work
NIGHT_HOURS = 4  # assumed: from the end of the loads until people come
# The benchmark reads a day of orders, and of logs nearly as many rows.
ROWS_MEASURED = 2
NUMBERS = 2**31  # `reconcile/classing.py` keeps a row's number in an INTEGER
ROW_BYTES = 100  # assumed: two ids of 20, a time, money, six short words
# docs/performance.md: 750 events in TikTok's call of 1 MB, 1,237 in Snapchat's of 2 MB.
EVENT_BYTES = 1_500
MEASURED = 20 * 10**6  # entries, in the table of that page
CLAIM_EVENTS = 1_000  # the size of the claims that `ledger.py` times
CORE_HOUR = 0.05  # assumed: dollars, a rented core
GB_MONTH = 0.10  # assumed: dollars, on fast disks
SCANNED_TB = 5.0  # assumed: dollars, where a warehouse bills what it reads
SHORT_DAYS = 14  # twice the longest time in which a web event is taken
# PostgreSQL's pages; a key of 20 characters with its neighbours in the index; pages
# that are filled in random order are two thirds full.
PAGE_BYTES, KEY_BYTES, FILLED = 8_192, 56, 0.67


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, in seconds and bytes."""

    reading: float  # a row of keys
    database: float  # likewise, by PostgreSQL
    looking: float  # an owed order
    sending: float  # likewise
    entry: float
    claim: float  # of a thousand, and its answer

    @classmethod
    def on(cls, page: str) -> "Figures":
        """Read them from the page."""
        return cls(
            reading=_cell(page, READING) / ROWS_MEASURED / 1e6,
            database=_cell(page, DATABASE) / ROWS_MEASURED / 1e6,
            looking=_cell(page, LOOKING) / 1e6,
            sending=_cell(page, SENDING) / 1e6,
            entry=_cell(page, ENTRY),
            claim=sum(_cell(page, f"move | {what}") for what in _MOVES) / 1e3,
        )


_MOVES = ("claim 1,000", "settle 1,000, all taken")


def _cell(page: str, name: str) -> float:
    """Return the number beside a name in one of the tables."""
    found = re.search(rf"^\| {re.escape(name)} \| ([\d,.]+) \|", page, re.MULTILINE)
    if found is None:
        message = f"docs/scale.md tells no {name!r}: run `python -m benchmarks workers`"
        raise LookupError(message)
    return float(found[1].replace(",", ""))


@dataclass(frozen=True, slots=True)
class Load:
    """What a day of so many orders asks for."""

    figures: Figures
    orders: int = ORDERS

    @property
    def days(self) -> tuple[int, int]:
        """Of orders and of logs, in one reading: the future has no logs yet."""
        orders = 1 + Orders.model_fields["lookback"].default // DAY
        return orders, orders + LOG_MARGIN // DAY

    @property
    def rows(self) -> int:
        """Rows of keys in one reading."""
        return self.orders * sum(self.days)

    @property
    def owed(self) -> int:
        """Orders to be sent."""
        return round(self.orders * MISSING)

    @property
    def reading(self) -> float:
        """CPU seconds of one reading."""
        return self.rows * self.figures.reading

    @property
    def cpu(self) -> float:
        """Return the seconds of all steps without slices: three readings, two looks."""
        return 3 * self.reading + self.owed * (
            self.figures.looking + self.figures.sending
        )

    @property
    def database(self) -> float:
        """CPU seconds of a PostgreSQL."""
        return 3 * self.rows * self.figures.database

    @property
    def claims(self) -> float:
        """Seconds in which the ledger is at work, if one asks after the other."""
        return self.owed / CLAIM_EVENTS * self.figures.claim

    @property
    def entries_gb(self) -> float:
        """What a day adds to the ledger."""
        return self.owed * self.figures.entry / 1e9

    @property
    def most_orders(self) -> float:
        """Orders a day at which one core fills the night."""
        return self.orders * NIGHT_HOURS * HOUR / self.cpu

    @property
    def break_even(self) -> float:
        """Share of the day's orders that must be owed: one more slice sends as long."""
        return sum(self.days) * self.figures.reading / self.figures.sending


def told(page: str) -> str:
    """Reckon with what the page says was measured."""
    load = Load(Figures.on(page))
    return "\n".join([
        *_keys(load), "", *_rates(load), "", *_costs(load), "", *_first(load), "",
        *_slices(load), "", *_depths(load),
    ])  # fmt: skip


def _keys(load: Load) -> Iterator[str]:
    orders, logs = load.days
    figures = load.figures
    yield (
        f"{load.orders:,} orders a day, {MISSING:.0%} of them missing, one destination."
        f" A run reads the keys of {orders} days of orders (its own and the look-back)"
        f" and of {logs} days of logs (as many, and {LOG_MARGIN // DAY} before them),"
        " three times: to assess, to deliver, to report."
    )
    yield ""
    yield "| what | reckoned | comes to |"
    yield "|---|---|--:|"
    rows = f"{load.orders:,} × ({orders} + {logs})"
    yield f"| rows of keys, one reading | {rows} | {load.rows:,} |"
    yield (
        f"| … their bytes on the wire | × {ROW_BYTES} B (assumed) |"
        f" {load.rows * ROW_BYTES / 1e12:.1f} TB |"
    )
    yield (
        f"| … CPU of capi-jobs | × {figures.reading * 1e6:.2f} µs |"
        f" {_hours(load.reading)} |"
    )
    yield (
        f"| CPU of PostgreSQL, three readings | × {figures.database * 1e6:.2f} µs × 3 |"
        f" {_hours(load.database)} |"
    )
    yield f"| orders owed | × {MISSING:.0%} | {load.owed:,} |"
    for what, each in (
        ("look at", figures.looking),
        ("check and send", figures.sending),
    ):
        yield (
            f"| CPU to {what} them | × {each * 1e6:,.0f} µs |"
            f" {_hours(load.owed * each)} |"
        )
    yield (
        f"| the ledger's claims and answers | {load.owed / CLAIM_EVENTS:,.0f} ×"
        f" {figures.claim * 1e3:,.0f} ms, at 20 M entries | {_hours(load.claims)} |"
    )
    yield (
        f"| the ledger's growth | {load.owed:,} × {figures.entry:,.0f} B |"
        f" {load.entries_gb:,.0f} GB a day |"
    )


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR:,.1f} h"


def _rates(load: Load) -> Iterator[str]:
    yield (
        "What the platforms take. A call holds as many events as the platform allows,"
        f" or as fit into its bytes at {EVENT_BYTES:,} B an event:"
    )
    yield ""
    yield "| platform | events a call | calls | calls a second at most | takes |"
    yield "|---|--:|--:|--:|--:|"
    for name in NAMES:
        limits = platform_named(name).limits
        fit = min(limits.events_per_batch_max, limits.body_bytes_max // EVENT_BYTES)
        calls = ceil(load.owed / fit)
        rate = limits.requests_per_second_max
        minutes = ceil(calls / rate / 60)
        yield f"| {name} | {fit:,} | {calls:,} | {rate:g} | {minutes:,} min |"


def _costs(load: Load) -> Iterator[str]:
    cores = f"{_hours(load.cpu)} + {_hours(load.database)}"
    core = (load.cpu + load.database) / HOUR * CORE_HOUR
    scanned = 3 * load.rows * ROW_BYTES / 1e12 * SCANNED_TB
    yield (
        f"What it costs, **at prices that are assumed**: {CORE_HOUR:.2f} $ a core-hour,"
        f" {GB_MONTH:.2f} $ a GB-month, {SCANNED_TB:.0f} $ a TB where a warehouse bills"
        " what it reads instead of its cores."
    )
    yield ""
    yield "| what | reckoned | comes to |"
    yield "|---|---|--:|"
    yield f"| cores | ({cores}) × {CORE_HOUR:.2f} $ | {core:,.2f} $ a day |"
    yield (
        f"| or a warehouse by bytes | 3 × {load.rows * ROW_BYTES / 1e12:.1f} TB ×"
        f" {SCANNED_TB:.0f} $ | {scanned:,.0f} $ a day |"
    )
    for days in (_kept(), SHORT_DAYS):
        size = load.entries_gb * days
        yield (
            f"| a ledger of {days} days, {load.owed * days / 1e9:.1f} G entries |"
            f" {size:,.0f} GB × {GB_MONTH:.2f} $ | {size * GB_MONTH:,.0f} $ a month |"
        )


def _first(load: Load) -> Iterator[str]:
    parts = ceil(load.cpu / NIGHT_HOURS / HOUR)
    numbered = NUMBERS / load.days[0] / 1e6
    spilled = load.rows * ROW_BYTES / 1e12
    yield (
        "**What breaks first is the reading of keys.** It takes"
        f" {3 * load.reading / load.cpu:.0%} of all CPU, {_hours(load.cpu)}, and one"
        f" task does it alone. One core gets through {load.most_orders / 1e6:,.0f}"
        f" million orders a day in a night of {NIGHT_HOURS} hours; a billion takes"
        f" {parts} cores, each with a part of the shop. A reading also numbers its rows"
        f" of orders with 32 bits, and fails beyond {numbered:,.0f} million orders"
        f" a day; and what its joins spill, up to {spilled:.1f} TB,"
        " must find room on the worker's disk. Then the ledger: with a"
        f" retention of {_kept()} days it holds {load.owed * _kept() / MEASURED:,.0f}"
        " times as much as was measured. The platforms are last."
    )


def _kept() -> int:
    """Days that entries stay by default."""
    return int(LedgerSettings.model_fields["retention"].default // DAY)


def _slices(load: Load) -> Iterator[str]:
    yield (
        "Slices do not share the reading: each reads all keys again, and sends its"
        " part. A slice sends as long as it reads where it holds"
        f" {load.break_even:.0%} of a day's orders: slices are for the day on which"
        " pixels and servers were off, not for every night."
    )


def _depths(load: Load) -> Iterator[str]:
    fan = PAGE_BYTES * FILLED / KEY_BYTES
    yield (
        "Beyond the entries that were measured: a claim goes down the indexes of event"
        f" ids and of order ids, {fan:.0f} keys a page."
    )
    yield ""
    yield "| entries | levels of such an index | its size |"
    yield "|--:|--:|--:|"
    for entries in (MEASURED, 100 * 10**6, load.owed * SHORT_DAYS, load.owed * _kept()):
        size = entries * KEY_BYTES / FILLED / 1e9
        yield f"| {entries:,} | {ceil(log(entries, fan))} | {size:,.1f} GB |"


def write() -> None:
    """Put what was reckoned into the page, between its two marks."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = MARKS
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    PAGE.write_text(f"{head}{begin}\n{told(page)}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    write()
