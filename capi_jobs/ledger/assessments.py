"""What was found before a send, the gate's verdict, and the data owner's answer.

The runs that they belong to are in runs.py; what is read of them later, in balances.py
and past.py.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, Table, delete, insert, update

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import EXACT, kept_id
from capi_jobs.ledger.door import Door, moving
from capi_jobs.ledger.findings import (
    balances,
    baselines,
    coverage,
    run_destinations,
    runs,
    slices,
    validations,
)
from capi_jobs.ledger.people import refuse_without_reason
from capi_jobs.ledger.runs import EMPTY, full_run, run_id_for
from capi_jobs.ledger.slices import slice_row
from capi_jobs.ledger.values import (
    Assessment,
    Decision,
    Gate,
    Run,
    RunDestination,
    RunStatus,
)
from capi_jobs.model import OrderClass

# Twenty ids find the rows in the warehouse; more would make the ledger an order list.
SAMPLES_MAX = 20


class Assessments(Door):
    """Written before anything is sent; a later one of the same run replaces it."""

    @moving
    def record_assessment(
        self,
        connection: Connection,
        run_id: str,
        destination: str,
        found: Assessment,
        *,
        now: datetime,
    ) -> None:
        """Keep what was found; the gate's question is open again."""
        count, values = found.due or _missing(found)
        first, last = found.days or _days(found)
        row = {
            **EMPTY,
            "interval_start": found.interval.start,
            "interval_end": found.interval.end,
            "day_first": first,
            "day_last": last,
            "assessed_at": now,
            "gate": found.gate,
            "gate_reasons": list(found.gate_reasons),
            "missing_count": count,
            "missing_values": {c: str(v) for c, v in values.items()},
            "status": _WAITING if found.gate is Gate.ASK else RunStatus.RUNNING,
            "decision": None,
            "decided_by": None,
            "decided_reason": None,
            "decided_at": None,
            "approved_count": None,
            "finished_at": None,
            "advice": [asdict(one) for one in found.advice],
        }
        key = {"run_id": run_id, "destination": destination}
        done = connection.execute(
            update(run_destinations).filter_by(**key).values(**row)
        )
        if done.rowcount == 0:
            connection.execute(insert(run_destinations), {**row, **key})
        _replace(connection, key, _parts(found, now))

    @moving
    def recount(
        self,
        connection: Connection,
        run_id: str,
        destination: str,
        found: Assessment,
        *,
        now: datetime,
    ) -> None:
        """Keep new counts, for rows change while a run waits; the answer stands."""
        first, last = found.days or _days(found)
        key = {"run_id": run_id, "destination": destination}
        connection.execute(
            update(run_destinations)
            .filter_by(**key)
            .values(day_first=first, day_last=last, assessed_at=now)
        )
        _replace(connection, key, _counted(found, now))

    @moving
    def decide(  # noqa: PLR0913 - what, who, why and when
        self,
        connection: Connection,
        name: str,
        destination: str | None,
        decision: Decision,
        *,
        actor: str,
        reason: str,
        now: datetime,
        shown: RunDestination | None = None,
    ) -> Run:
        """Answer the gate's question for one destination, or all that ask.

        An approval covers what was found: its count and values are written down. Who
        tells what was `shown` is refused where another question is open by now.
        """
        refuse_without_reason(actor, reason)
        run_id = run_id_for(connection, name)
        waiting = _waiting(full_run(connection, run_id), destination)
        for part in waiting:
            if shown is not None:
                _refuse_another(part, shown)
            approved = decision is Decision.APPROVED
            values = part.missing_values if approved else {}
            changed = connection.execute(
                update(run_destinations)
                .filter_by(run_id=run_id, destination=part.destination, decision=None)
                .values(
                    decision=decision,
                    decided_by=actor,
                    decided_reason=reason,
                    decided_at=now,
                    status=_WAITING if approved else RunStatus.HELD,
                    approved_count=part.missing_count if approved else None,
                    approved_values={c: str(v) for c, v in values.items()},
                )
            )
            if changed.rowcount != 1:
                raise DecisionRefused(
                    f"somebody else decided about {part.destination} just now",
                    ids=[run_id],
                    do="look at the run",
                )
        decided = full_run(connection, run_id)
        if all(p.status is RunStatus.HELD for p in decided.destinations.values()):
            held = {"status": RunStatus.HELD, "finished_at": now}
            connection.execute(update(runs).filter_by(run_id=run_id).values(**held))
        return full_run(connection, run_id)


