"""What becomes of one order at one destination, and why: pure, no I/O, no clock.

The rules about rows are asked afterwards, in `looking.py`; here only keys are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from capi_jobs.config.types import span_text
from capi_jobs.jobs.reuploading.line import Action, Line
from capi_jobs.jobs.reuploading.wish import AGAIN, DELIVERED, SKIP, Wish
from capi_jobs.lifecycle import Status
from capi_jobs.model import OrderClass, OwedAs
from capi_jobs.reconcile import AskedOrder

# Why not, in words; the rest of the reasons tell figures.
BARS: Mapping[str, str] = {
    "status": "its status is none that counts as completed",
    "test": "it is a test order",
    "consent_denied": "the customer has not consented",
    "consent_unknown": "nobody knows whether the customer has consented",
    "channel": "its channel is none of this destination's",
    "blocked": "a person said: never send it",
    "changed_meanwhile": "its amount has just changed; run this again",
    "seen_server": "another server sender sent it; sent again, it would count twice",
    "seen_browser": "the browser sent it; sent again, it would count twice",
    "expired": "it is older than the platform takes",
    "order_id_ambiguous": "several rows have this order id, and they differ",
    "event_id_shared": "another order has the same event id",
    "in_flight": "a call with it is on its way; run this again in a minute",
    "gone": "its row went away, or its time cannot be read or lies in the future",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What holds for all orders of a destination while they are decided."""

    destination: str
    now: datetime
    lease: timedelta
    dedup_window: timedelta
    in_doubt_attempts_max: int
    # Whether anything tells what others sent: a log, or a run that was let go.
    proven: bool
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the ledger has for an order that it knows."""

    status: Status
    event_id: str
    first_sent_at: datetime | None
    attempts: int
    imported: bool
    run_id: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Sent":
        """Read a row of the ledger's list."""
        return cls(
            status=row["status"],
            event_id=row["event_id"],
            first_sent_at=row["first_sent_at"],
            attempts=row["attempts"],
            imported=row["owed_as"] is OwedAs.IMPORTED,
            run_id=row["run_id"],
        )


def decide(
    order: AskedOrder, sent: Sent | None, wish: Wish, facts: Facts, *, repeated: bool
) -> Line:
    """Decide about one order. `repeated`: this very run made it missing before."""
    line = Line(
        destination=facts.destination,
        order_id=order.order_id,
        was=str(order.order_class),
        action=Action.REFUSE,
        reason=order.reason or str(order.order_class),
        why="",
        value=order.value,
        currency=order.currency,
    )
    mine = sent is not None and (repeated or sent.run_id == facts.run_id)
    case = _Case(line, order, sent, wish, facts, mine)
    if mine and sent and sent.status in _ANSWERED:
        return case.leave("done_by_this_run", _DONE[sent.status])
    decided = _CASES.get(order.order_class)
    return decided(case) if decided else case.refuse(line.reason)


