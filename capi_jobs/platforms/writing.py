"""What several platforms write alike: numbers, texts, app details, joined bodies.

Pure, and blind to who asks: whatever one platform alone wants lives in its own file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import quote

from orjson import Fragment, dumps

from capi_jobs.model import Conversion, Item, RowFault, Texts

# ── Values ──────────────────────────────────────────────────────────────────────


def exact(amount: Decimal) -> Fragment:
    """Write money as the JSON number it is: no binary float, no exponent."""
    return Fragment(plain(amount))


def plain(amount: Decimal) -> str:
    """Write money in plain digits, its own number of decimals kept."""
    text = str(amount)  # a quarter of the time, and the same but for an exponent
    return format(amount, "f") if "E" in text else text


def seconds(moment: datetime) -> int:
    """Unix seconds, cut and not rounded: an order is never later than it was."""
    return (moment - _EPOCH) // _SECOND


def contents(
    items: Iterable[Item], names: str, *, as_text: bool = False
) -> list[dict[str, object]]:
    """Write order lines; `names` are for SKU, quantity, price and, if any, title."""
    sku, quantity, price, *title = names.split()
    written: list[dict[str, object]] = []
    for item in items:
        pieces, amount = item.quantity, item.unit_price
        line: dict[str, object] = {sku: item.sku}
        line[quantity] = str(pieces) if as_text else pieces
        if amount is not None:
            line[price] = plain(amount) if as_text else exact(amount)
        if title and item.name:
            line[title[0]] = item.name
        written.append(line)
    return written


def num_items(items: Iterable[Item]) -> int:
    """Count pieces, not lines."""
    return sum(item.quantity for item in items)


def hosted(base_url: str, *segments: str) -> str:
    """Append quoted segments to a base URL, whose own path stays."""
    return "/".join([base_url.rstrip("/"), *(quote(s, safe="") for s in segments)])


def query_text(text: str) -> str:
    """Quote a value of a URL's query."""
    return quote(text, safe="")


# ── Bodies ──────────────────────────────────────────────────────────────────────


def enveloped(events: Sequence[bytes], beside: Mapping[str, object]) -> bytes:
    """Join written events under `data`; they are not parsed or written again."""
    rest = dumps({name: value for name, value in beside.items() if value is not None})
    tail = b"]" + (b"," + rest[1:] if len(rest) > len(b"{}") else b"}")
    return b"".join((b'{"data":[', b",".join(events), tail))


# ── Probes: events that are wrong on purpose ────────────────────────────────────

# 2020-01-01: older than any platform takes.
PROBE_SECONDS = 1_577_836_800
PROBE_ID = "capi-jobs-probe"
# Of the id above: no person has it.
PROBE_HASH = sha256(PROBE_ID.encode()).hexdigest()


# ── App details: Meta's `extinfo`, which Snapchat took over ─────────────────────

# Slot 0 is the layout's version: android or iOS, second edition.
EXTINFO_VERSION = MappingProxyType({"android": "a2", "ios": "i2"})


def extinfo(app: Mapping[str, str | bool | None]) -> list[str]:
    """Fill the 16 slots; the unknown ones stay empty, but each must exist."""
    slots = [""] * 16
    slots[0] = EXTINFO_VERSION[str(app["app_platform"])]
    slots[1] = str(app.get("app_id") or "")
    slots[2] = str(app.get("app_version") or "")
    slots[4] = str(app["os_version"])
    slots[6] = str(app.get("locale") or "")
    return slots


def tracking_allowed(app: Mapping[str, str | bool | None]) -> int:
    """Tell Apple's consent as 0 or 1; silence is a no on iOS, Android never asks."""
    consent = app.get("att_consent")
    if app.get("app_platform") == "ios":
        return int(consent is True)
    return int(consent is not False)


# ── Faults that every platform would find ───────────────────────────────────────

# 10^15: beyond, a platform's 64-bit float cannot hold cents; no order is that large.
_VALUE_MAGNITUDE_MAX = 15
# PostgreSQL divides to 16 or 20 places; a longer number is an accident.
_VALUE_DIGITS_MAX = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

Check = Callable[[Conversion], RowFault | None]


def unwritable(conversion: Conversion) -> RowFault | None:
    """Find what no JSON can say."""
    return first_fault(conversion, (_unwritable_value, _unwritable_text))


def first_fault(conversion: Conversion, checks: Iterable[Check]) -> RowFault | None:
    """Return what the first failing check says."""
    for check in checks:
        fault = check(conversion)
        if fault is not None:
            return fault
    return None


def _unwritable_value(conversion: Conversion) -> RowFault | None:
    """Find amounts that are no JSON number, or that no platform documents."""
    prices = [i.unit_price for i in conversion.items if i.unit_price is not None]
    for amount in (conversion.value, *prices):
        if not amount.is_finite() or _is_too_long(amount):
            return RowFault("value_not_a_number", "an amount is not finite or too long")
    if conversion.value < 0:
        return RowFault("value_negative", "no platform documents negative values")
    return None


def _unwritable_text(conversion: Conversion) -> RowFault | None:
    """Find halves of surrogate pairs, which JSON's UTF-8 cannot hold."""
    for text in _texts(conversion):
        # isascii() reads a flag, so that nearly every text costs nothing.
        if not text.isascii() and not _is_unicode(text):
            return RowFault("text_not_unicode", "a text has half a surrogate pair")
    return None


def missing_page_url(conversion: Conversion) -> RowFault | None:
    """Find web orders without the page they were placed on."""
    if not conversion.page_url:
        return RowFault("page_url_missing", "a web event needs the page's URL")
    if not conversion.page_url[:8].lower().startswith(("https://", "http://")):
        return RowFault("page_url_invalid", "the page's URL is not absolute http(s)")
    return None


def missing_app_details(conversion: Conversion) -> RowFault | None:
    """Find app orders without what `extinfo` must have: platform and OS version."""
    app = conversion.app
    if app.get("app_platform") in EXTINFO_VERSION and app.get("os_version"):
        return None
    return RowFault(
        "app_details_missing", "an app event needs app_platform and os_version"
    )


def not_enough_identifiers(needed: str) -> RowFault:
    """Say what would have been enough."""
    return RowFault("not_enough_identifiers", f"it needs {needed}")


def _is_too_long(amount: Decimal) -> bool:
    return (
        abs(amount.adjusted()) >= _VALUE_MAGNITUDE_MAX
        or len(amount.as_tuple().digits) > _VALUE_DIGITS_MAX
    )


def _texts(conversion: Conversion) -> Iterable[str]:
    yield conversion.order_id
    yield conversion.event_id
    yield conversion.event_name
    yield conversion.page_url or ""
    for value in conversion.match_keys.values():
        yield from _listed(value)
    for item in conversion.items:
        yield item.sku
        yield item.name or ""
    for pair in conversion.custom.items():
        yield from pair
    for detail in conversion.app.values():
        yield detail if isinstance(detail, str) else ""


def _listed(value: Texts) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
