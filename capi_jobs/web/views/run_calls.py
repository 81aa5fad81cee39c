"""The calls of a run, each with its receipt: what the platform said, and its trace id.

What the ledger calls a batch is one call to a person.
"""

from collections.abc import Mapping
from datetime import datetime

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.pages import BatchRow
from capi_jobs.lifecycle import Status
from capi_jobs.web.amounts import Worth
from capi_jobs.web.page import Shown


class Call(Shown):
    """One call, or the wish for one."""

    batch_id: str
    destination: str
    status: Status
    events: int  # that were put into it
    holds: Worth  # what of it is there still: nothing, once it was given back
    attempts: int
    trace_id: str  # the platform's own, by which its support finds the call
    reason: str  # what was said, where it was not taken
    created_at: datetime
    first_sent_at: datetime | None
    last_sent_at: datetime | None


def calls(  # noqa: PLR0913 - filters of a list
    ledger: Ledger,
    run_id: str,
    usual: Mapping[str, Mapping[str, int]],
    *,
    destination: str,
    status: Status | None,
    after: str,
    limit: int,
) -> tuple[tuple[Call, ...], str]:
    """Return a page of the calls, the first ones first, and the mark of the next.

    `usual`: how many orders each destination has of each currency.
    """
    page = ledger.batches_page(
        run_id,
        destination=destination or None,
        status=status,
        after=after or None,
        limit=limit,
    )
    told = (_call(row, usual.get(row.batch.destination, {})) for row in page.rows)
    return tuple(told), page.after or ""


def _call(row: BatchRow, usual: Mapping[str, int]) -> Call:
    batch = row.batch
    return Call(
        batch_id=batch.batch_id,
        destination=batch.destination,
        status=batch.status,
        events=row.events,
        holds=Worth.given(row.orders, row.values, usual),
        attempts=batch.attempts,
        trace_id=batch.trace_id,
        reason=batch.reason,
        created_at=row.created_at,
        first_sent_at=batch.first_sent_at,
        last_sent_at=row.last_sent_at,
    )
