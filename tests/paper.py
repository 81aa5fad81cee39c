"""A platform on paper: it only spells, which is all that a converter asks of one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

from capi_jobs.conversion import Converter
from capi_jobs.model import Conversion, Order
from capi_jobs.platforms import MatchKey, Platform

KEYS = (
    MatchKey("em", "email", "email", hashed=True, many=True),
    MatchKey("ph", "phone", "phone_digits", hashed=True, many=True),
    MatchKey("fn", "first_name", "name", hashed=True),
    MatchKey("st", "state", "state", hashed=True),
    MatchKey("country", "country", "country", hashed=True),
    MatchKey("external_id", "customer_id", "external_id", hashed=True, many=True),
    MatchKey("city", "city", "city", hashed=False),
    MatchKey("ip", "ip", "ip", hashed=False),
    MatchKey("fbc", "fbc", "fbc", hashed=False),
    MatchKey("click", "ttclid", "click_id", hashed=False),
)


PAPER = cast(
    "Platform",
    SimpleNamespace(
        match_keys=KEYS,
        sources={
            "": {"web": "website", "store": "physical_store"},
            "app": {"app": "APP"},
        },
        app_sources={"app"},
        event_names={"Purchase": "PURCHASE"},
    ),
)

ORDER = Order(
    order_id="A-1",
    completed_at=datetime(2026, 11, 20, 10, 0, 0, 123_456, tzinfo=UTC),
    value=Decimal("12.50"),
    currency="EUR",
)


def converter(
    *,
    source: str = "",
    default_country: str | None = None,
    event_names: Mapping[str, str] = MappingProxyType({}),
    build_fbc: bool = True,
    account: str = "",
) -> Converter:
    return Converter(
        PAPER,
        destination="paper_eu",
        source=source,
        default_country=default_country,
        event_names=event_names,
        build_fbc=build_fbc,
        account=account,
    )


def converted(order: Order, **settings: Any) -> Conversion:  # noqa: ANN401
    (result,) = converter(**settings).convert([order], ["E-1"])
    assert isinstance(result, Conversion)
    return result
