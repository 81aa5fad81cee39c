"""The one change that would help matching most, computed on a sample of the orders.

Each candidate setting is tried: the sample is converted again under it, and counted.
The points are `coverage.py`'s; nothing of an order leaves this room but counts.
"""

import heapq
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from capi_jobs.config import Destination
from capi_jobs.conversion import Converter
from capi_jobs.coverage import GROUPS, SCORE_MAX, Advice, points
from capi_jobs.identity import country_code
from capi_jobs.model import Conversion, Order
from capi_jobs.platforms import Platform, platform_named

# A share is then right to within three points of a hundred; a tenth of a second.
SAMPLE_MAX = 1_000
# More countries than these are no guess about a shop any more.
COUNTRIES_MAX = 5
# A setting is changed in a minute, a source of data is not: it need only help by half
# as much to be the one change.
_EASIER = 2


@dataclass(slots=True)
class Sample:
    """Some of the orders that can be sent: whichever, but the same on each run."""

    size: int = SAMPLE_MAX
    _kept: list[tuple[int, str, Order]] = field(default_factory=list, repr=False)

    def add(self, order: Order) -> None:
        """Keep an order if its number is among the smallest yet."""
        rank = -zlib.crc32(order.order_id.encode("utf-8", "surrogatepass"))
        if len(self._kept) < self.size:
            heapq.heappush(self._kept, (rank, order.order_id, order))
        elif rank > self._kept[0][0]:
            heapq.heapreplace(self._kept, (rank, order.order_id, order))

    def orders(self) -> list[Order]:
        """Return what was kept."""
        return [order for _, _, order in sorted(self._kept, key=lambda one: one[:2])]


def converter_of(destination: Destination) -> Converter:
    """Make what converts for a destination, as it is configured."""
    return Converter(
        platform_named(destination.platform),
        destination=destination.name,
        source=destination.effective_source,
        default_country=destination.default_country,
        event_names=destination.event_names,
        build_fbc=destination.build_fbc,
        account=destination.account,
    )


def advised(
    sample: Sample, destination: Destination, neighbours: Sequence[Destination]
) -> tuple[Advice, ...]:
    """Find the one change that helps most, for each source; none where none helps."""
    orders = sample.orders()
    now = _carried(orders, destination)
    settings = {
        text: _carried(orders, changed)
        for text, changed in _settings(orders, destination, neighbours)
    }
    found = []
    for source in sorted({one.source for one in now}):
        here = [i for i, one in enumerate(now) if one.source == source]
        base = [now[i] for i in here]
        tried = {text: [made[i] for i in here] for text, made in settings.items()}
        best = _best(base, tried, platform_named(destination.platform))
        if best is not None:
            found.append(replace(best, source=source))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Carried:
    """Which fields one conversion carries, and which were there but unusable."""

    source: str
    fields: frozenset[str]
    dropped: frozenset[str]


def _carried(orders: Sequence[Order], destination: Destination) -> list[_Carried]:
    converter = converter_of(destination)
    names = {
        key.key: key.field for key in platform_named(destination.platform).match_keys
    }
    made = converter.convert(orders, [order.order_id for order in orders])
    return [_fields(one, names) for one in made if isinstance(one, Conversion)]


def _fields(one: Conversion, names: Mapping[str, str]) -> _Carried:
    fields = frozenset(
        names.get(key, key) for key, value in one.match_keys.items() if value
    )
    return _Carried(one.source, fields, frozenset(one.dropped) - fields)


# ── Candidates ──────────────────────────────────────────────────────────────────


def _settings(
    orders: Sequence[Order], destination: Destination, neighbours: Sequence[Destination]
) -> Iterator[tuple[str, Destination]]:
    """Name the settings that may help, each with the destination as it would be."""
    for country in _countries(orders, destination, neighbours):
        changed = destination.model_copy(update={"default_country": country})
        yield f'default_country = "{country}"', changed
    if not destination.build_fbc:
        changed = destination.model_copy(update={"build_fbc": True})
        yield "build_fbc = true", changed


