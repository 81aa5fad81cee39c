"""What a report holds: plain, frozen values; `gather.py` fills them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from capi_jobs.coverage import Advice
from capi_jobs.ledger.values import Run, Validation
from capi_jobs.model import OrderClass
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance

# Enough to find the pattern in the warehouse; a report is no export of orders.
SAMPLES_MAX = 20
# A day has a handful of runs; a week of nights and retries stays readable.
RUNS_MAX = 30
# Rules number some forty, platforms' codes some dozens: more is a flood of free text.
GROUPS_MAX = 50
# Three months of days of one event name.
SCORES_MAX = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A destination as the report needs it; the window says what is resent."""

    name: str
    platform: str
    dedup_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What a rule says is wrong, what to do about it, whom to ask."""

    says: str = ""
    do: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How one expectation fared in the latest run, and its words."""

    found: Validation
    words: RuleWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Orders that share a reason: held by a rule, in doubt, or rejected."""

    reason: str  # a rule, a platform's code or words; "" where nothing was said
    amount: Amount
    samples: tuple[str, ...]  # order ids, at most SAMPLES_MAX
    oldest: datetime | None  # first held, or first sent
    says: str
    do: tuple[str, ...]  # sentences, or commands to type
    # True: the next run sends these again by itself, nobody needs to act.
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class Groups:
    """At most GROUPS_MAX groups, the largest first; `left` orders are in others."""

    shown: tuple[Group, ...] = ()
    left: int = 0

    @property
    def orders(self) -> int:
        """All orders, those of groups that are not shown too."""
        return self.left + sum(group.amount.orders for group in self.shown)


@dataclass(frozen=True, slots=True)
class KeyCoverage:
    """How many conversions of a source carry one identifier."""

    identifier: str
    covered: int
    dropped: int


@dataclass(frozen=True, slots=True)
class SourceKeys:
    """Match keys of one source in the latest run, the weightiest first."""

    source: str
    conversions: int
    forecast: float | None  # 0 to 10; None: the run kept none
    keys: tuple[KeyCoverage, ...]
    advice: Advice | None = None  # the one change that would help most


@dataclass(frozen=True, slots=True)
class Score:
    """The platform's own match quality of one event on one day, beside our forecast."""

    day: date
    event_name: str
    forecast: Decimal | None
    score: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationReport:
    """Everything about one destination."""

    target: Target
    total: Balance
    days: tuple[Balance, ...]
    days_unseen: tuple[date, ...]  # no run has looked at these
    shown_run: str  # whose validation and match keys are told; "": none
    validation: tuple[RuleResult, ...]
    quarantine: Groups  # of all days
    in_doubt: Groups  # of all days
    rejected: Groups  # of all days
    coverage: tuple[SourceKeys, ...]
    scores: tuple[Score, ...]  # the newest first, at most SCORES_MAX
    asks: tuple[str, ...]  # runs whose gate waits for a person

    @property
    def needs_person(self) -> int:
        """Count the orders that wait for somebody's word."""
        doubts = sum(g.amount.orders for g in self.in_doubt.shown if not g.by_itself)
        return (
            self.quarantine.orders + doubts + self.in_doubt.left + self.rejected.orders
        )

    @property
    def closes(self) -> bool:
        """Whether every order stands in exactly one column, each day."""
        return all(day.closes for day in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is so now, for the days asked about."""

    generated_at: datetime
    timezone: str  # in which the days begin
    first_day: date
    last_day: date
    destinations: tuple[DestinationReport, ...]
    runs: tuple[Run, ...]  # the newest first

    @property
    def closes(self) -> bool:
        """Whether every balance closes."""
        return all(each.closes for each in self.destinations)


# What each column means, in the order in which they are shown everywhere.
CLASS_WORDS: Mapping[OrderClass, tuple[str, str]] = {
    OrderClass.DELIVERED: ("delivered", "the platform took them from capi-jobs"),
    OrderClass.SEEN_SERVER: ("seen from the server", "another sender sent them"),
    OrderClass.SEEN_BROWSER: ("seen from the browser", "the pixel sent them"),
    OrderClass.MISSING: ("missing", "owed: the next run sends them"),
    OrderClass.HELD: ("held", "a rule keeps them back: mend, release or block them"),
    OrderClass.EXCLUDED: ("excluded", "not to be sent: no sale, or no consent"),
    OrderClass.EXPIRED: ("expired", "older than the platform takes"),
    OrderClass.IN_DOUBT: ("in doubt", "sent, but the answer was lost"),
    OrderClass.REJECTED: ("rejected", "the platform will never take them as they are"),
    OrderClass.IN_FLIGHT: ("in flight", "being sent now"),
}

# What reconcile's reasons mean; a rule that holds has words of its own.
REASON_WORDS: Mapping[str, str] = {
    "outside_window": "a server copy would count twice by now",
    "other_event_id": "logged under an id that the order does not know",
    "event_id_shared": "several orders share one browser event",
    "status": "cancelled, refunded or unpaid",
    "test": "test orders",
    "consent_denied": "consent refused",
    "consent_unknown": "consent not told",
    "channel": "sold through another channel",
    "blocked": "a person said: never send",
}
