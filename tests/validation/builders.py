"""Valid objects; a test overrides the one thing it is about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from capi_jobs.model import Conversion, Item, Order
from capi_jobs.platforms import MatchKey

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHA256 = "5e" * 32
MATCH_KEYS = (
    MatchKey("em", "email", "email", hashed=True, many=True),
    MatchKey("ct", "city", "city", hashed=True),
    MatchKey("client_user_agent", "user_agent", "user_agent", hashed=False),
    MatchKey("fbc", "fbc", "fbc", hashed=False),
)


def an_order(**changes: object) -> Order:
    told: dict[str, Any] = {
        "order_id": "A-1",
        "completed_at": NOW - timedelta(hours=2),
        "value": Decimal("20.00"),
        "currency": "EUR",
        "email": "ann@shop.example",
        "country": "DE",
        "items": (Item("cup", 2, Decimal("9.50")),),
    }
    return Order(**(told | changes))


def a_conversion(**changes: object) -> Conversion:
    told: dict[str, Any] = {
        "destination": "meta",
        "order_id": "A-1",
        "event_id": "A-1",
        "event_name": "Purchase",
        "event_time": NOW - timedelta(hours=2),
        "value": Decimal("20.00"),
        "currency": "EUR",
        "source": "website",
        "page_url": "https://shop.example/thanks",
        "match_keys": {"em": SHA256},
    }
    return Conversion(**(told | changes))
