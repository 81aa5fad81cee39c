"""`audit`: what was counted wrongly, per destination; and what cannot be told.

Reads warehouse and ledger and writes neither. What can be found stands in `audit/`,
how it is shown in `report/`; what of it is kept, in `keeping.py`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa

from capi_jobs.audit import Audit, GatedRun, Terms, audited
from capi_jobs.config import Destination
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.ledger.values import Decision, Gate, RunDestination
from capi_jobs.model import DataInterval
from capi_jobs.warehouse import SentEvents

# Less than CLASSES_MB, which is given back by then; the rest of the process needs some
# 400 MB, so that an audit stays below 1.5 GB.
AUDIT_MB = 640

# Two weeks of nights: what is older is no trend.
AUDITS_SHOWN = 14
# More than a year of nights.
_RUNS_READ = 400

Batches = Iterable[pa.RecordBatch]


@contextmanager
def audit(
    house: House, destination: Destination, interval: DataInterval, watcher: Watcher
) -> Iterator[Audit]:
    """Compare all that is known of the interval's orders."""
    watcher.stage(destination.name, "audit", None)
    margin = house.settings.audit.margin
    wide = DataInterval(interval.start - margin, interval.end + margin)
    logs = logs_of(house, destination)

    def classes(take: Callable[[Batches], None]) -> None:
        now = house.clock.now()
        with house.reconcile(destination, interval, now, on_classes=take):
            pass  # the classes alone are wanted

    with audited(
        classes=classes,
        orders=house.warehouse.audit_orders(house.orders_source, wide),
        events=_events(house, logs, wide),
        entries=house.ledger.known_keys(destination.name, wide.start, wide.end),
        terms=terms(house, destination, interval),
        logs=[*logs],
        memory_limit_mb=AUDIT_MB,
    ) as found:
        yield found


def earlier(
    house: House, destination: Destination, interval: DataInterval
) -> dict[str, list[float]]:
    """Return the shares of the kept audits before, by kind, the newest last."""
    shares: dict[str, list[float]] = {}
    for one in house.ledger.audits(destination.name, interval.end, AUDITS_SHOWN):
        for kind, found in one.found.items():
            share = found / one.orders if one.orders else 0.0
            shares.setdefault(kind, []).append(share)
    return shares


def logs_of(house: House, destination: Destination) -> dict[str, SentEvents]:
    """Name the logs that may tell of this destination; two may have one relation."""
    named = dict[str, SentEvents]()
    for log in house.sent_events:
        others = log.destination not in {None, destination.name}
        if not others and log.platform in {None, destination.platform}:
            name = log.name if log.name not in named else f"{log.name} ({len(named)})"
            named[name] = log
    return named


def _events(
    house: House, logs: dict[str, SentEvents], interval: DataInterval
) -> Iterator[pa.RecordBatch]:
    for name, log in logs.items():
        for batch in house.warehouse.audit_events(log, interval):
            yield marked(batch, name)


def marked(batch: pa.RecordBatch, log: str) -> pa.RecordBatch:
    """Say in each row which log it is of."""
    column = pa.repeat(pa.scalar(log, pa.string()), batch.num_rows)
    return batch.append_column("log", column)


def terms(house: House, destination: Destination, interval: DataInterval) -> Terms:
    """Put settings and platform into the audit's words."""
    policy, settings = house.policy(destination), house.settings.audit
    return Terms(
        destination=policy.destination,
        platform=policy.platform,
        interval=interval,
        dedup_window=policy.dedup_window,
        completed_statuses=policy.completed_statuses,
        cancelled_statuses=_lower(settings.cancelled_statuses),
        refunded_statuses=_lower(settings.refunded_statuses),
        value_tolerance=settings.value_tolerance,
        time_tolerance=settings.time_tolerance,
        reopened_after=settings.reopened_after,
        systematic_orders=settings.systematic_orders,
        systematic_share=settings.systematic_share,
        timezone=policy.timezone,
        day_timezone=policy.day_timezone,
        event_id_template=policy.event_id_template,
        names=policy.names(),
        runs=tuple(_gated(house, destination, interval)),
    )


def _gated(
    house: House, destination: Destination, interval: DataInterval
) -> Iterator[GatedRun]:
    """Tell which runs could have sent the interval's orders, and which were stopped."""
    oldest = min(destination.limits().event_age_max.values())
    for run in house.ledger.recent_assessments(
        destination.name, _RUNS_READ, over=interval
    ):
        looked = run.assessed_at or run.interval.end
        first = max(run.interval.start, looked - oldest)
        # What was completed after it looked, it cannot have found.
        until = min(run.interval.end, looked)
        if first < until:
            yield GatedRun(interval=DataInterval(first, until), **_stopped(run))


def _stopped(run: RunDestination) -> dict[str, str]:
    if run.decision is Decision.HELD:
        word = f"{run.run_id} held by {run.decided_by}: {run.decided_reason}"
        return {"cause": "run_held", "word": word}
    if run.gate is Gate.ASK and run.decision is None:
        return {"cause": "run_waiting", "word": f"{run.run_id} asks"}
    return {}


def _lower(statuses: Iterable[str]) -> frozenset[str]:
    return frozenset(status.strip().lower() for status in statuses)