@dataclass(frozen=True, slots=True)
class _Case:
    line: Line
    order: AskedOrder
    sent: Sent | None
    wish: Wish
    facts: Facts
    # This very run has sent it, or has made it missing so that it was sent.
    mine: bool

    # ── What can be said ────────────────────────────────────────────────────────

    def says(
        self, action: Action, reason: str, why: str, *, twice: bool = False
    ) -> Line:
        return replace(self.line, action=action, reason=reason, why=why, twice=twice)

    def leave(self, reason: str, why: str) -> Line:
        return self.says(Action.LEAVE, reason, why)

    def refuse(self, reason: str, why: str = "") -> Line:
        return self.says(Action.REFUSE, reason, why or BARS.get(reason, reason))

    def goes(self, action: Action, reason: str, why: str, *, twice: bool) -> Line:
        """Let it go, unless that takes a word which nobody gave."""
        if twice and not self.wish.may_count_twice:
            told = f"{why}; somebody must say that it may count twice"
            return replace(self.refuse(reason, told), needs_word=True)
        return self.says(action, reason, why, twice=twice)

    # ── What is known ───────────────────────────────────────────────────────────

    @property
    def recognised(self) -> bool:
        """Whether the platform still recognises a copy that leaves now."""
        sent, facts = self.sent, self.facts
        if sent is None or sent.first_sent_at is None:
            return False
        over = sent.first_sent_at + facts.dedup_window
        # As long as a call may take: the same test as the ledger's own.
        return sent.first_sent_at <= facts.now and over > facts.now + facts.lease

    @property
    def delivers(self) -> bool:
        """Whether this destination is delivered to at all."""
        return self.facts.proven or self.wish.may_count_twice

    @property
    def same_id(self) -> bool:
        return self.sent is not None and self.sent.event_id == self.order.event_id

    def first(self, action: Action, reason: str, why: str) -> Line:
        """It never counted by us; where nothing tells what others sent, it may have."""
        if self.facts.proven:
            return self.says(action, reason, why)
        others = (
            "no log covers this destination and no run of it was let go, so that others"
            " may have sent it"
        )
        return self.goes(action, "first_run", others, twice=True)

    # ── By class ────────────────────────────────────────────────────────────────

    def missing(self) -> Line:
        if self.order.bar:
            return self.refuse(self.order.bar)
        return self.first(Action.SEND, "missing", "nobody sent it yet")

    def held(self) -> Line:
        rule = self.order.reason
        if self.wish.held == SKIP:
            return self.leave("held", f"the rule {rule} holds it")
        if self.order.bar:
            return self.refuse(self.order.bar)
        return self.first(Action.RELEASE, rule, f"sent in spite of the rule {rule}")

    def delivered(self) -> Line:
        sent = self.sent
        if self.wish.delivered == SKIP:
            return self.leave("delivered", self._when())
        if sent is None:
            return self.refuse("unknown_entry", _BY_ANOTHER_ID)
        if sent.imported:
            told = "others sent it before capi-jobs, and it was imported"
            return self.refuse("imported", told)
        if self.order.bar:
            return self.refuse(self.order.bar)
        return self._again()

    def _again(self) -> Line:
        if not self.same_id:
            told = f"{self._when()}, under another event id: it counts again"
        elif self.recognised:
            told = (
                f"{self._when()}; the platform still recognises its event id and drops"
                " the copy, unless it lost the first"
            )
        else:
            window = span_text(self.facts.dedup_window)
            told = (
                f"{self._when()}; its event id is recognised for {window} only:"
                " it counts again"
            )
        if not self.wish.may_count_twice:
            return self.goes(Action.SEND_AGAIN, "delivered", told, twice=True)
        twice = not (self.same_id and self.recognised)
        return self.says(Action.SEND_AGAIN, "delivered", told, twice=twice)

    def in_doubt(self) -> Line:
        sent, wish = self.sent, self.wish
        if sent is None:
            return self.refuse("unknown_entry", _BY_ANOTHER_ID)
        if sent.status is Status.RESENDING:
            return self.in_flight()
        if wish.in_doubt == DELIVERED and not self.mine:
            told = f"{self._when()}; you looked, and it arrived"
            return self.says(Action.RESOLVE, "in_doubt", told)
        return self._doubtful(sent)

    def _doubtful(self, sent: Sent) -> Line:
        few = sent.attempts < self.facts.in_doubt_attempts_max
        if self.recognised and few and self.delivers:
            told = (
                f"{self._when()}, no answer came; the platform still recognises its"
                " event id: delivery sends it once more, and it counts once"
            )
            return self.says(Action.RESEND, "in_doubt", told)
        if self.mine:
            return self.leave("done_by_this_run", "sent by this re-upload, no answer")
        told = f"{self._when()}, no answer came; nobody knows whether it counted"
        if self.wish.in_doubt != AGAIN:
            return self.leave("in_doubt", told)
        if self.order.bar:
            return self.refuse(self.order.bar)
        once = self.same_id and self.recognised and self.facts.proven
        return self.goes(Action.SEND_AGAIN, "in_doubt", told, twice=not once)

    def in_flight(self) -> Line:
        """Its answer is awaited; a call of this run's was cut off with it."""
        if not (self.mine and self.delivers):
            return self.refuse("in_flight")
        told = "this re-upload was cut off in its call: awaited, then sent once more"
        return self.says(Action.RESEND, "in_flight", told)

    def rejected(self) -> Line:
        sent = self.sent
        if sent is None:
            return self.refuse("unknown_entry", _BY_ANOTHER_ID)
        if self.wish.rejected == SKIP:
            return self.leave(
                "rejected", "the platform refused it, and did not count it"
            )
        if self.order.bar:
            return self.refuse(self.order.bar)
        told = "the platform refused it, so it counts once"
        return self.first(Action.SEND_AGAIN, "rejected", told)

    def _when(self) -> str:
        at = self.sent and self.sent.first_sent_at
        return f"sent {at:%Y-%m-%d %H:%M} UTC" if at else "sent before"


_CASES = {
    OrderClass.MISSING: _Case.missing,
    OrderClass.HELD: _Case.held,
    OrderClass.DELIVERED: _Case.delivered,
    OrderClass.IN_DOUBT: _Case.in_doubt,
    OrderClass.IN_FLIGHT: _Case.in_flight,
    OrderClass.REJECTED: _Case.rejected,
}
_DONE = {
    Status.DELIVERED: "this re-upload has sent it already",
    Status.REJECTED: "the platform has refused it in this re-upload",
}
_ANSWERED = frozenset(_DONE)
_BY_ANOTHER_ID = (
    "the ledger knows it by its event id alone, in several entries, or as forgotten:"
    " see `capi-jobs ledger show`"
)
