"""What `verify` found: for the terminal, for programs, and for its exit code."""

from dataclasses import dataclass
from decimal import Decimal

from capi_jobs.arrival import Judged, Row, Verdict
from capi_jobs.config import Destination
from capi_jobs.errors import CredentialRefused
from capi_jobs.model import DataInterval
from capi_jobs.platforms.arrival import Trouble, Untold

_READINGS = {"receipt": "when it received them", "event_time": "when they happened"}


@dataclass(frozen=True, slots=True)
class Quality:
    """One figure of the platform's own, beside ours where we have one."""

    event_name: str
    metric: str
    ours: Decimal | None
    theirs: Decimal


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found of one destination."""

    destination: Destination
    judged: Judged | None = None
    # Where nothing was told of arrival, or of quality: why.
    untold: Untold | None = None
    quality: tuple[Quality, ...] = ()
    quality_untold: Untold | None = None
    # The platform's hours go by a reading that no setting gave: the one that fits.
    assumed: bool = False
    alarm: bool = False
    note: str = ""
    calls: int = 0

    @property
    def name(self) -> str:
        """The destination's name."""
        return self.destination.name

    @property
    def verdict(self) -> Verdict:
        """What can be said."""
        return self.judged.verdict if self.judged else Verdict.CANNOT_KNOW

    @property
    def stopped(self) -> CredentialRefused | None:
        """Say that its token was refused; the other destinations went on."""
        if self.untold is None or self.untold.trouble is not Trouble.CREDENTIAL:
            return None
        return CredentialRefused(f"{self.name}: {self.untold.why}", do=self.untold.do)

    @property
    def says(self) -> str:
        """The verdict in words."""
        if self.verdict is Verdict.SHORT and self.judged:
            return f"short by {self.judged.short:,}"
        return self.verdict.replace("_", " ")

    @property
    def why(self) -> str:
        """The reason, with what was assumed on the way."""
        if self.judged is None:
            return f"{self.untold.why}; {self.untold.do}" if self.untold else ""
        parts = [self.judged.why, self.note]
        if self.assumed and self.judged.due:
            word = _READINGS.get(self.judged.counted_by, "")
            parts.append(f"its hours fit {word} (arrival.counted_by is not set)")
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of all destinations that were asked about."""

    interval: DataInterval
    destinations: tuple[Verification, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a token was refused."""
        return any(one.stopped for one in self.destinations)

    @property
    def needs_person(self) -> bool:
        """Whether more than the tolerated share did not arrive somewhere."""
        return any(one.alarm for one in self.destinations)

    def as_json(self) -> dict[str, object]:
        """Write the stable JSON of `verify --json`."""
        return {
            "interval": {
                "start": self.interval.start.isoformat(),
                "end": self.interval.end.isoformat(),
            },
            "alarm": self.needs_person,
            "destinations": [_one_json(one) for one in self.destinations],
        }


def _one_json(one: Verification) -> dict[str, object]:
    judged = one.judged
    return {
        "name": one.name,
        "platform": one.destination.platform,
        "verdict": str(one.verdict),
        "why": one.why,
        "alarm": one.alarm,
        "trouble": str(one.untold.trouble) if one.untold else None,
        "counted_by": judged.counted_by or None if judged else None,
        "delivered": judged.delivered if judged else None,
        "due": judged.due if judged else None,
        "theirs": judged.theirs if judged else None,
        "short": judged.short if judged else 0,
        "rows": [_row_json(row) for row in judged.rows] if judged else [],
        "quality": [
            {
                "event_name": each.event_name,
                "metric": each.metric,
                "ours": None if each.ours is None else f"{each.ours:f}",
                "theirs": f"{each.theirs:f}",
            }
            for each in one.quality
        ],
        "quality_why": one.quality_untold.why if one.quality_untold else "",
    }


def _row_json(row: Row) -> dict[str, object]:
    return {
        "start": row.start.isoformat(),
        "end": row.end.isoformat(),
        "event_name": row.event_name,
        "delivered": row.delivered,
        "due": row.due,
        "certain": row.certain,
        "in_doubt": row.doubtful,
        "others": row.others,
        "theirs": row.theirs,
        "short": row.short,
        "verdict": str(row.verdict),
        "why": row.why,
    }
