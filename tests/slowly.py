"""The slow way from an order to an event: no memory, no shortcut, no fast library.

What the house does at speed is held against this, byte for byte. Normal forms alone
are the house's own: `tests/identity` holds those against vectors.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from capi_jobs.identity import Context, country_code
from capi_jobs.identity.browsers import fbc_built
from capi_jobs.identity.hashing import plain_reader
from capi_jobs.model import Conversion, Item, Order, Texts
from capi_jobs.platforms import MatchKey
from capi_jobs.platforms.writing import extinfo, tracking_allowed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# ── Match keys ──────────────────────────────────────────────────────────────────────


def match_keys(
    order: Order, keys: Sequence[MatchKey], default_country: str | None
) -> dict[str, Texts]:
    """Read each key in the order's country, else the destination's."""
    codes = filter(None, map(country_code, listed(order.country)))
    context = Context(next(codes, default_country))
    found: dict[str, Texts] = {}
    for key in keys:
        read = plain_reader(key.form, hashed=key.hashed)
        values = [read(text, context) for text in listed(getattr(order, key.field))]
        usable = tuple(dict.fromkeys(value for value in values if value))
        if usable:
            found[key.key] = usable if key.many and len(usable) > 1 else usable[0]
    built = [key.key for key in keys if key.form == "fbc"]
    if built and order.fbclid and built[0] not in found:
        clicked = (order.completed_at - EPOCH) // timedelta(milliseconds=1)
        cookie = fbc_built(order.fbclid, clicked)
        if cookie:
            found[built[0]] = cookie
    return found


def listed(value: Texts | None) -> tuple[str, ...]:
    """Return one or several values as several."""
    return (value,) if isinstance(value, str) else value or ()


# ── Events ──────────────────────────────────────────────────────────────────────────


def written(value: object) -> str:
    """Write JSON: money in all its digits, everything else by the standard library."""
    if isinstance(value, Mapping):
        pairs = [f"{written(name)}:{written(each)}" for name, each in value.items()]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def event(platform: str, made: Conversion) -> bytes:
    """Write one event as the platform's documents show it."""
    return written(_EVENTS[platform](made)).encode()


def _meta(made: Conversion) -> dict[str, Any]:
    told = _named("event_name", made)
    told["user_data"] = made.match_keys
    told["custom_data"] = custom = {**made.custom, **_money(made)}
    if made.items:
        custom |= _goods(made.items)
        custom["contents"] = [
            _line(item, "id", "quantity", "item_price", "title") for item in made.items
        ]
        if made.event_name == "InitiateCheckout":
            custom["num_items"] = sum(item.quantity for item in made.items)
    if made.source == "website":
        told["event_source_url"] = made.page_url
    if made.source == "app":
        told["app_data"] = {
            "advertiser_tracking_enabled": tracking_allowed(made.app),
            "application_tracking_enabled": 1,
            "extinfo": extinfo(made.app),
        }
    if made.limited_data_use:
        told["data_processing_options"] = ["LDU"]
        told["data_processing_options_country"] = 0
        told["data_processing_options_state"] = 0
    return told


def _snapchat(made: Conversion) -> dict[str, Any]:
    told = _named("event_name", made)
    told["user_data"] = made.match_keys
    told["custom_data"] = custom = _money(made)
    if made.items:
        custom |= _goods(made.items)
        lines = [_line(item, "id", "quantity", "item_price") for item in made.items]
        custom["contents"] = [
            {
                name: format(value, "f") if isinstance(value, Decimal) else str(value)
                for name, value in line.items()
            }
            for line in lines
        ]
    if made.custom:
        custom["custom_fields"] = made.custom
    if made.source == "WEB":
        told["event_source_url"] = made.page_url
    if made.source == "MOBILE_APP":
        told["app_data"] = app = {
            "advertiser_tracking_enabled": tracking_allowed(made.app),
            "extinfo": extinfo(made.app),
        }
        if made.app.get("app_id"):
            app["app_id"] = made.app["app_id"]
    if made.limited_data_use:
        told["data_processing_options"] = ["LMU"]
    return told


def _tiktok(made: Conversion) -> dict[str, Any]:
    told = _named("event", made)
    del told["action_source"]
    told["user"] = user = dict(made.match_keys)
    if made.source == "app" and made.app.get("app_platform") == "ios":
        consent = made.app.get("att_consent")
        if consent is not None:
            user["att_status"] = "AUTHORIZED" if consent else "DENIED"
    told["properties"] = properties = {**made.custom, **_money(made)}
    if made.items:
        properties |= _goods(made.items)
        properties["contents"] = [
            _line(item, "content_id", "quantity", "price", "content_name")
            for item in made.items
        ]
        properties["num_items"] = sum(item.quantity for item in made.items)
    if made.source == "web":
        told["page"] = {"url": made.page_url}
    if made.source == "app":
        told["app"] = {"app_id": made.app.get("app_id")}
        if made.app.get("app_version"):
            told["app"]["app_version"] = made.app["app_version"]
    if made.limited_data_use:
        told["limited_data_use"] = True
    return told


def _named(name: str, made: Conversion) -> dict[str, Any]:
    return {
        name: made.event_name,
        "event_time": (made.event_time - EPOCH) // timedelta(seconds=1),
        "event_id": made.event_id,
        "action_source": made.source,
    }


def _money(made: Conversion) -> dict[str, Any]:
    return {
        "value": made.value,
        "currency": made.currency,
        "order_id": made.order_id,
    }


def _goods(items: Iterable[Item]) -> dict[str, Any]:
    return {"content_type": "product", "content_ids": [item.sku for item in items]}


def _line(
    item: Item, sku: str, quantity: str, price: str, title: str = ""
) -> dict[str, Any]:
    line: dict[str, Any] = {sku: item.sku, quantity: item.quantity}
    if item.unit_price is not None:
        line[price] = item.unit_price
    if title and item.name:
        line[title] = item.name
    return line


_EVENTS: Mapping[str, Callable[[Conversion], dict[str, Any]]] = {
    "meta": _meta,
    "snapchat": _snapchat,
    "tiktok": _tiktok,
}


# ── What no JSON can say ────────────────────────────────────────────────────────────


def unwritable(made: Conversion) -> str | None:
    """Name the rule that every platform asks first, text by text."""
    prices = [item.unit_price for item in made.items]
    for amount in (made.value, *(price for price in prices if price is not None)):
        digits = amount.as_tuple().digits
        if not amount.is_finite() or abs(amount.adjusted()) >= 15 or len(digits) > 40:
            return "value_not_a_number"
    if made.value < 0:
        return "value_negative"
    return None if all(map(_is_unicode, _texts(made))) else "text_not_unicode"


def _texts(made: Conversion) -> list[str]:
    items = [text or "" for item in made.items for text in (item.sku, item.name)]
    keys = [text for value in made.match_keys.values() for text in listed(value)]
    custom = [text for pair in made.custom.items() for text in pair]
    app = [text for text in made.app.values() if isinstance(text, str)]
    ids = [made.order_id, made.event_id, made.event_name, made.page_url or ""]
    return [*ids, *items, *keys, *custom, *app]


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
