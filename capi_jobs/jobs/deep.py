"""`check --deep`: really connects, as a health probe; sends no event, leaves nothing.

Each look has its own time, side by side with the others: what hangs is named like any
other fault. What is looked at without it is `checking.py`; whether a token is right is
asked by `probing.py`, on demand, for that costs a platform's quota.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

from capi_jobs.config import Destination, Settings
from capi_jobs.config.secrets import opened_url
from capi_jobs.delivery import Clock
from capi_jobs.errors import CapiJobsError, LedgerMissing
from capi_jobs.jobs.checking import Check, ledger_checks, parts
from capi_jobs.jobs.house import orders_source, sent_sources
from capi_jobs.jobs.single_call import called
from capi_jobs.ledger.probing import Probe, room_between
from capi_jobs.model import Call, NoAnswer
from capi_jobs.warehouse import OrdersSource, SentEvents, Warehouse

# What is healthy answers in a second or two; an orchestrator kills a probe after a
# minute or so, and what hangs must be named by then.
LOOK_SECONDS_MAX = 10
# `check` reads up to a million rows of each source, and imports Great Expectations:
# some seconds each, and more on a worker that is busy.
SLOW_SECONDS_MAX = 40
# Below LOOK_SECONDS_MAX, so that what is slow is named by who asked.
_ASK_SECONDS = 8
# A lease ends while its run goes on, or is taken up by the next one: nightly, at most.
LEASE_OVER_MAX = timedelta(days=1)
# Keys of ten million orders, some 60 bytes each, on both sides of a join.
SPILL_FREE_MB = 1_200
# Entries of a million orders, with their indexes.
LEDGER_FREE_MB = 700
_MB = 1_048_576
# An answer of this status or above comes from a platform that is unwell.
_UNWELL = 500

Look = Callable[[], Iterable[Check]]


def check_deep(settings: Settings, clock: Clock, *, ask: bool = False) -> list[Check]:
    """Look at all that `check` does, and connect; every fault at once."""
    shallow = parts(settings, clock.now(), ask=ask)
    # The deep one says the same, and more.
    del shallow["ledger"]
    slow = {"orders": shallow.pop("sources")}
    slow["expectations"] = shallow.pop("expectations")
    if ask:  # one destination after the other
        slow["secrets"] = shallow.pop("secrets")
    return _in_time(
        [
            # A destination may have the name of any other place.
            *(
                (d.name, partial(_endpoint, d), LOOK_SECONDS_MAX)
                for d in settings.destinations
            ),
            ("ledger", partial(_ledger, settings, clock), LOOK_SECONDS_MAX),
            ("warehouse", partial(_columns, settings), LOOK_SECONDS_MAX),
            ("disk", partial(_disk, settings), LOOK_SECONDS_MAX),
            *((place, look, LOOK_SECONDS_MAX) for place, look in shallow.items()),
            *((place, look, SLOW_SECONDS_MAX) for place, look in slow.items()),
        ]
    )


def _in_time(looks: Sequence[tuple[str, Look, float]]) -> list[Check]:
    """Look side by side; who is not back in time is left behind."""
    began, found = monotonic(), list[Check]()
    looking = [(*_begun(place, look), place, most) for place, look, most in looks]
    for thread, told, place, seconds in looking:
        thread.join(max(0.0, began + seconds - monotonic()))
        late = thread.is_alive()
        # What it has told by now holds, whatever it waits for.
        found += told.copy()
        if late:
            words = f"no answer within {seconds:g} s"
            found.append(Check(place, "error", words, "too_slow"))
    return found


def _begun(place: str, look: Look) -> tuple[Thread, list[Check]]:
    told = list[Check]()

    def work() -> None:
        for one in _told(place, look):
            told.append(one)

    thread = Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    return thread, told


def _told(place: str, look: Look) -> Iterator[Check]:
    try:
        yield from look()
    except CapiJobsError as fault:
        yield Check(place, "error", str(fault))
    except Exception as error:  # noqa: BLE001 - a probe tells whatever is wrong
        # Its text may hold anything.
        yield Check(place, "error", f"broke: {type(error).__name__}", "broke")


# ── Warehouse ───────────────────────────────────────────────────────────────────


def _columns(settings: Settings) -> Iterator[Check]:
    """Read a row with every mapped column: rights may be given by column."""
    if settings.warehouse is None or settings.orders is None:
        return
    url = opened_url(settings.warehouse.url, None)
    warehouse = Warehouse.open(url, seconds_max=_ASK_SECONDS)
    sources: tuple[OrdersSource | SentEvents, ...] = (
        orders_source(settings.orders),
        *sent_sources(settings.sent_events),
    )
    for source in sources:
        try:
            columns = warehouse.touch(source)
        except CapiJobsError as fault:
            yield Check(source.name, "error", str(fault), "not_readable")
        else:
            yield Check(source.name, "ok", f"{columns} columns can be read")


# ── Ledger ──────────────────────────────────────────────────────────────────────


def _ledger(settings: Settings, clock: Clock) -> Iterator[Check]:
    url = opened_url(settings.ledger.url, None)
    try:
        with Probe.of(url, seconds_max=_ASK_SECONDS) as probe:
            told = list(ledger_checks(probe, clock.now()))
            yield from told
            if told[0].severity != "ok":
                return
            yield from _skew(probe, settings, clock)
            for destination in settings.destinations:
                yield from _left(probe, destination, clock.now())
    except LedgerMissing as fault:
        yield Check("ledger", "warning", str(fault), "ledger_missing")


def _skew(probe: Probe, settings: Settings, clock: Clock) -> Iterator[Check]:
    before = clock.now()
    theirs = probe.clock()
    if theirs is None:
        return
    # Asked at some moment between the two.
    after = clock.now()
    off = max(before - theirs, theirs - after, timedelta(0)).total_seconds()
    delivery = settings.delivery
    most = room_between(delivery.lease, delivery.call_deadline).total_seconds()
    words = f"our clock is {off:.1f} s off the ledger's; leases allow {most:g} s"
    if off > most:
        words += " → synchronise it (NTP): calls of others would be taken over"
        yield Check("ledger", "error", words, "clock_skew")
    else:
        yield Check("ledger", "ok", words)


def _left(probe: Probe, destination: Destination, now: datetime) -> Iterator[Check]:
    """Name what nobody takes up any more; a person or a run must."""
    name = destination.name
    lag = probe.lag(name, now - LEASE_OVER_MAX)
    if lag.batches:
        words = (
            f"{lag.batches:,} batches with {lag.events:,} events have been open since"
            f" {lag.since:%Y-%m-%d %H:%M} and their run is gone → run it again"
        )
        yield Check(name, "warning", words, "lease_over")
    doubtful = probe.in_doubt_since(name, now - destination.limits().dedup_window)
    if doubtful:
        words = (
            f"{doubtful:,} orders are in doubt for longer than they could be sent"
            " again → `ledger list --status in_doubt`, then resolve or requeue them"
        )
        yield Check(name, "warning", words, "in_doubt")


# ── Endpoints, disk ─────────────────────────────────────────────────────────────


def _endpoint(destination: Destination) -> Iterator[Check]:
    """Connect as a call does, by its proxy and TLS; ask for nothing, as nobody."""
    address = urlsplit(destination.target(None).base_url)
    root = Call("HEAD", f"{address.scheme}://{address.netloc}/", {}, b"")
    answer = called(root, timedelta(seconds=_ASK_SECONDS))
    name, host = destination.name, address.netloc
    if isinstance(answer, NoAnswer):
        words = f"{host} cannot be reached: {answer.reason}"
        yield Check(name, "error", words, "not_reachable")
    elif answer.status >= _UNWELL:
        words = f"{host} answers with HTTP {answer.status}"
        yield Check(name, "warning", words, "unwell")
    else:
        yield Check(name, "ok", f"{host} answers over {address.scheme}")


def _disk(settings: Settings) -> Iterator[Check]:
    yield _free("disk", Path(tempfile.gettempdir()), SPILL_FREE_MB, "what joins spill")
    _, embedded, place = opened_url(settings.ledger.url, None).partition("sqlite:///")
    if embedded:
        yield _free("ledger", Path(place).parent, LEDGER_FREE_MB, "the ledger")


def _free(place: str, folder: Path, least_mb: int, what: str) -> Check:
    try:
        free = shutil.disk_usage(folder).free // _MB
    except OSError as error:
        return Check(place, "error", f"{folder}: {error.strerror}", "disk")
    words = f"{free:,} MB are free for {what} in {folder}"
    if free < least_mb:
        return Check(place, "warning", f"{words}; {least_mb:,} are wanted", "disk")
    return Check(place, "ok", words)
