"""Assess one destination: reconcile, look at every missing order, let the gate judge.

Used by `plan`, which writes nothing, and by `run`, which keeps what was found. The
pages are prepared the same way when they are delivered, see `running.py`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from capi_jobs.config import Destination
from capi_jobs.coverage import Advice, Coverage, SourceCoverage
from capi_jobs.gate import Assessment as Judged
from capi_jobs.gate import Gate, GateLimits, judge
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.observing import look_told, reconcile_told
from capi_jobs.jobs.preparing import prepared
from capi_jobs.model import DataInterval, OrderClass, OrderKey, OwedAs
from capi_jobs.preparation import Page, Preparer
from capi_jobs.preparation.advising import Sample, advised
from capi_jobs.preparation.kept import KeptPages
from capi_jobs.reconcile import Reconciliation, Wanted
from capi_jobs.reconcile.days import touched, whole
from capi_jobs.validation import ExpectationResult, SuiteVerdict

# Called with each page and its keys, so that holds can be kept while they are found.
OnPage = Callable[[Sequence[OrderKey], Page], None]

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Packing:
    """How many calls the ready events will take, without keeping them."""

    events_max: int
    bytes_max: int
    overhead: int
    calls: int = 0
    _events: int = 0
    _bytes: int = 0

    def add(self, event: bytes) -> None:
        """Put one more event into the present call, or into a new one."""
        size = len(event) + 1
        full = self._bytes + size > self.bytes_max or self._events >= self.events_max
        if full or not self.calls:
            self.calls += 1
            self._events, self._bytes = 0, self.overhead
        self._events += 1
        self._bytes += size


@dataclass(slots=True)
class Assessed:
    """What was found for one destination, before anything is sent."""

    destination: Destination
    interval: DataInterval
    days: tuple[date, date]
    reconciliation: Reconciliation
    packing: Packing
    coverage: Coverage
    checked: int = 0
    # Of what was not held before: what the gate judges.
    checked_new: int = 0
    bad_new: int = 0
    verdict_new: SuiteVerdict = field(default_factory=SuiteVerdict)
    ready: Counter[OwedAs] = field(default_factory=Counter)
    ready_values: dict[str, Decimal] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)  # by rule
    excluded_since: int = 0
    gone: int = 0
    verdict: SuiteVerdict = field(default_factory=SuiteVerdict)
    # The one change that would help matching most, by source.
    advice: tuple[Advice, ...] = ()
    gate: Gate = field(default_factory=lambda: Gate("pass"))
    # Where delivery follows at once: what was prepared, as far as there is room.
    kept: KeptPages | None = None

    @property
    def name(self) -> str:
        """The destination's name."""
        return self.destination.name

    @property
    def results(self) -> tuple[ExpectationResult, ...]:
        """How each expectation fared, over all pages."""
        return self.verdict.results

    @property
    def told_coverage(self) -> tuple[SourceCoverage, ...]:
        """Which identifiers the ready conversions carry."""
        return self.coverage.told()

    def due(self) -> tuple[int, dict[str, Decimal]]:
        """Orders and value that would be sent: what a person approves."""
        return sum(self.ready.values()), self.ready_values

    def due_by_keys(self) -> tuple[int, dict[str, Decimal]]:
        """The same before any row was looked at: at least what would be sent."""
        count, values = 0, dict[str, Decimal]()
        for due in self.reconciliation.due():
            count += due.orders
            values[due.currency] = due.value
        return count, values


@contextmanager
def reconciled(
    house: House,
    destination: Destination,
    interval: DataInterval,
    watcher: Watcher,
    wanted: Wanted | None = None,
) -> Iterator[Assessed]:
    """Find what is owed, by keys alone; they can be read until the block ends."""
    now = house.clock.now()
    watcher.stage(destination.name, "reconcile", None)
    with ExitStack() as open_ones:
        with reconcile_told(destination) as told:
            reconciliation = open_ones.enter_context(
                house.reconcile(destination, interval, now, wanted)
            )
            told(reconciliation)
        preparer = house.preparer(destination, now)
        yield Assessed(
            destination,
            interval,
            days_of(interval, house.settings.day_zone),
            reconciliation,
            _packing(preparer),
            Coverage(preparer.platform.match_keys),
        )


