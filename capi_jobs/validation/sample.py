"""One plain row of each frame, made up, to try rules on before real rows come."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from capi_jobs.model import Conversion, Item, Order
from capi_jobs.validation import conversion_frame, order_frame
from capi_jobs.validation.columns import frame

if TYPE_CHECKING:
    import pandas as pd


def frames(now: datetime) -> "dict[str, pd.DataFrame]":
    """Make a frame per suite in which no column is null where it need not be."""
    orders = order_frame.OrderPage([{}], {}, [_order(now)], now)
    conversions = conversion_frame.page([_conversion(now)], (), now)
    return {
        "orders": frame(order_frame.COLUMNS, orders),
        "conversions": frame(conversion_frame.COLUMNS, conversions),
    }


def _order(now: datetime) -> Order:
    return Order(
        order_id="1",
        event_id="1",
        status="completed",
        completed_at=now - timedelta(hours=1),
        value=Decimal(10),
        currency="EUR",
        country="DE",
        items=_ITEMS,
    )


def _conversion(now: datetime) -> Conversion:
    return Conversion(
        destination="sample",
        order_id="1",
        event_id="1",
        event_name="Purchase",
        event_time=now - timedelta(hours=1),
        value=Decimal(10),
        currency="EUR",
        source="website",
        match_keys={},
        page_url="https://shop.example/",
        items=_ITEMS,
    )


_ITEMS = (Item("1", 1, Decimal(10)),)