def _countries(
    orders: Sequence[Order], destination: Destination, neighbours: Sequence[Destination]
) -> list[str]:
    """Guess at home: where orders say they come from, what they are paid in."""
    seen = Counter[str]()
    for order in orders:
        told = order.country if isinstance(order.country, str) else None
        # The first two letters of a currency are its country, but for the euro.
        code = country_code(told) if told else country_code(order.currency[:2])
        if code:
            seen[code] += 1
    seen.update(
        one.default_country.upper() for one in neighbours if one.default_country
    )
    seen.pop((destination.default_country or "").upper(), None)
    return [country for country, _ in seen.most_common(COUNTRIES_MAX)]


# ── The best of them ────────────────────────────────────────────────────────────


def _best(
    base: Sequence[_Carried],
    tried: Mapping[str, Sequence[_Carried]],
    platform: Platform,
) -> Advice | None:
    settings = [_advice(base, made, text, platform) for text, made in tried.items()]
    mends = [
        _advice(base, _mended(base, name), f"mending {name}", platform)
        for name in sorted({name for one in base for name in one.dropped})
    ]
    setting = max(settings, key=_gain, default=None)
    mend = max(mends, key=_gain, default=None)
    if setting and (not mend or _gain(setting) * _EASIER >= _gain(mend)):
        best: Advice | None = setting
    else:
        best = mend
    if best and _gain(best) > 0:
        return best
    absent = [
        _advice(base, made, text, platform) for text, made in _absent(base, platform)
    ]
    found = max(absent, key=_gain, default=None)
    return found if found and _gain(found) > 0 else None


def _gain(advice: Advice) -> float:
    return advice.forecast_after - advice.forecast_before


def _mended(base: Sequence[_Carried], name: str) -> list[_Carried]:
    return [
        replace(one, fields=one.fields | {name}) if name in one.dropped else one
        for one in base
    ]


def _absent(
    base: Sequence[_Carried], platform: Platform
) -> Iterator[tuple[str, list[_Carried]]]:
    """Try what no order has at all: a column that is not mapped looks like this.

    Not clicks: no shop can have one of a buyer who came by no ad.
    """
    known = {name for one in base for name in one.fields | one.dropped}
    groups = {GROUPS.get(name, name) for name in known} | {"click_id"}
    for key in platform.match_keys:
        if GROUPS.get(key.field, key.field) in groups:
            continue
        with_it = [replace(one, fields=one.fields | {key.field}) for one in base]
        yield f"a column {key.field} with a value in every order", with_it


def _advice(
    base: Sequence[_Carried], made: Sequence[_Carried], change: str, platform: Platform
) -> Advice:
    size = len(base)
    before, after = _counts(base), _counts(made)
    names = sorted(before | after, key=lambda name: (before[name] - after[name], name))
    lifted = names[0] if names else ""
    gained = after[lifted] - before[lifted]
    given = before[lifted] + sum(lifted in one.dropped for one in base)
    unusable = any(lifted in one.dropped for one in base)
    return Advice(
        source="",
        change=change,
        identifier=lifted,
        affected=gained / given if unusable and given else 0.0,
        before=before[lifted] / size,
        after=after[lifted] / size,
        forecast_before=_forecast(base, platform),
        forecast_after=_forecast(made, platform),
        sampled=size,
    )


def _counts(made: Sequence[_Carried]) -> Counter[str]:
    return Counter(name for one in made for name in one.fields)


def _forecast(made: Sequence[_Carried], platform: Platform) -> float:
    """Apply the formula of docs/match-quality.md; unrounded, so that gains compare."""
    possible = points(key.field for key in platform.match_keys) * len(made)
    return SCORE_MAX * sum(points(one.fields) for one in made) / possible
