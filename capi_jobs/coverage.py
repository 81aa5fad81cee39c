"""How many conversions have which match key, and a forecast of their match quality.

The formula is our own and stands in `docs/match-quality.md`; what a platform says
later comes from the platform. Dropped identifiers are counted here, not judged. What
one change would lift is computed in `preparation/advising.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from capi_jobs.model import Conversion
from capi_jobs.platforms import MatchKey

# Field of the order → what it stands for. Of a group, one is as good as several.
GROUPS: Mapping[str, str] = {
    **dict.fromkeys(("fbc", "fbclid", "ttclid", "sc_click_id", "madid"), "click_id"),
    **dict.fromkeys(("fbp", "ttp", "sc_cookie1"), "browser_id"),
}
# Points of a thousand. Our own choice: what names one person at a platform weighs
# most, what narrows a crowd down weighs little.
WEIGHTS: Mapping[str, int] = {
    "email": 300,
    "phone": 200,
    "click_id": 150,
    "customer_id": 100,
    "browser_id": 75,
    "ip": 50,
    "user_agent": 25,
    "last_name": 25,
    "zip": 20,
    "first_name": 15,
    "date_of_birth": 15,
    "city": 10,
    "country": 10,
    "state": 3,
    "gender": 2,
}
SCORE_MAX = 10.0
# The ledger keeps a source's forecast beside its identifiers, in tenths of a point.
FORECAST = "forecast"
# Lists of keys that are kept apart until they are summed up; a page adds a few dozen.
ALIKE_MAX = 4_096
# Destination, source, match keys, dropped fields.
_Alike = tuple[str, str, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCoverage:
    """What the conversions of one destination and source have; plain data."""

    destination: str
    source: str
    conversions: int
    keys: Mapping[str, int]  # order's field → conversions that have it
    dropped: Mapping[str, int]  # order's field → conversions where it was unusable
    forecast: float  # 0 to 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What one change would do for the conversions of one source; shares of them."""

    source: str
    change: str  # a setting with its value, or what to do about the data
    identifier: str  # the order's field that it lifts most
    affected: float  # of the values given, those that only this change makes usable
    before: float
    after: float
    forecast_before: float
    forecast_after: float
    sampled: int

    @property
    def says(self) -> str:
        """Say it in words and figures."""
        name = self.identifier.replace("_", " ")
        lacks = "lack a country code" if name == "phone" else "cannot be used"
        given = f"{self.affected:.0%} of {name} values {lacks}; "
        if not self.affected:
            given = f"{1 - self.before:.0%} of conversions have no {name}; "
        return (
            f"{given}{self.change} would lift {name} coverage from {self.before:.0%} to"
            f" {self.after:.0%}, and the forecast from {self.forecast_before:.1f} to"
            f" {self.forecast_after:.1f}"
        )


@dataclass(slots=True)
class _Counts:
    conversions: int = 0
    points: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


class Coverage:
    """Counts the conversions of one destination, page by page."""

    def __init__(self, match_keys: Sequence[MatchKey]) -> None:
        """Take the platform's own match keys: they say what 10 points would be."""
        self._fields = {key.key: key.field for key in match_keys}
        self._possible = points(self._fields.values())
        self._counts: dict[tuple[str, str], _Counts] = {}
        self._alike: Counter[_Alike] = Counter()

    def add(self, conversions: Iterable[Conversion]) -> None:
        for one in conversions:
            # Hundreds of thousands have the same keys: a page knows few such lists.
            alike = (one.destination, one.source, (*one.match_keys,), one.dropped)
            if not all(one.match_keys.values()):
                self._sum_up(alike, 1, {k for k, v in one.match_keys.items() if v})
                continue
            self._alike[alike] += 1
        if len(self._alike) > ALIKE_MAX:
            self._sum_up_all()

    def _sum_up_all(self) -> None:
        for alike, number in self._alike.items():
            self._sum_up(alike, number, set(alike[2]))
        self._alike.clear()

    def _sum_up(self, alike: _Alike, number: int, keys: AbstractSet[str]) -> None:
        destination, source, _, dropped = alike
        counts = self._counts.setdefault((destination, source), _Counts())
        told = {self._fields.get(key, key) for key in keys}
        counts.conversions += number
        counts.points += points(told) * number
        counts.keys.update(dict.fromkeys(told, number))
        counts.dropped.update(dict.fromkeys(dropped, number))

    def told(self) -> tuple[SourceCoverage, ...]:
        """Say what was counted, by destination and source; every key is listed."""
        self._sum_up_all()
        return tuple(
            SourceCoverage(
                destination=destination,
                source=source,
                conversions=counts.conversions,
                keys={f: counts.keys[f] for f in dict.fromkeys(self._fields.values())},
                dropped=dict(sorted(counts.dropped.items())),
                forecast=self._forecast(counts),
            )
            for (destination, source), counts in sorted(self._counts.items())
        )

    def _forecast(self, counts: _Counts) -> float:
        most = self._possible * counts.conversions
        return round(SCORE_MAX * counts.points / most, 1) if most else 0.0


def points(fields: Iterable[str]) -> int:
    """Sum the weights of what is there; each group counts once."""
    groups = {GROUPS.get(one, one) for one in fields}
    return sum(WEIGHTS.get(group, 0) for group in groups)


def weights_table() -> str:
    """Write the weights as a Markdown table, for docs/match-quality.md."""
    members: dict[str, list[str]] = {}
    for name, group in GROUPS.items():
        members.setdefault(group, []).append(name)
    rows = [
        f"| {', '.join(f'`{m}`' for m in members.get(group, [group]))} | {weight} |"
        for group, weight in WEIGHTS.items()
    ]
    return "\n".join(["| Key (any of) | Points |", "|---|---:|", *rows])
