"""Valid entries and moments; a test overrides the one thing it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Claim
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import Entry, Receipt

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEASE = timedelta(minutes=2)
WINDOW = timedelta(hours=48)
TICK = timedelta(microseconds=1)
NOTHING = Receipt()


def an_entry(number: int = 1, **changes: object) -> Entry:
    """Order o1 with event e1, and so on."""
    entry = Entry(
        destination="meta",
        event_name="Purchase",
        event_id=f"e{number}",
        order_id=f"o{number}",
        event_time=NOON - timedelta(days=1) + timedelta(seconds=number),
        day=date(2026, 11, 19),
        value=Decimal("10.10"),
        currency="EUR",
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


def entries(*numbers: int) -> list[Entry]:
    return [an_entry(number) for number in numbers]


@dataclass
class Bench:
    """A ledger with a clock of its own and short words for its moves."""

    ledger: Ledger
    now: datetime = NOON

    def claim(self, *numbers: int, **changes: object) -> Claim:
        return self.claim_these(
            [an_entry(number, **changes) for number in numbers or (1,)]
        )

    def claim_these(self, wanted: Sequence[Entry], **more: str) -> Claim:
        return self.ledger.claim(
            wanted, run_id="r1", now=self.now, lease=LEASE, actor="test", **more
        )

    def settle(
        self, batch_id: str, event: Event, reason: str = "", **more: int
    ) -> None:
        self.ledger.settle(
            batch_id, event, Receipt(reason), now=self.now, actor="test", **more
        )

    def settle_each(
        self, batch_id: str, outcomes: dict[str, tuple[Event, str]]
    ) -> None:
        """Outcomes by event id, as (event, reason)."""
        told = {
            ("Purchase", event_id): (event, Receipt(reason))
            for event_id, (event, reason) in outcomes.items()
        }
        self.ledger.settle_each(batch_id, told, now=self.now, actor="test")

    def status(self, number: int = 1) -> Status | None:
        """Where order o<number> stands; None: missing."""
        return self.statuses().get(f"o{number}")

    def statuses(self) -> dict[str, Status]:
        return {row["order_id"]: row["status"] for row in self.ledger.entries()}

    def in_status(self, status: Status, *numbers: int) -> str:
        """Bring new entries into a status by legal moves; return their batch."""
        batch_id = self.claim(*numbers).batch_id
        for event in _WAYS[status]:
            if event is Event.CLAIMED:
                self.resend()
            else:
                self.settle(batch_id, event)
        return batch_id

    def resend(self) -> str:
        doubt = self.ledger.claim_in_doubt(
            "meta", now=self.now, lease=LEASE, dedup_window=WINDOW, actor="test"
        )
        assert doubt is not None
        return doubt.batch.batch_id


_WAYS = {
    Status.IN_FLIGHT: (),
    Status.IN_DOUBT: (Event.LOST,),
    Status.RESENDING: (Event.LOST, Event.CLAIMED),
    Status.DELIVERED: (Event.ACCEPTED,),
    Status.REJECTED: (Event.REFUSED,),
    Status.RELEASED: (Event.DEFERRED,),
}
