"""Slices part what is due: no order in two of them, none in no slice."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from capi_jobs.jobs.steps.cutting import Cutting
from capi_jobs.model import DataInterval, OrderKey
from capi_jobs.preparation import Page
from capi_jobs.reconcile import Reconciliation
from tests.delivery.building import an_item
from tests.reconcile.keys import (
    DAY,
    END,
    START,
    Row,
    entry,
    event,
    hold,
    keys,
    order,
    reconciled,
)

MOMENT = timedelta(microseconds=1)
# Around the ends of the day, and close together, so that cuts fall on and between.
TIMES = [
    *(
        at.isoformat()
        for end in (START, END)
        for at in (end - MOMENT, end, end + MOMENT)
    ),
    *((START + timedelta(hours=12) + n * MOMENT).isoformat() for n in range(4)),
    # The same moment in another zone; and what holds an order, whatever the slice.
    (START + timedelta(hours=12)).isoformat().replace("T12", "T14")[:-6] + "+02:00",
    "2026-11-20 12:00:00",
    "soon",
    None,
]
# Few, so that ids come again in other slices, and event ids are shared.
ORDERS = st.builds(
    lambda number, at, own, value: order(
        f"o{number}", completed_at=at, event_id=own, value=value
    ),
    st.integers(0, 7),
    st.sampled_from(TIMES),
    st.sampled_from([None, None, None, "e1", "o1"]),
    st.sampled_from(["10.50", "10.50", "11.00"]),
)


def judged(rows: Sequence[Row]) -> AbstractContextManager[Reconciliation]:
    """Find what is due beside orders that were seen, sent or held."""
    return reconciled(
        rows,
        events=[event(order_id="o5"), event(order_id="o6", channel="browser")],
        entries=[entry("o4")],
        holds=[hold("o3")],
    )


def due(found: Reconciliation) -> list[OrderKey]:
    return [key for key in keys(found).values() if key.fault is None]


@settings(max_examples=15, deadline=None)
@given(
    rows=st.lists(ORDERS, max_size=12),
    each=st.integers(1, 4),
    most=st.integers(1, 3),
)
@example([order(f"o{n}", completed_at=TIMES[6 + n % 4]) for n in (0, 1, 2)], 1, 3)
def test_every_due_order_is_in_one_slice(rows: list[Row], each: int, most: int) -> None:
    with judged(rows) as found:
        whole = due(found)
        cutting = Cutting.of(found, DAY, each, most)
    cutting.count(whole, page_of(whole))
    slices = cutting.slices()

    sent: list[Counter[str]] = []
    for one in slices:
        # As a worker does it: judged as a whole, then only its own part is left.
        with judged(rows) as found:
            found.keep_only(one.interval)
            sent.append(Counter(key.order_id for key in due(found)))

    assert sum(sent, Counter()) == Counter(key.order_id for key in whole)
    assert [part.total() for part in sent] == [one.orders for one in slices]
    assert 1 <= len(slices) <= most
    follow_each_other([one.interval for one in slices])


def page_of(there: Sequence[OrderKey]) -> Page:
    """Every row is sound."""
    page = Page()
    for key in there:
        item = an_item(1)
        page.ready.append(
            replace(item, entry=replace(item.entry, order_id=key.order_id))
        )
    return page


def follow_each_other(parts: Sequence[DataInterval]) -> None:
    assert (parts[0].start, parts[-1].end) == (DAY.start, DAY.end)
    assert all(one.end == after.start for one, after in pairwise(parts))


def test_slices_hold_as_many_orders_each() -> None:
    rows = [
        order(f"o{n}", completed_at=(START + n * timedelta(minutes=9)).isoformat())
        for n in range(10)
    ]

    with reconciled(rows) as found:
        cutting = Cutting.of(found, DAY, slice_orders=1, slices_max=4)
        cutting.count(due(found), page_of(due(found)))

    assert [one.orders for one in cutting.slices()] == [3, 3, 2, 2]