@contextmanager
def assess(
    house: House,
    destination: Destination,
    interval: DataInterval,
    *,
    watcher: Watcher,
    on_page: OnPage,
) -> Iterator[Assessed]:
    """Find what is owed and look at every row of it; the gate judges the whole."""
    with reconciled(house, destination, interval, watcher) as found:
        look(house, found, watcher=watcher, on_page=on_page)
        yield found


@look_told
def look(
    house: House,
    found: Assessed,
    *,
    watcher: Watcher,
    on_page: OnPage,
    run_id: str = "",
) -> None:
    """Prepare every order that may be sent, page by page, then let the gate judge.

    By other runs than `run_id`, which may have been assessed before.
    """
    now = house.clock.now()
    preparer = house.preparer(found.destination, now)
    preparer.sample = sample = Sample()
    totals = found.reconciliation.totals
    owed = totals[OrderClass.MISSING] + totals[OrderClass.HELD]
    watcher.stage(found.name, "validate", owed)
    # What was held is looked at again, too: its source may be mended.
    for held in (False, True):
        for keys, page in pages(house, preparer, found, now, held=held):
            if not held:
                _count_new(found, page, len(keys))
                if found.kept:
                    found.kept.add(len(keys), page.ready, page.read_at)
            _count(found, page, len(keys))
            on_page(keys, page)
            watcher.reached(found.name, found.checked)
            del keys, page  # before the next one: two would be held at once
    preparer.sample = None
    found.advice = advised(sample, found.destination, house.settings.destinations)
    found.gate = _judged(house, found, run_id)


def days_of(interval: DataInterval, zone: ZoneInfo) -> tuple[date, date]:
    """First and last day that lie wholly in the interval; else those it touches.

    A day of which only hours were read must not replace its whole balance.
    """
    first, last = whole(interval, zone)
    return (first, last) if first <= last else touched(interval, zone)


def _packing(preparer: Preparer) -> Packing:
    limits = preparer.limits
    overhead = preparer.platform.overhead(preparer.destination.target(), "")
    return Packing(limits.events_per_batch_max, limits.body_bytes_max, overhead)


def pages(
    house: House, preparer: Preparer, found: Assessed, now: datetime, *, held: bool
) -> Iterator[tuple[Sequence[OrderKey], Page]]:
    """Prepare what is missing, behind what was kept, or what was held."""
    there, rows = found.reconciliation, house.settings.delivery.page_rows
    skipped = found.kept.taken if found.kept else 0
    asked = there.held_keys(rows) if held else there.keys(rows, skipped)
    return prepared(house, preparer, asked, found.interval, now)


def _count_new(found: Assessed, page: Page, keys: int) -> None:
    """Judge what nobody has seen yet: what is held is held, whoever looks again."""
    found.checked_new += keys
    found.bad_new += len(page.holds)
    found.verdict_new = found.verdict_new.merge(page.orders_verdict).merge(
        page.conversions_verdict
    )


def _count(found: Assessed, page: Page, keys: int) -> None:
    found.checked += keys
    found.gone += len(page.gone)
    found.excluded_since += len(page.excluded)
    found.held.update(hold.rule for hold in page.holds)
    found.verdict = found.verdict.merge(page.orders_verdict).merge(
        page.conversions_verdict
    )
    found.coverage.add([one.conversion for one in page.ready])
    for one in page.ready:
        found.ready[one.entry.owed_as] += 1
        found.packing.add(one.event)
        known = found.ready_values.get(one.entry.currency, Decimal(0))
        found.ready_values[one.entry.currency] = known + one.entry.value


def _judged(house: House, found: Assessed, run_id: str) -> Gate:
    settings, name = house.settings.gate, found.destination.name
    limits = GateLimits(**settings.model_dump())
    count, values = found.due()
    return judge(
        Judged(
            destination=name,
            days=(found.interval.end - found.interval.start) / _DAY,
            source_orders=found.reconciliation.orders,
            missing_orders=count,
            missing_value=values,
            bad_rows=found.bad_new,
            checked_rows=found.checked_new,
            results=found.verdict_new.results,
            has_sent_events=house.has_sent_events(found.destination),
        ),
        house.past_assessments(name, run_id),
        ever_approved=house.ledger.ever_approved(name),
        limits=limits,
    )
