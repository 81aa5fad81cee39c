"""The frame that `expectations/conversions.json` looks at: one row per conversion.

It holds no match key, hashed or not, only whether there is one and how it looks. The
orders' frame lives in `order_frame.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter, itemgetter
from re import compile as pattern
from typing import Any, cast

from capi_jobs.model import Conversion, Texts
from capi_jobs.platforms import MatchKey
from capi_jobs.validation.columns import Column, hours_before, instants
from capi_jobs.validation.order_frame import IDENTIFIERS, VAGUE, items_ratio


@dataclass(frozen=True)
class ConversionPage:
    """Conversions, and what is known of the platforms' match keys."""

    conversions: Sequence[Conversion]
    fields: Mapping[str, str]  # the order's field that becomes a match key
    hashed: frozenset[str]  # keys that no platform takes in clear
    now: datetime

    def each(self, read: Callable[[Conversion], object]) -> list[object]:
        return [read(c) for c in self.conversions]

    def spread(self, of: Callable[[frozenset[str]], object]) -> Any:  # noqa: ANN401
        """Say something of each row by the order's fields that became match keys.

        A page has a few dozen sets of them: it is asked of each set once.
        """
        import numpy as np  # noqa: PLC0415

        sets, places = self._told
        return np.array([of(told) for told in sets] or [0])[places]

    @cached_property
    def _told(self) -> tuple[list[frozenset[str]], Any]:
        """Every set of fields that is on the page, and which of them each row has."""
        import numpy as np  # noqa: PLC0415

        known: dict[tuple[str, ...], int] = {}
        places = [
            known.setdefault(
                names if all(keys.values()) else tuple(k for k in names if keys[k]),
                len(known),
            )
            for names, keys in zip(self.names, self.match_keys, strict=True)
        ]
        sets = [frozenset(self.fields.get(k, k) for k in keys) for keys in known]
        return sets, np.array(places, dtype=np.intp)

    @cached_property
    def match_keys(self) -> list[Mapping[str, Texts]]:
        return [c.match_keys for c in self.conversions]

    @cached_property
    def names(self) -> list[tuple[str, ...]]:
        """The names of each row's match keys; most rows have the same."""
        return list(map(tuple, self.match_keys))

    @cached_property
    def event_times(self) -> Any:  # noqa: ANN401
        """When the events happened, as pandas has it."""
        return instants(c.event_time for c in self.conversions)


def page(
    conversions: Sequence[Conversion], keys: Sequence[MatchKey], now: datetime
) -> ConversionPage:
    fields = {k.key: k.field for k in keys}
    clear = {k.key for k in keys if not k.hashed}
    return ConversionPage(conversions, fields, frozenset(fields) - clear, now)


def _not_hashed(page: ConversionPage) -> list[int]:
    """Count the texts of each row that should be hashes and are none."""
    if _all_hashed(page):
        return [0] * len(page.conversions)
    return [
        sum(
            not _SHA256.fullmatch(text)
            for key in page.hashed.intersection(keys)
            for text in _texts(keys[key])
        )
        for keys in page.match_keys
    ]


def _all_hashed(page: ConversionPage) -> bool:
    """Look at a page at once: seven hashes an order take long one by one."""
    some = {names: _some(page.hashed.intersection(names)) for names in set(page.names)}
    told = list[Texts]()
    for names, keys in zip(page.names, page.match_keys, strict=True):
        told += some[names](keys)
    try:
        # Most are one text; a tuple of some raises.
        lines = "\n".join(cast("list[str]", told)).encode("ascii")
    except TypeError:
        return all(_SHA256.fullmatch(text) for one in told for text in _texts(one))
    except UnicodeEncodeError:
        return False
    between = b"\n" * (len(told) - 1)
    # Lines of 64 characters that are digits: nothing else, and ends where they belong.
    return (
        len(lines) == max(0, len(told) * _LINE - 1)
        and lines[_LINE - 1 :: _LINE] == between
        and lines.translate(None, _DIGITS) == between
    )


def _some(names: Iterable[str]) -> Callable[[Mapping[str, Texts]], tuple[Texts, ...]]:
    """Make what picks these keys, twice as fast as a look at each."""
    chosen = tuple(names)
    if len(chosen) > 1:
        return itemgetter(*chosen)
    return lambda keys: tuple(keys[name] for name in chosen)


def _texts(told: Texts) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else told


def _page_urls_told(page: ConversionPage) -> list[bool | None]:
    sources = {c.source for c in page.conversions}
    web = {source for source in sources if source.lower() in _WEB}
    return [bool(c.page_url) if c.source in web else None for c in page.conversions]


def _text_column(name: str, says: str) -> Column[ConversionPage]:
    get = attrgetter(name)
    return Column(
        name, "text", says, lambda p: [text or None for text in map(get, p.conversions)]
    )


def _coverage(name: str) -> Column[ConversionPage]:
    return Column(
        f"has_{name}",
        "flag",
        f"whether `{name}` became a match key",
        lambda p: p.spread(lambda told: name in told),
    )


_SHA256 = pattern("[0-9a-f]{64}")
_DIGITS = b"0123456789abcdef"
_LINE = 64 + 1  # a hash and the line's end
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
        lambda p: p.event_times,
    ),
    Column(
        "hours_since_event",
        "number",
        "hours from the event to now; negative in the future",
        lambda p: hours_before(p.now, p.event_times),
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
        _page_urls_told,
    ),
    Column(
        "match_keys_count",
        "number",
        "match keys of any kind",
        lambda p: p.spread(len),
    ),
    Column(
        "match_keys_usable",
        "number",
        "match keys that can name one person",
        lambda p: p.spread(lambda told: len(told - VAGUE)),
    ),
    Column(
        "match_keys_not_hashed",
        "number",
        "match keys that must be SHA-256 and are not",
        _not_hashed,
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
        lambda p: p.spread(lambda told: not _CLICK_IDS.isdisjoint(told)),
    ),
    *(_coverage(name) for name in IDENTIFIERS),
)
