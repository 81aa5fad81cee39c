"""One run at work: assess a destination, keep what was found, deliver lanes abreast.

When it is done is decided in `running.py`; a single call lives in `delivery/`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from capi_jobs.config import Credentials, Destination
from capi_jobs.delivery import Attempts, Lane, LaneDelivery, Means, Tally
from capi_jobs.gate import Gate, GateReason, grown
from capi_jobs.jobs.assessing import Assessed, OnPage, look, pages, reconciled
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.outcome import RunReport, status_of
from capi_jobs.jobs.rebuilding import rebuilt
from capi_jobs.jobs.records import assessment_of
from capi_jobs.jobs.signals import stopped_by_signals
from capi_jobs.jobs.versions import version_ended
from capi_jobs.ledger.values import HoldEnd, RunDestination, RunStatus, worst
from capi_jobs.lifecycle import Status
from capi_jobs.model import DataInterval, OrderKey, Prepared
from capi_jobs.platforms import platform_named
from capi_jobs.preparation import Page, Preparer
from capi_jobs.preparation.kept import PART_ROWS, keeping, written
from capi_jobs.reconcile import Wanted
from capi_jobs.transport import Transport

# Orders and value by currency that are due → why that is too much, if it is.
JudgeDue = Callable[[int, Mapping[str, Decimal]], GateReason | None]


@dataclass(frozen=True, slots=True)
class Work:
    """One run at work: what its steps share."""

    house: House
    run_id: str
    actor: str
    credentials: Mapping[str, Credentials]
    watcher: Watcher
    # Why a person started it; stays in the run's heading, however it ends.
    note: str = ""
    # A slice has said so by itself: its destination's status follows from its slices'.
    marks_start: bool = True

    def assess(
        self,
        destination: Destination,
        interval: DataInterval,
        open_ones: contextlib.ExitStack,
    ) -> Assessed:
        """Assess and keep the holds; what was found stays open for delivery."""
        found = self.reconcile(destination, interval, open_ones)
        lanes = len(self.credentials)
        found.kept = open_ones.enter_context(keeping(destination.name, lanes))
        self.look(found)
        return found

    def reconcile(
        self,
        destination: Destination,
        interval: DataInterval,
        open_ones: contextlib.ExitStack,
        wanted: Wanted | None = None,
    ) -> Assessed:
        """Find what is owed, by keys; the balance begins with what is there now."""
        found = open_ones.enter_context(
            reconciled(self.house, destination, interval, self.watcher, wanted)
        )
        self.house.ledger.end_holds(
            destination.name,
            found.reconciliation.stale_holds,
            HoldEnd.GONE,
            now=self.house.clock.now(),
        )
        # Before any hold is kept: else a run that breaks off leaves the books open.
        self.house.ledger.recount(
            self.run_id,
            found.name,
            assessment_of(found, found.gate),
            now=self.house.clock.now(),
        )
        return found

    def look(self, found: Assessed, on_page: OnPage | None = None) -> None:
        """Look at every row that is owed, and keep the holds."""

        def looked_at(keys: Sequence[OrderKey], page: Page) -> None:
            self.keep_holds(found.destination, page)
            if on_page:
                on_page(keys, page)

        look(
            self.house,
            found,
            watcher=self.watcher,
            on_page=looked_at,
            run_id=self.run_id,
        )

    def keep(self, found: Assessed, gate: Gate) -> None:
        """Write down what was found, and whether somebody is asked."""
        self.house.ledger.record_assessment(
            self.run_id,
            found.destination.name,
            assessment_of(found, gate),
            now=self.house.clock.now(),
        )

    def gate_again(self, found: Assessed, approved: RunDestination) -> Gate:
        """Close the gate again where more is missing than was approved.

        Else the approval stands.
        """
        shown = approved.approved_count or 0, approved.approved_values
        reason = self.too_much(found, partial(grown, *shown))
        if reason is None:
            return Gate("pass")
        gate = Gate("ask", (reason,))
        self.keep(found, gate)
        return gate

    def too_much(self, found: Assessed, judge: JudgeDue) -> GateReason | None:
        """Judge what is due by its keys and, where that is too much, by its rows."""
        reason = judge(*found.due_by_keys())
        if reason is not None:
            # Some of these keys may belong to rows that are never sent.
            self.look(found)
            reason = judge(*found.due())
        return reason

    def keep_holds(self, destination: Destination, page: Page) -> None:
        """Remember what rules keep back, and end what was mended or went away."""
        ledger, name, now = self.house.ledger, destination.name, self.house.clock.now()
        ledger.record_holds(page.holds, run_id=self.run_id, now=now)
        mended = [one.entry.order_id for one in page.ready]
        ledger.end_holds(name, mended, HoldEnd.MENDED, now=now)
        gone = [*page.gone, *page.excluded]
        ledger.end_holds(name, gone, HoldEnd.GONE, now=now)

    def deliver(self, going: Sequence[Assessed]) -> dict[str, Tally]:
        """Deliver all lanes side by side."""
        if not going:
            return {}
        return asyncio.run(self._lanes(going))

    async def _lanes(self, going: Sequence[Assessed]) -> dict[str, Tally]:
        stop = asyncio.Event()
        settings = self.house.settings.delivery
        async with Transport(
            deadline=settings.call_deadline,
            connections_max=settings.in_flight_max * len(going),
        ) as transport:
            means = Means(
                ledger=self.house.ledger,
                transport=transport,
                settings=settings,
                run_id=self.run_id,
                actor=self.actor,
                clock=self.house.clock,
                stop=stop,
            )
            with stopped_by_signals(stop), ThreadPoolExecutor(1, "pages") as reader:
                ended = await asyncio.gather(
                    *(self._lane(found, means, reader) for found in going),
                    return_exceptions=True,
                )
        tallies = {t.destination: t for t in ended if isinstance(t, Tally)}
        for one in ended:
            if isinstance(one, BaseException):
                # What broke one lane is not said of those that ended well.
                self._finish_lanes(tallies.values())
                raise one
        return tallies

    async def _lane(
        self, found: Assessed, means: Means, reader: ThreadPoolExecutor
    ) -> Tally:
        destination, name = found.destination, found.name
        secret = self.credentials[name]
        lane = Lane(
            name=name,
            platform=platform_named(destination.platform),
            target=destination.target(secret.app_secret),
            token=secret.token,
            limits=destination.limits(),
        )
        self.watcher.stage(name, "deliver", found.due_by_keys()[0])
        tally = Tally(name, on_change=self._shown)
        now = self.house.clock.now()
        if self.marks_start:
            self.house.ledger.start_delivery(self.run_id, name, now=now)
        preparer = self.house.preparer(destination, now)
        attempts = Attempts(lane, means, tally)
        if ended := version_ended(destination, now.date()):
            attempts.halt(ended)
        delivery = LaneDelivery(attempts, pages=self._pages(found, preparer))
        again = partial(rebuilt, self.house, preparer)
        await delivery.run(again, reader)
        counts = self.house.ledger.status_counts()
        tally.in_doubt = counts.get((name, Status.IN_DOUBT), 0)
        return tally

    def _shown(self, tally: Tally) -> None:
        self.watcher.reached(
            tally.destination, tally.delivered + tally.rejected + tally.in_doubt
        )

    def _pages(
        self, found: Assessed, preparer: Preparer
    ) -> Iterator[Sequence[Prepared]]:
        """Hand out what was kept, then prepare again what was not, or is too old.

        In small parts, so that delivery, which reads one ahead, never has two pages.
        """
        while found.kept and (parts := found.kept.take(self.house.clock.monotonic())):
            yield from parts
        for page in self._pages_going(found, preparer):
            ready = page.ready
            del page
            for place, one in enumerate(ready):
                ready[place] = written(one)
            while ready:
                yield ready[:PART_ROWS]
                del ready[:PART_ROWS]

    def _pages_going(self, found: Assessed, preparer: Preparer) -> Iterator[Page]:
        """Keep holds on the way.

        What was held and not looked at stands in no approval, even if it is mended.
        """
        now, looked = self.house.clock.now(), found.checked
        for held in (False, True) if looked else (False,):
            for _, page in pages(self.house, preparer, found, now, held=held):
                self.keep_holds(found.destination, page)
                if not looked:  # nor counted yet
                    found.held.update(hold.rule for hold in page.holds)
                yield page
                del page

    def finish(self, report: RunReport) -> None:
        """Write down how each destination, and the run, ended."""
        self._finish_lanes(ran.tally for ran in report.destinations if ran.tally)
        # Another destination of the run may still wait, or have failed before.
        run = self.house.ledger.run(self.run_id)
        status = worst(one.status for one in run.destinations.values())
        self.house.ledger.finish_run(
            self.run_id, status, now=self.house.clock.now(), note=self.note
        )

    def _finish_lanes(self, tallies: Iterable[Tally]) -> None:
        for tally in tallies:
            self.house.ledger.finish_destination(
                self.run_id,
                tally.destination,
                status_of(tally),
                now=self.house.clock.now(),
                requests={"requests": tally.requests},
                note=str(tally.stopped or ""),
            )

    def recorded(self) -> contextlib.AbstractContextManager[None]:
        """Say in the books that the run broke off."""
        return recorded(self._broke_off)

    def _broke_off(self, status: RunStatus, note: str) -> None:
        ledger, now = self.house.ledger, self.house.clock.now()
        for one in ledger.run(self.run_id).destinations.values():
            if one.status is RunStatus.RUNNING:
                ledger.finish_destination(
                    self.run_id, one.destination, status, now=now, note=note
                )
        # What broke is told by the destinations, where the heading says why it began.
        ledger.finish_run(self.run_id, status, now=now, note=self.note or note)


@contextlib.contextmanager
def recorded(broke_off: Callable[[RunStatus, str], None]) -> Iterator[None]:
    """Say in the books that work broke off, where the books can still be told."""
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | asyncio.CancelledError)
        status = RunStatus.INTERRUPTED if stopped else RunStatus.FAILED
        with contextlib.suppress(Exception):
            broke_off(status, type(error).__name__)
        raise
