"""What the ledger hands out beside the nouns of `model`: frozen, no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from capi_jobs.coverage import Advice
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import Batch, ClassCount, DataInterval, Entry, Receipt

# A person's words about an order; the rule "*" is any.
RELEASE, BLOCK, ANY_RULE = "release", "block", "*"

# Event name and event id: what tells entries of one batch apart.
EventKey = tuple[str, str]
# What became of one event.
Settlement = tuple[Event, Receipt]


def key_of(entry: Entry) -> EventKey:
    """Return what tells this entry from the others of its batch."""
    return entry.event_name, entry.event_id


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry that was not claimed, and what the ledger has for it."""

    entry: Entry
    order_id: str  # as the ledger knows it; another order may have used the event id
    status: Status


@dataclass(frozen=True, slots=True)
class Claim:
    """What may be sent now; false where nothing was kept, then batch_id is empty."""

    batch_id: str
    entries: tuple[Entry, ...]
    dropped: tuple[Dropped, ...] = ()
    # Which call of these events it is: tells a late answer from one to a later call.
    attempts: int = 1

    def __bool__(self) -> bool:
        return bool(self.entries)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A batch in doubt that was claimed to be sent once more, with the same ids."""

    batch: Batch
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: entries whose lease was over, by destination."""

    entries: Mapping[str, int]
    batch_ids: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.batch_ids)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person's move did: how many orders, in which batches they are now."""

    orders: int
    batch_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many entries were new, and how many the ledger had already."""

    new: int
    known: int


class HoldEnd(StrEnum):
    """How a hold ended."""

    MENDED = "mended"
    RELEASED = "released"
    BLOCKED = "blocked"
    GONE = "gone"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A hold as it is kept."""

    destination: str
    order_id: str
    rule: str
    rules: tuple[str, ...]
    message: str
    day: date | None
    value: Decimal | None
    currency: str
    run_first_seen: str
    run_last_seen: str
    first_seen_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    ended_how: HoldEnd | None


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word about one order: "release" in spite of a rule, or "block"."""

    destination: str
    order_id: str
    decision: str
    rule: str  # "*": whatever the rule
    actor: str
    reason: str
    at: datetime


class RunStatus(StrEnum):
    """Where a run, or one destination of it, stands."""

    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    INTERRUPTED = "interrupted"


def worst(statuses: Iterable[RunStatus]) -> RunStatus:
    """Return the status that a person should see first; done, where there is none."""
    return min(statuses, key=_RANKED.index, default=RunStatus.DONE)


_RANKED = (
    RunStatus.FAILED,
    RunStatus.INTERRUPTED,
    RunStatus.RUNNING,
    RunStatus.WAITING,
    RunStatus.HELD,
    RunStatus.DONE,
)


class Gate(StrEnum):
    """What the assessment said."""

    PASS = "pass"  # noqa: S105 - a verdict
    ASK = "ask"


class Decision(StrEnum):
    """What a data owner answered."""

    APPROVED = "approved"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class LedgerCount:
    """So many entries of one status, or open holds of one rule, of one day."""

    day: date | None
    currency: str
    kind: str  # "entries" or "holds"
    name: str  # a status, or a rule
    owed_as: str  # "" for holds
    orders: int
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The result of one expectation; redacted by who made it."""

    suite: str
    rule: str
    column: str
    severity: str
    evaluated: int
    failed: int
    share: float
    samples: tuple[str, ...]  # order ids
    passed: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many orders of one source carry one identifier; dropped: unusable ones."""

    source: str
    identifier: str
    orders: int
    covered: int
    dropped: int


@dataclass(frozen=True, slots=True)
class SliceDue:
    """A part of the time that was looked at, and what is due in it."""

    interval: DataInterval
    orders: int
    values: Mapping[str, Decimal]  # by currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What was found for one destination of a run, before anything is sent."""

    interval: DataInterval
    gate: Gate
    gate_reasons: Sequence[str | Mapping[str, object]] = ()
    counts: Sequence[ClassCount] = ()
    # What the ledger held of these days: count the very keys that were reconciled.
    baselines: Sequence[LedgerCount] = ()
    validations: Sequence[Validation] = ()
    coverage: Sequence[Coverage] = ()
    advice: Sequence[Advice] = ()  # by source
    # First and last day whose balance these counts tell; None: that of the counts.
    days: tuple[date, date] | None = None
    # What would be sent: orders, and value by currency; None: all that is missing.
    due: tuple[int, Mapping[str, Decimal]] | None = None
    # Parts that are delivered by themselves; none, where the whole is sent at once.
    slices: Sequence[SliceDue] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDestination:
    """One destination of a run: what was found, decided and done."""

    run_id: str
    destination: str
    interval: DataInterval
    status: RunStatus
    note: str
    assessed_at: datetime | None
    gate: Gate | None
    gate_reasons: tuple[str | Mapping[str, object], ...]
    missing_count: int | None
    missing_values: Mapping[str, Decimal]
    decision: Decision | None
    decided_by: str | None
    decided_reason: str | None
    decided_at: datetime | None
    approved_count: int | None
    approved_values: Mapping[str, Decimal]
    started_at: datetime | None
    finished_at: datetime | None
    requests: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One slice of a run's destination: what was due, and what became of it."""

    run_id: str
    destination: str
    number: int  # from 0
    due: SliceDue
    status: RunStatus  # waiting: not begun yet
    note: str
    requests: int
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run and its destinations."""

    run_id: str
    kind: str
    interval: DataInterval
    started_at: datetime
    finished_at: datetime | None
    actor: str
    status: RunStatus
    note: str
    asked: str | None = None  # digest of what a person asked for
    destinations: Mapping[str, RunDestination] = field(default_factory=dict)
