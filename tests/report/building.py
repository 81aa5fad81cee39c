"""A ledger with a few days of a small shop in it, made by legal moves alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from capi_jobs.coverage import Advice
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import Reading
from capi_jobs.ledger.values import Assessment, Coverage, Gate, Validation
from capi_jobs.lifecycle import Event
from capi_jobs.model import (
    ClassCount,
    DataInterval,
    Entry,
    Hold,
    OrderClass,
    OwedAs,
    Receipt,
)

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(minutes=2)
TEN = Decimal("10.00")


def a_count(order_class: OrderClass, orders: int, **changes: object) -> ClassCount:
    """Orders worth ten euros each."""
    told: dict[str, object] = {
        "day": DAY,
        "currency": "EUR",
        "reason": "",
        "value": orders * TEN,
        **changes,
    }
    return ClassCount(order_class=order_class, orders=orders, **told)  # type: ignore[arg-type]


def an_entry(order_id: str, **changes: object) -> Entry:
    told: dict[str, object] = {
        "destination": "meta",
        "event_name": "Purchase",
        "event_id": f"e-{order_id}",
        "event_time": datetime(2026, 11, 20, 9, tzinfo=UTC),
        "day": DAY,
        "value": TEN,
        "currency": "EUR",
        **changes,
    }
    return Entry(order_id=order_id, **told)  # type: ignore[arg-type]


def a_score(**changes: object) -> Reading:
    """What the platform said of Purchase at noon."""
    midnight = NOON.replace(hour=0)
    told: dict[str, object] = {
        "destination": "meta",
        "metric": "match_quality",
        "event_name": "Purchase",
        "start": midnight,
        "end": midnight + timedelta(days=1),
        "ours": Decimal("6.2"),
        "theirs": Decimal("5.9"),
        "short": 0,
        "verdict": "",
        "why": "",
        "taken_at": NOON,
        **changes,
    }
    return Reading(**told)  # type: ignore[arg-type]


def a_hold(order_id: str, **changes: object) -> Hold:
    told: dict[str, object] = {
        "destination": "meta",
        "rule": "currency_unknown",
        "message": "the currency is none of ISO 4217",
        "day": DAY,
        "value": TEN,
        "currency": "EUR",
        **changes,
    }
    return Hold(order_id=order_id, **told)  # type: ignore[arg-type]


def a_validation(rule: str, **changes: object) -> Validation:
    told: dict[str, object] = {
        "suite": "orders",
        "column": "value",
        "severity": "critical",
        "evaluated": 100,
        "failed": 0,
        "share": 0.0,
        "samples": (),
        "passed": True,
        **changes,
    }
    return Validation(rule=rule, **told)  # type: ignore[arg-type]


def an_advice(**changes: object) -> Advice:
    told: dict[str, object] = {
        "source": "website",
        "change": 'default_country = "GB"',
        "identifier": "phone",
        "affected": 0.38,
        "before": 0.51,
        "after": 0.89,
        "forecast_before": 6.2,
        "forecast_after": 6.9,
        "sampled": 4,
        **changes,
    }
    return Advice(**told)  # type: ignore[arg-type]


@dataclass
class Shop:
    """A ledger with a clock of its own; `days` are whole days up to DAY."""

    ledger: Ledger
    now: datetime = NOON
    destination: str = "meta"
    run_id: str = "r1"
    validations: Sequence[Validation] = ()
    coverage: Sequence[Coverage] = ()
    advice: Sequence[Advice] = ()
    gate: Gate = Gate.PASS
    gate_reasons: Sequence[str] = ()
    _started: set[str] = field(default_factory=set)

    def assess(self, *counts: ClassCount, first: date = DAY, last: date = DAY) -> None:
        """Let a run count; what the ledger holds now is its baseline."""
        interval = DataInterval(
            datetime.combine(first, datetime.min.time(), UTC),
            datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=1),
        )
        if self.run_id not in self._started:
            self._started.add(self.run_id)
            self.ledger.start_run(
                self.run_id,
                kind="run",
                interval=interval,
                destinations=[self.destination],
                actor="nightly",
                now=self.now,
            )
        self.ledger.record_assessment(
            self.run_id,
            self.destination,
            Assessment(
                interval=interval,
                gate=self.gate,
                gate_reasons=self.gate_reasons,
                counts=counts,
                baselines=self.ledger.live_counts(self.destination),
                validations=self.validations,
                coverage=self.coverage,
                advice=self.advice,
                days=(first, last),
            ),
            now=self.now,
        )

    def send(
        self,
        event: Event | None,
        *order_ids: str,
        reason: str = "",
        **changes: object,
    ) -> str:
        """Claim these orders, and settle their batch if an event is given."""
        changes = {"destination": self.destination, **changes}
        claim = self.ledger.claim(
            [an_entry(order_id, **changes) for order_id in order_ids],
            run_id=self.run_id,
            now=self.now,
            lease=LEASE,
            actor="test",
        )
        if event is not None:
            self.settle(claim.batch_id, event, reason)
        return claim.batch_id

    def settle(self, batch_id: str, event: Event, reason: str = "") -> None:
        self.ledger.settle(batch_id, event, Receipt(reason), now=self.now, actor="test")

    def enrich(self, *order_ids: str) -> str:
        return self.send(Event.ACCEPTED, *order_ids, owed_as=OwedAs.ENRICHMENT)

    def hold(self, *order_ids: str, **changes: object) -> None:
        changes = {"destination": self.destination, **changes}
        holds = [a_hold(order_id, **changes) for order_id in order_ids]
        self.ledger.record_holds(holds, run_id=self.run_id, now=self.now)
