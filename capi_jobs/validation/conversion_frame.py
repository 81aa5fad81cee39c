"""The frame that `expectations/conversions.json` looks at: one row per conversion.

It holds no match key, hashed or not, only whether there is one and how it looks. The
orders' frame lives in `order_frame.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from re import compile as pattern

from capi_jobs.model import Conversion, Texts
from capi_jobs.platforms import MatchKey
from capi_jobs.validation.columns import Column
from capi_jobs.validation.order_frame import IDENTIFIERS, VAGUE, items_ratio


@dataclass(frozen=True, slots=True)
class ConversionPage:
    """Conversions, and what is known of the platforms' match keys."""

    conversions: Sequence[Conversion]
    told: Sequence[frozenset[str]]  # the order's fields that became match keys
    hashed: frozenset[str]  # keys that no platform takes in clear
    now: datetime

    def each(self, read: Callable[[Conversion], object]) -> list[object]:
        return [read(c) for c in self.conversions]


def page(
    conversions: Sequence[Conversion], keys: Sequence[MatchKey], now: datetime
) -> ConversionPage:
    fields = {k.key: k.field for k in keys}
    clear = {k.key for k in keys if not k.hashed}
    told = [_told(c.match_keys, fields) for c in conversions]
    return ConversionPage(conversions, told, frozenset(fields) - clear, now)


def _told(keys: Mapping[str, Texts], fields: Mapping[str, str]) -> frozenset[str]:
    return frozenset(fields.get(key, key) for key, text in keys.items() if text)


def _not_hashed(page: ConversionPage, conversion: Conversion) -> int:
    keys = conversion.match_keys
    return sum(
        not _SHA256.fullmatch(text)
        for key in page.hashed.intersection(keys)
        for text in _texts(keys[key])
    )


def _texts(told: Texts) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else told


def _page_url_told(conversion: Conversion) -> bool | None:
    of_web = conversion.source.lower() in _WEB
    return bool(conversion.page_url) if of_web else None


def _hours(page: ConversionPage, conversion: Conversion) -> float:
    return (page.now - conversion.event_time).total_seconds() / 3600


def _text_column(name: str, says: str) -> Column[ConversionPage]:
    return Column(
        name, "text", says, lambda p: p.each(lambda c: getattr(c, name) or None)
    )


def _coverage(name: str) -> Column[ConversionPage]:
    return Column(
        f"has_{name}",
        "flag",
        f"whether `{name}` became a match key",
        lambda p: [name in told for told in p.told],
    )


_SHA256 = pattern("[0-9a-f]{64}")
_CLICK_IDS: frozenset[str] = frozenset({"fbc", "fbclid", "ttclid", "sc_click_id"})
# What platforms call a conversion on a website.
_WEB = frozenset({"website", "web"})


COLUMNS: tuple[Column[ConversionPage], ...] = (
    _text_column("order_id", "the order's id"),
    _text_column("destination", "where it is to be sent"),
    _text_column("event_id", "the id by which the platform counts once"),
    _text_column("event_name", "in the platform's spelling"),
    _text_column("source", "in the platform's spelling"),
    _text_column("currency", "ISO 4217 code"),
    Column(
        "event_time",
        "time",
        "time of the event, frozen at the first send",
        lambda p: p.each(lambda c: c.event_time),
    ),
    Column(
        "hours_since_event",
        "number",
        "hours from the event to now; negative in the future",
        lambda p: p.each(lambda c: _hours(p, c)),
    ),
    Column(
        "value_number",
        "number",
        "money as a float, for ranges",
        lambda p: p.each(lambda c: float(c.value)),
    ),
    Column(
        "items_count",
        "number",
        "how many lines it has",
        lambda p: p.each(lambda c: len(c.items)),
    ),
    Column(
        "items_sum_ratio",
        "number",
        "sum of the items over the value; null without prices or value",
        lambda p: p.each(lambda c: items_ratio(c.items, c.value)),
    ),
    Column(
        "has_page_url",
        "flag",
        "whether the page's address is there; null where not on the web",
        lambda p: p.each(_page_url_told),
    ),
    Column(
        "match_keys_count",
        "number",
        "match keys of any kind",
        lambda p: [len(told) for told in p.told],
    ),
    Column(
        "match_keys_usable",
        "number",
        "match keys that can name one person",
        lambda p: [len(told - VAGUE) for told in p.told],
    ),
    Column(
        "match_keys_not_hashed",
        "number",
        "match keys that must be SHA-256 and are not",
        lambda p: p.each(lambda c: _not_hashed(p, c)),
    ),
    Column(
        "match_keys_dropped",
        "number",
        "identifiers that were there but unusable",
        lambda p: p.each(lambda c: len(c.dropped)),
    ),
    Column(
        "has_click_id",
        "flag",
        "whether the id of an ad's click became a match key",
        lambda p: [not _CLICK_IDS.isdisjoint(told) for told in p.told],
    ),
    *(_coverage(name) for name in IDENTIFIERS),
)
