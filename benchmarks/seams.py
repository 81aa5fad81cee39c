"""Where a job is timed: the methods and functions that its stages are made of.

`stopwatch.py` takes the time, `worker.py` runs the job. A seam that is renamed breaks
the benchmark's test, so that no figure goes quietly into "everything else".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.stopwatch import Rows, Stopwatch
from capi_jobs.conversion import Converter
from capi_jobs.coverage import Coverage
from capi_jobs.jobs import assessing, preparing, work
from capi_jobs.jobs.house import House
from capi_jobs.jobs.work import Work
from capi_jobs.ledger import Ledger
from capi_jobs.platforms import platform_named
from capi_jobs.preparation import Preparer, kept, preparer
from capi_jobs.reconcile import Reconciliation
from capi_jobs.transport import Transport
from capi_jobs.validation import Validator
from capi_jobs.validation.engine import Engine
from capi_jobs.warehouse import Warehouse, tables

# A look at the clock takes as long as a tenth of writing an event.
EVENTS_PER_LOOK = 10
# What is written of a run as a whole, once each.
_BOOKS = (
    "sweep",
    "start_run",
    "recount",
    "record_assessment",
    "start_delivery",
    "status_counts",
    "finish_destination",
    "finish_run",
)


def _none(_args: tuple[Any, ...], _found: object) -> int:
    return 0


def _nth(place: int) -> Rows:
    return lambda args, _: len(args[place])


def time_the_house(watch: Stopwatch) -> None:
    """Wrap what the stages are made of."""
    _time_preparing(watch)
    _time_counting(watch)
    _time_books(watch)
    _time_reconcile(watch)
    _time_delivery(watch)


def _time_preparing(watch: Stopwatch) -> None:
    """A page on its way: each stage without those inside it."""
    watch.wrap_pages(Reconciliation, "keys", "read keys")
    watch.wrap_pages(Reconciliation, "held_keys", "read keys")
    watch.wrap(House, "preparer", "load rules", _none)
    watch.wrap(Validator, "_rules", "load rules", _none)
    watch.wrap(Engine, "run", "Great Expectations", _nth(2))
    watch.wrap_pages(Warehouse, "orders", "read")
    watch.wrap(tables, "table_of", "read", _none)
    watch.wrap(preparer, "read_by_order", "parse", lambda _, found: len(found))
    watch.wrap(Preparer, "page", "sort out", _nth(1))
    watch.wrap(Validator, "orders", "validate orders", _nth(1))
    watch.wrap(Preparer, "_convert", "make entries", _nth(2))
    watch.wrap(Converter, "convert", "convert", _nth(1))
    watch.wrap(Validator, "conversions", "validate conversions", _nth(1))
    for name in ("meta", "tiktok", "snapchat"):
        owner = type(platform_named(name))
        watch.wrap_often(owner, "event", "write events", EVENTS_PER_LOOK)


def _time_counting(watch: Stopwatch) -> None:
    """What is added up over pages, for the gate and the report."""
    watch.wrap(assessing, "_count", "add up", lambda args, _: len(args[1].ready))
    watch.wrap(assessing, "_count_new", "add up", _none)
    watch.wrap(Coverage, "add", "coverage", _nth(1))
    watch.wrap(assessing, "advised", "advise", _none)
    watch.wrap(assessing, "_judged", "judge", _none)
    watch.wrap(preparing, "give_back", "give memory back", _none)


def _time_books(watch: Stopwatch) -> None:
    watch.wrap(Ledger, "claim", "claim", _nth(1))
    watch.wrap(Ledger, "settle_each", "settle", _nth(2))
    watch.wrap(Work, "keep_holds", "keep holds", lambda args, _: len(args[2].holds))
    watch.wrap(House, "released", "look up releases", _nth(2))
    for method in _BOOKS:
        watch.wrap(Ledger, method, "keep the run's books", _none)


def _time_reconcile(watch: Stopwatch) -> None:
    inner = House.reconcile

    @contextmanager
    def timed(*args: Any) -> Iterator[Any]:  # noqa: ANN401 - handed through
        with watch.stage("reconcile") as told:
            entered = inner(*args)
            found = entered.__enter__()
            told.rows = found.orders
        try:
            yield found
        finally:
            entered.__exit__(None, None, None)

    _put(House, "reconcile", timed)


def _time_delivery(watch: Stopwatch) -> None:
    """The main thread is the event loop: what it spends are the calls."""
    watch.wrap_waiting(Transport, "send", "wait for answers")
    watch.wrap(kept, "_pack", "keep pages", lambda args, _: len(args[0]))
    watch.wrap_pages(kept, "_unpack", "read kept pages")
    watch.wrap_often(work, "written", "slim what waits", EVENTS_PER_LOOK)
    inner = Work.deliver

    def timed(*args: Any) -> Any:  # noqa: ANN401 - handed through
        watch.phase, watch.abreast = "deliver", True
        with watch.stage("call"):
            found = inner(*args)
        watch.phase, watch.abreast = "end", False
        return found

    _put(Work, "deliver", timed)


def _put(owner: object, name: str, timed: Callable[..., Any]) -> None:
    setattr(owner, name, timed)
