"""One cause that an audit found, and its orders: the most valuable first."""

from datetime import date
from typing import Annotated

from fastapi import Query

from capi_jobs.audit import Kind
from capi_jobs.jobs.keeping import ORDERS_KEPT_MAX
from capi_jobs.ledger.audits import KeptFinding
from capi_jobs.ledger.forgotten import PREFIX
from capi_jobs.report.amounts import plain
from capi_jobs.web.office import Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.views.findings import AuditTold, CauseTold, OneAudit, audit_of
from capi_jobs.web.views.holds import money_of
from capi_jobs.web.views.parameters import OneDestination

# What a person scrolls through at once.
ROWS = 100

Place = Annotated[
    int,
    Query(
        ge=0,
        lt=ORDERS_KEPT_MAX,
        description="Place of the first order of the page: 0, or `next`.",
    ),
]


class OrderFound(Shown):
    """One order of the cause."""

    order_id: str  # empty: rows or events have none
    day: date | None
    value: str  # at stake
    currency: str
    detail: str

    @property
    def money(self) -> str:
        """Write what is at stake for people."""
        return money_of(self.value, self.currency)

    @property
    def traceable(self) -> bool:
        """Whether the id leads anywhere: forgotten ones are digests."""
        return bool(self.order_id) and not self.order_id.startswith(PREFIX)


class Finding(Shown):
    """One cause and a page of its orders."""

    destination: str
    audit: AuditTold
    cause: CauseTold
    orders: tuple[OrderFound, ...]
    first: int  # place of the first one told
    next: int | None  # where the next page begins; null: this is the last
    kept_most: int  # so many orders of a cause are kept


def read(
    desk: Looked,
    destination: OneDestination,
    kind: Kind,
    cause: OneDestination,
    audit: OneAudit = "",
    first: Place = 0,
) -> Finding:
    """Show a page of the orders that an audit found."""
    kept = audit_of(desk, destination, audit)
    causes = desk.ledger.audit_causes(destination, kept.interval) if kept else []
    found = next((c for c in causes if (c.kind, c.cause) == (kind, cause)), None)
    if kept is None or found is None:
        raise NotFound(
            "no kept audit of this destination found this cause",
            do="look at the findings",
        )
    rows = desk.ledger.audit_orders(
        destination,
        kept.interval,
        (kind.value, cause),
        limit=ROWS + 1,
        after=first - 1,
    )
    return Finding(
        destination=destination,
        audit=AuditTold.of(kept),
        cause=CauseTold.of(found),
        orders=tuple(_order(one) for _, one in rows[:ROWS]),
        first=first,
        next=first + ROWS if len(rows) > ROWS else None,
        kept_most=ORDERS_KEPT_MAX,
    )


def _order(one: KeptFinding) -> OrderFound:
    return OrderFound(
        order_id=one.order_id,
        day=one.day,
        value=plain(one.value, one.currency),
        currency=one.currency,
        detail=one.detail,
    )


PAGE = Page(
    path="/findings/{destination}/{kind}/{cause}",
    name="finding",
    title="Finding",
    read=read,
    model=Finding,
    summary="One cause that an audit found, and its orders, the most valuable first.",
)
