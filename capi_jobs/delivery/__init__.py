"""claim → call → settle, until nothing is due or the time is up.

One lane per destination, several calls in flight in each, lanes side by side. A single
call is `attempt.py`, the search for a bad event `isolation.py`, what is in doubt
`resend.py`. Nobody else retries: three loops would multiply.
"""

import asyncio
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from capi_jobs.batching import batches
from capi_jobs.delivery.attempt import Attempts, Result
from capi_jobs.delivery.isolation import isolate
from capi_jobs.delivery.means import Clock, Lane, Means, Transport
from capi_jobs.delivery.observing import lane_told
from capi_jobs.delivery.resend import AsyncRebuild, Rebuild, resend_doubtful
from capi_jobs.delivery.tally import Tally
from capi_jobs.delivery.waiting import await_others
from capi_jobs.errors import DestinationStopped
from capi_jobs.model import Deferred, Prepared
from capi_jobs.telemetry import carried

# Beside each two calls that are under way one more batch is claimed, or settled: the
# ledger takes half as long for a batch as a platform that answers after 0.2 s. More
# would only wait claimed, and be in doubt where the run is killed.
CALLS_PER_BATCH_BESIDE = 2

__all__ = [
    "Attempts",
    "Clock",
    "Lane",
    "LaneDelivery",
    "Means",
    "Rebuild",
    "Tally",
    "Transport",
]


class LaneDelivery:
    """Delivers everything that is due for one destination."""

    def __init__(
        self, attempts: Attempts, *, pages: Iterator[Sequence[Prepared]]
    ) -> None:
        """Take pages of prepared conversions, oldest first; read one page ahead."""
        self._attempts, self._pages = attempts, pages
        settings = attempts.settings
        most = settings.in_flight_max
        # What is claimed may wait for a whole call before its own, within one lease.
        waits = settings.lease >= 2 * settings.call_deadline
        beside = most // CALLS_PER_BATCH_BESIDE if waits else 0
        self._slots = asyncio.Semaphore(most + beside)

    async def run(
        self, rebuild: Rebuild, reader: ThreadPoolExecutor | None = None
    ) -> Tally:
        """Send what was in doubt, then all pages, then what is in doubt by now.

        Pages are read by `reader`, which lanes may share: Python prepares one at a
        time anyway, and each thread keeps the memory of its largest page.
        """
        if reader is None:
            # Iterators and their connections live in one thread: SQLite insists on it.
            with ThreadPoolExecutor(1, thread_name_prefix="pages") as own:
                return await self.run(rebuild, own)
        with lane_told(self._attempts.lane, self._attempts.run_id):
            return await self._run(rebuild, reader)

    async def _run(self, rebuild: Rebuild, reader: ThreadPoolExecutor) -> Tally:
        again, began = self._in(reader, rebuild), self._attempts.clock.now()
        await resend_doubtful(self._attempts, again)
        await self._send_pages(reader)
        if self._attempts.fault:
            raise self._attempts.fault
        await await_others(self._attempts, began)
        await resend_doubtful(self._attempts, again)
        return self._attempts.tally

    async def _send_pages(self, reader: ThreadPoolExecutor) -> None:
        loop, read = asyncio.get_running_loop(), partial(next, self._pages, None)

        def ahead() -> asyncio.Future[Sequence[Prepared] | None]:
            return loop.run_in_executor(reader, carried(read))

        coming = ahead()
        try:
            async with asyncio.TaskGroup() as calls:
                try:
                    while (page := await coming) is not None:
                        if self._attempts.over:
                            break
                        coming = ahead()
                        await self._begin(page, calls)
                # A group would cancel, and so put in doubt, what is in flight.
                except Exception as error:  # noqa: BLE001 - raised by `run`
                    self._attempts.broke(error)
        finally:
            await asyncio.wait([coming])
            # Rows may be on their way: here, the other lanes would wait for them, too.
            await loop.run_in_executor(reader, self._close_pages)

    def _close_pages(self) -> None:
        if isinstance(self._pages, Generator):
            self._pages.close()

    async def _begin(self, page: Sequence[Prepared], calls: asyncio.TaskGroup) -> None:
        """Begin a page's batches, each as soon as a slot is free."""
        for batch in self._batches(page):
            await self._slots.acquire()
            if self._attempts.over:
                self._slots.release()
                return
            calls.create_task(self._deliver(batch))

    def _batches(self, items: Sequence[Prepared]) -> Iterator[list[Prepared]]:
        lane = self._attempts.lane
        return batches(
            items,
            events_max=lane.limits.events_per_batch_max,
            bytes_max=lane.limits.body_bytes_max,
            overhead=lane.platform.overhead(lane.target, lane.token),
        )

    async def _deliver(self, batch: Sequence[Prepared]) -> None:
        """Send a batch, then what is left of it, until nothing is or patience ends."""
        try:
            left = await self._insist(batch)
            self._attempts.tally.released += len(left)
        # Raised when the others are settled: what broke here may not tear them.
        except Exception as error:  # noqa: BLE001 - raised by `run`
            self._attempts.broke(error)
        finally:
            self._slots.release()

    async def _insist(self, batch: Sequence[Prepared]) -> Sequence[Prepared]:
        """Return what could not be sent, though it is due."""
        attempts, parent, put_off = self._attempts, None, 0
        while batch and not attempts.over:
            tried = len(batch)
            result = await attempts.send(batch, parent)
            batch, parent = result.left, result.batch_id
            if result.batch_refused:
                batch = await isolate(attempts, result)
            # What left the batch is progress, whatever became of it.
            put_off += len(batch) >= tried
            if put_off >= attempts.settings.attempts_max and not attempts.over:
                attempts.halt(_no_patience_left(attempts.lane.name, result))
        return batch

    def _in(self, reader: ThreadPoolExecutor, rebuild: Rebuild) -> AsyncRebuild:
        loop = asyncio.get_running_loop()
        return lambda entries: loop.run_in_executor(
            reader, carried(partial(rebuild, entries))
        )


def _no_patience_left(name: str, result: Result) -> DestinationStopped:
    said = next((o.reason for o in result.outcomes if isinstance(o, Deferred)), "")
    return DestinationStopped(
        f"{name}: calls were put off again and again ({said})",
        do="run again later: nothing is lost, what was put off is missing again",
    )
