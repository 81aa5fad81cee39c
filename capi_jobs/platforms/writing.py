"""What several platforms write alike: numbers, texts, app details, joined bodies.

Pure, and blind to who asks: whatever one platform alone wants lives in its own file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import quote

from orjson import Fragment, dumps

from capi_jobs.model import Conversion, Item, RowFault

# ── Values ──────────────────────────────────────────────────────────────────────


def exact(amount: Decimal) -> Fragment:
    """Write money as the JSON number it is: no binary float, no exponent."""
    text = str(amount)
    return Fragment(format(amount, "f") if "E" in text else text)


def plain(amount: Decimal) -> str:
    """Write money in plain digits, its own number of decimals kept."""
    text = str(amount)  # a quarter of the time, and the same but for an exponent
    return format(amount, "f") if "E" in text else text


def seconds(moment: datetime) -> int:
    """Unix seconds, cut and not rounded: an order is never later than it was."""
    passed = moment - _EPOCH
    return passed.days * _DAY_SECONDS + passed.seconds


def contents(
    items: Iterable[Item], sku: str, quantity: str, price: str, title: str = ""
) -> list[dict[str, object]]:
    """Write order lines under a platform's names for what they tell."""
    written: list[dict[str, object]] = []
    for item in items:
        line: dict[str, object] = {sku: item.sku, quantity: item.quantity}
        if (amount := item.unit_price) is not None:
            line[price] = exact(amount)
        if title and (name := item.name):
            line[title] = name
        written.append(line)
    return written


def contents_as_text(
    items: Iterable[Item], sku: str, quantity: str, price: str
) -> list[dict[str, object]]:
    """Write order lines with their numbers as texts."""
    written: list[dict[str, object]] = []
    for item in items:
        line: dict[str, object] = {sku: item.sku, quantity: str(item.quantity)}
        if (amount := item.unit_price) is not None:
            line[price] = plain(amount)
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
_NOT_A_NUMBER = RowFault("value_not_a_number", "an amount is not finite or too long")
_ZERO = Decimal(0)
_SCHEMES = ("https://", "http://")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 24 * 60 * 60

Check = Callable[[Conversion], RowFault | None]


def unwritable(conversion: Conversion) -> RowFault | None:
    """Find what no JSON can say."""
    return _unwritable_value(conversion) or _unwritable_text(conversion)


def first_fault(conversion: Conversion, checks: Iterable[Check]) -> RowFault | None:
    """Return what the first failing check says."""
    for check in checks:
        fault = check(conversion)
        if fault is not None:
            return fault
    return None


def _unwritable_value(conversion: Conversion) -> RowFault | None:
    """Find amounts that are no JSON number, or that no platform documents."""
    if not _is_writable(conversion.value):
        return _NOT_A_NUMBER
    for item in conversion.items:
        if item.unit_price is not None and not _is_writable(item.unit_price):
            return _NOT_A_NUMBER
    if conversion.value < _ZERO:
        return RowFault("value_negative", "no platform documents negative values")
    return None


def _unwritable_text(conversion: Conversion) -> RowFault | None:
    """Find halves of surrogate pairs, which JSON's UTF-8 cannot hold."""
    text = _joined(conversion)
    # isascii() reads a flag, so that nearly every order costs nothing.
    if text.isascii() or _is_unicode(text):
        return None
    return RowFault("text_not_unicode", "a text has half a surrogate pair")


def missing_page_url(conversion: Conversion) -> RowFault | None:
    """Find web orders without the page they were placed on."""
    if not conversion.page_url:
        return RowFault("page_url_missing", "a web event needs the page's URL")
    if conversion.page_url.startswith(_SCHEMES):
        return None
    if not conversion.page_url[:8].lower().startswith(_SCHEMES):
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


def _is_writable(amount: Decimal) -> bool:
    text = str(amount)
    # Few digits with a point at most: what else there is to ask costs more.
    if len(text) <= _VALUE_MAGNITUDE_MAX and text.replace(".", "", 1).isdecimal():
        return True
    return (
        amount.is_finite()
        and abs(amount.adjusted()) < _VALUE_MAGNITUDE_MAX
        and len(amount.as_tuple().digits) <= _VALUE_DIGITS_MAX
    )


def _joined(conversion: Conversion) -> str:
    """Return all texts as one: halves that meet stay halves."""
    ids = conversion.order_id, conversion.event_id, conversion.event_name
    texts = [*ids, conversion.page_url or ""]
    for item in conversion.items:
        texts.append(item.sku)
        if item.name:
            texts.append(item.name)
    if conversion.custom:
        texts += (each for pair in conversion.custom.items() for each in pair)
    if conversion.app:
        texts += (one for one in conversion.app.values() if isinstance(one, str))
    keys = conversion.match_keys.values()
    try:
        return "".join([*texts, *keys])  # type: ignore[list-item]
    except TypeError:  # a key of several values
        return "".join([*texts, *("".join(each) for each in keys)])


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
