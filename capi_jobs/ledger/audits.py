"""What audits found, as counts alone: so that a later one can show the trend.

What can be found stands in `capi_jobs/audit/causes.py`; its orders are not kept here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.findings import audits
from capi_jobs.model import DataInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAudit:
    """How many orders of an interval had a finding of each kind."""

    interval: DataInterval
    orders: int
    found: Mapping[str, int]  # by kind
    taken_at: datetime


class Audits(Door):
    """The last word on an interval is kept."""

    @moving
    def keep_audit(
        self, connection: Connection, destination: str, audit: KeptAudit
    ) -> None:
        """Write an audit down, over one of the same interval."""
        span = {"starts_at": audit.interval.start, "ends_at": audit.interval.end}
        key = {"destination": destination, **span}
        connection.execute(delete(audits).filter_by(**key))
        rows = [
            {
                **key,
                "kind": kind,
                "found": found,
                "orders": audit.orders,
                "taken_at": audit.taken_at,
            }
            for kind, found in sorted(audit.found.items())
        ]
        if rows:
            connection.execute(insert(audits), rows)

    @reading
    def audits(
        self, connection: Connection, destination: str, before: datetime, limit: int
    ) -> list[KeptAudit]:
        """List audits of intervals that ended before, the newest last."""
        # Each has a handful of kinds, so that no more rows than these are read.
        spans = (
            select(audits.c.starts_at, audits.c.ends_at)
            .where(audits.c.destination == destination, audits.c.ends_at < before)
            .group_by(audits.c.starts_at, audits.c.ends_at)
            .order_by(audits.c.ends_at.desc(), audits.c.starts_at)
            .limit(limit)
        )
        found = []
        for span in connection.execute(spans).all():
            one = {"starts_at": span.starts_at, "ends_at": span.ends_at}
            rows = connection.execute(
                select(audits).filter_by(destination=destination, **one)
            ).all()
            found.append(
                KeptAudit(
                    interval=DataInterval(span.starts_at, span.ends_at),
                    orders=rows[0].orders,
                    found={row.kind: row.found for row in rows},
                    taken_at=rows[0].taken_at,
                )
            )
        return found[::-1]