_WAITING = RunStatus.WAITING


def _waiting(run: Run, destination: str | None) -> list[RunDestination]:
    """Return who asks, or refuse with what is the matter."""
    named = list(run.destinations.values())
    if destination is not None:
        named = [part for part in named if part.destination == destination]
        if not named:
            raise DecisionRefused(
                f"the run has no destination {destination}",
                ids=[run.run_id],
                do=f"it has {', '.join(run.destinations) or 'none'}",
            )
    open_ones = [p for p in named if p.gate is Gate.ASK and p.decision is None]
    if open_ones:
        return open_ones
    decided = [part for part in named if part.decision is not None]
    if decided:
        told = ", ".join(
            f"{p.destination} was {p.decision} by {p.decided_by}" for p in decided
        )
        raise DecisionRefused(
            "this was decided already", ids=[run.run_id], do=f"{told}; start a new run"
        )
    raise DecisionRefused(
        f"the run is {run.status} and asks nothing", ids=[run.run_id], do="run it"
    )


def _refuse_another(part: RunDestination, shown: RunDestination) -> None:
    if _question(part) != _question(shown):
        raise DecisionRefused(
            f"what {part.destination} would be sent is another than was shown",
            ids=[part.run_id],
            do="look at the run again, then decide",
        )


def _question(part: RunDestination) -> tuple[object, ...]:
    """Return what somebody is asked: what would be sent, where, and why he is asked."""
    asked = part.missing_count, dict(part.missing_values), part.gate_reasons
    return part.destination, *asked


def _missing(found: Assessment) -> tuple[int, dict[str, Decimal]]:
    count, values = 0, dict[str, Decimal]()
    for each in found.counts:
        if each.order_class is OrderClass.MISSING:
            count += each.orders
            before = values.get(each.currency, Decimal(0))
            values[each.currency] = EXACT.add(before, each.value)
    return count, values


def _days(found: Assessment) -> tuple[date | None, date | None]:
    days = [each.day for each in found.counts if each.day is not None]
    return min(days, default=None), max(days, default=None)


_Parts = list[tuple[Table, Sequence[dict[str, object]]]]


def _replace(connection: Connection, key: dict[str, str], parts: _Parts) -> None:
    for table, rows in parts:
        connection.execute(delete(table).filter_by(**key))
        if rows:
            connection.execute(insert(table), [{**each, **key} for each in rows])


def _parts(found: Assessment, now: datetime) -> _Parts:
    """Return the rows of the tables that belong to an assessment."""
    return [
        *_counted(found, now),
        (validations, [_redacted(_fields(each)) for each in found.validations]),
        (coverage, [_fields(each) for each in found.coverage]),
        (slices, [slice_row(*each) for each in enumerate(found.slices)]),
    ]


def _counted(found: Assessment, now: datetime) -> _Parts:
    counted: list[dict[str, object]] = [
        {
            "day": each.day,
            "currency": each.currency,
            "class": each.order_class,
            "reason": each.reason,
            "orders": each.orders,
            "value": each.value,
            "taken_at": now,
        }
        for each in found.counts
    ]
    return [
        (balances, counted),
        (baselines, [_fields(each) for each in found.baselines]),
    ]


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__slots__}  # type: ignore[attr-defined]


def _redacted(row: dict[str, object]) -> dict[str, object]:
    samples = row["samples"]
    assert isinstance(samples, tuple)  # noqa: S101 - tells the type checker
    return {**row, "samples": [kept_id(each) for each in samples[:SAMPLES_MAX]]}
