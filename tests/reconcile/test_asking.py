from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capi_jobs.model import DataInterval, OrderClass
from capi_jobs.reconcile import AskedOrder, Wanted, asked_orders
from tests.reconcile.keys import (
    DAY,
    NOON,
    Row,
    classes,
    entry,
    event,
    hold,
    keys,
    order,
    reconciled,
)

HOUR = timedelta(hours=1)


def asked(
    rows: list[Row],
    *ids: str,
    interval: DataInterval | None = None,
    span: DataInterval = DAY,
    **more: Any,  # noqa: ANN401
) -> dict[str, AskedOrder]:
    """Return what is said of each asked order, by its id."""
    wanted = Wanted(ids, interval)
    with reconciled(rows, wanted=wanted, interval=span, **more) as found:
        pages = asked_orders(found.connection, 2)
        return {one.order_id: one for page in pages for one in page}


def test_an_order_is_told_with_its_class_and_what_its_row_says() -> None:
    found = asked([order("o1", event_id="e1"), order("o2")], "o1", "nobody")

    assert found == {
        "o1": AskedOrder(
            order_id="o1",
            event_id="e1",
            order_class=OrderClass.MISSING,
            reason="",
            day=DAY.start.date(),
            value=Decimal("10.50"),
            currency="EUR",
            completed_at=NOON,
            row_value=Decimal("10.50"),
            row_currency="EUR",
        )
    }


def test_only_what_is_asked_for_stays_due_and_all_is_counted() -> None:
    rows = [order(f"o{n}") for n in range(5)]

    with reconciled(rows, wanted=Wanted(["o1", "o3"])) as found:
        assert set(keys(found)) == {"o1", "o3"}
        assert sum(due.orders for due in found.due()) == 2
        assert classes(found) == [("missing", "", 5)]


def test_an_interval_asks_for_what_was_completed_in_it() -> None:
    times = {"before": NOON - HOUR, "first": NOON, "end": NOON + HOUR}
    rows = [order(name, completed_at=at.isoformat()) for name, at in times.items()]
    timeless = order("timeless", completed_at=None)

    found = asked([*rows, timeless], interval=DataInterval(NOON, NOON + HOUR))

    assert set(found) == {"first"}


def test_an_enrichment_is_not_due_to_who_asks() -> None:
    """The browser sent it; a person who asks for it is told so."""
    rows, seen = [order("o1")], [event(channel="browser", order_id="o1", event_id="o1")]
    wanted = Wanted(["o1"])

    with reconciled(
        rows, events=seen, wanted=wanted, on_browser_seen="enrich"
    ) as found:
        assert keys(found) == {}


@pytest.mark.parametrize(
    ("changes", "bar"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"status": "cancelled"}, "status", id="cancelled since"),
        pytest.param({"consent": "false"}, "consent_denied", id="consent taken back"),
        pytest.param({"completed_at": "soon"}, "completed_at_unreadable", id="time"),
        pytest.param(
            {"completed_at": (NOON - 30 * 24 * HOUR).isoformat()}, "expired", id="old"
        ),
    ],
)
def test_what_would_keep_a_delivered_order_back_is_told(
    changes: dict[str, str], bar: str
) -> None:
    wide = DataInterval(DAY.start - 40 * 24 * HOUR, DAY.end)
    rows = [order("o1", **changes)]

    found = asked(rows, "o1", entries=[entry("o1")], span=wide)

    assert (found["o1"].order_class, found["o1"].bar) == (OrderClass.DELIVERED, bar)


def test_what_others_sent_beside_us_is_told() -> None:
    rows, sent = (
        [order("o1"), order("o2"), order("o3")],
        [entry(f"o{n}") for n in "123"],
    )
    seen = [event(order_id="o1"), event(channel="browser", order_id="o2")]

    found = asked(
        rows, "o1", "o2", "o3", entries=sent, events=seen, overrides={"o3": "block"}
    )

    assert {i: one.bar for i, one in found.items()} == {
        "o1": "seen_server",
        "o2": "seen_browser",
        "o3": "blocked",
    }


def test_an_order_that_shares_its_id_with_one_nobody_asked_for_is_told() -> None:
    rows = [order("o1", event_id="e"), order("o2", event_id="e")]

    assert asked(rows, "o1")["o1"].bar == "event_id_shared"


def test_a_hold_is_told_with_its_rule() -> None:
    found = asked([order("o1")], "o1", holds=[hold("o1")])

    assert (found["o1"].order_class, found["o1"].reason) == (
        OrderClass.HELD,
        "value_negative",
    )
