"""Keeping what an audit found, for pages: they cannot wait for the warehouse.

Auditing itself is in `auditing.py`; how long what is kept stays, in `ledger/audits.py`.
"""

from capi_jobs.audit import Audit, Finding, Group
from capi_jobs.config import Destination
from capi_jobs.jobs.house import House
from capi_jobs.ledger.audits import KeptAudit, KeptCause, KeptFinding
from capi_jobs.report.audits import AuditReport

# Ten pages of a list; who wants them all exports them.
ORDERS_KEPT_MAX = 1_000


def keep(
    house: House, destination: Destination, report: AuditReport, found: Audit
) -> None:
    """Remember how much was found, why, and the most valuable orders of each cause."""
    house.ledger.keep_audit(
        destination.name,
        KeptAudit(
            interval=report.interval,
            orders=report.inputs.orders,
            found={rate.kind.value: rate.orders for rate in report.rates},
            taken_at=house.clock.now(),
        ),
        [
            (_cause(group), list(map(_finding, found.worst(group, ORDERS_KEPT_MAX))))
            for group in report.groups
        ],
    )


def _cause(group: Group) -> KeptCause:
    return KeptCause(
        kind=group.cause.kind.value,
        cause=group.cause.name,
        orders=group.orders,
        values=group.values,
        detail=group.detail,
    )


def _finding(found: Finding) -> KeptFinding:
    return KeptFinding(
        order_id=found.order_id,
        day=found.day,
        currency=found.currency,
        value=found.value,
        detail=found.detail,
    )
