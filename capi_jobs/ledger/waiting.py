"""What needs a person, and what people have decided: who, when and why.

The lists behind these figures are in pages.py; the decisions are made in people.py,
holds.py and assessments.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select

from capi_jobs.ledger.columns import AnyRow, exact_sum, given, kept_id
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.findings import readings, run_destinations, runs
from capi_jobs.ledger.listing import destinations_of
from capi_jobs.ledger.pages import StatusAmount, amounts_of, status_amounts
from capi_jobs.ledger.readings import Reading, reading_from
from capi_jobs.ledger.runs import destination_from
from capi_jobs.ledger.schema import batches, holds
from capi_jobs.ledger.values import Gate, RunDestination, RunStatus
from capi_jobs.lifecycle import Status

# A question that so many runs have followed is not one that anybody waits with.
_RUNS_LOOKED_AT = 50
# In flight and resending answer for themselves, or are swept into doubt.
_FOR_PEOPLE = (Status.IN_DOUBT, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class HoldCount:
    """The open holds of one rule at one destination."""

    destination: str
    rule: str
    orders: int
    values: Mapping[str, Decimal]  # by currency
    oldest: datetime  # when the first of them was first seen


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everything that needs a person; empty where all is well."""

    approvals: tuple[RunDestination, ...]  # whose gate asks, by destination
    # In doubt (some of these are sent again by themselves) and rejected.
    entries: tuple[StatusAmount, ...]
    holds: tuple[HoldCount, ...]
    short: tuple[Reading, ...]  # of the newest hour or day that was read
    stopped: tuple[RunDestination, ...]  # the last run failed here; its note says why


class WaitingRoom(Door):
    """Reads only, in a time that does not grow with the ledger."""

    @reading
    def waiting(self, connection: Connection) -> Waiting:
        """Say what needs a person, at every destination."""
        newest = _newest_parts(connection)
        return Waiting(
            approvals=tuple(
                part
                for part in _latest(p for p in newest if p.gate is not None)
                if part.gate is Gate.ASK and part.decision is None
            ),
            entries=tuple(
                status_amounts(
                    connection,
                    batches.c.destination.in_(destinations_of(connection)),
                    batches.c.status.in_(_FOR_PEOPLE),
                )
            ),
            holds=tuple(_hold_counts(connection)),
            short=tuple(_short(connection)),
            stopped=tuple(
                part for part in _latest(newest) if part.status is RunStatus.FAILED
            ),
        )

    @reading
    def in_doubt_since(
        self, connection: Connection, destination: str, sent_by: datetime
    ) -> int:
        """Count orders in doubt that were first sent by then: they are for people.

        What was sent later, the next run may send again by itself.
        """
        found = status_amounts(
            connection,
            batches.c.destination == destination,
            batches.c.status == Status.IN_DOUBT,
            batches.c.first_sent_at.is_(None) | (batches.c.first_sent_at <= sent_by),
        )
        return sum(one.orders for one in found)

    @reading
    def hold_counts(
        self, connection: Connection, destination: str | None = None
    ) -> list[HoldCount]:
        """Count the quarantine by destination and rule."""
        return _hold_counts(connection, destination)


def _newest_parts(connection: Connection) -> list[RunDestination]:
    last = (
        select(runs.c.run_id, runs.c.started_at.label("begun"))
        .order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
        .limit(_RUNS_LOOKED_AT)
        .subquery()
    )
    rows = connection.execute(
        select(run_destinations)
        .join(last, last.c.run_id == run_destinations.c.run_id)
        .order_by(last.c.begun.desc(), last.c.run_id.desc())
    )
    return [destination_from(row) for row in rows]


def _latest(newest_first: Iterable[RunDestination]) -> list[RunDestination]:
    """Keep one of each destination: what an older run asked, a newer one answers."""
    found: dict[str, RunDestination] = {}
    for part in newest_first:
        found.setdefault(part.destination, part)
    return [found[name] for name in sorted(found)]


def _hold_counts(
    connection: Connection, destination: str | None = None
) -> list[HoldCount]:
    group = (holds.c.destination, holds.c.rule, holds.c.currency)
    rows = connection.execute(
        select(
            *group,
            func.count().label("orders"),
            exact_sum(holds.c.value).label("value"),
            func.min(holds.c.first_seen_at).label("oldest"),
        )
        .where(holds.c.ended_at.is_(None))
        .where(
            *given((destination and kept_id(destination), holds.c.destination.__eq__))
        )
        .group_by(*group)
        .order_by(*group)
    )
    found: dict[tuple[str, str], list[AnyRow]] = {}
    for row in rows:
        found.setdefault((row.destination, row.rule), []).append(row)
    return [
        HoldCount(*key, *amounts_of(mine), min(row.oldest for row in mine))
        for key, mine in found.items()
    ]


def _short(connection: Connection) -> list[Reading]:
    """List what was short when the platforms were last asked."""
    arrivals = readings.c.metric == "events"
    last = (
        select(readings.c.destination, func.max(readings.c.taken_at).label("at"))
        .where(arrivals)
        .group_by(readings.c.destination)
        .subquery()
    )
    rows = connection.execute(
        select(readings)
        .join(
            last,
            (last.c.destination == readings.c.destination)
            & (last.c.at == readings.c.taken_at),
        )
        .where(arrivals, readings.c.short > 0)
        .order_by(readings.c.destination, readings.c.starts_at, readings.c.event_name)
    )
    return [reading_from(row) for row in rows]
