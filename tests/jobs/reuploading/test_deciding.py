from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from capi_jobs.jobs.reuploading.deciding import BARS, Facts, Sent, decide
from capi_jobs.jobs.reuploading.line import Line
from capi_jobs.jobs.reuploading.wish import CHOICES, Wish
from capi_jobs.lifecycle import Status
from capi_jobs.model import OrderClass
from capi_jobs.reconcile import AskedOrder

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
LEASE, WINDOW = timedelta(minutes=1), timedelta(hours=48)
TICK = timedelta(microseconds=1)
FACTS = Facts(
    destination="meta-web",
    now=NOW,
    lease=LEASE,
    dedup_window=WINDOW,
    in_doubt_attempts_max=20,
    proven=True,
    run_id="r9",
)
SENT = Sent(
    status=Status.DELIVERED,
    event_id="e1",
    first_sent_at=NOW - timedelta(hours=1),
    attempts=1,
    imported=False,
    run_id="r1",
)
KNOWN = {
    "delivered": Status.DELIVERED,
    "in_doubt": Status.IN_DOUBT,
    "in_flight": Status.IN_FLIGHT,
    "rejected": Status.REJECTED,
}


def told(
    was: str,
    *,
    facts: dict[str, Any] | None = None,
    sent: dict[str, Any] | None = None,
    bar: str = "",
    reason: str = "",
    repeated: bool = False,
    known: bool = True,
    **wish: Any,  # noqa: ANN401
) -> Line:
    """Decide about an order of this class; a test says what is special."""
    order = AskedOrder(
        order_id="o1",
        event_id="e1",
        order_class=OrderClass(was),
        reason=reason,
        day=date(2026, 11, 22),
        value=Decimal("9.90"),
        currency="EUR",
        bar=bar,
    )
    entry = None
    if known and was in KNOWN:
        entry = replace(SENT, status=KNOWN[was])
        entry = replace(entry, **(sent or {}))
    asked = Wish(destinations=("meta-web",), because="lost", **wish)
    return decide(
        order, entry, asked, replace(FACTS, **(facts or {})), repeated=repeated
    )


def fate(was: str, **more: Any) -> tuple[str, str, bool, bool]:  # noqa: ANN401
    line = told(was, **more)
    return str(line.action), line.reason, line.twice, line.needs_word


OLD = {"first_sent_at": NOW - WINDOW}
WORD = {"may_count_twice": True}


@pytest.mark.parametrize(
    ("was", "more", "expected"),
    [
        # Nobody sent it: that is what a re-upload is for.
        ("missing", {}, ("send", "missing", False, False)),
        ("missing", {"bar": "event_id_shared"}, ("refuse", "event_id_shared")),
        # Others may have sent everything.
        ("missing", {"facts": {"proven": False}}, ("refuse", "first_run", False, True)),
        (
            "missing",
            {"facts": {"proven": False}, **WORD},
            ("send", "first_run", True, False),
        ),
        ("delivered", {}, ("leave", "delivered")),
        # Inside the window it costs nothing, but it takes the word all the same.
        ("delivered", {"delivered": "again"}, ("refuse", "delivered", False, True)),
        ("delivered", {"delivered": "again", **WORD}, ("send_again", "delivered")),
        (
            "delivered",
            {"delivered": "again", "sent": OLD, **WORD},
            ("send_again", "delivered", True, False),
        ),
        # Under another id no window helps.
        (
            "delivered",
            {"delivered": "again", "sent": {"event_id": "e0"}, **WORD},
            ("send_again", "delivered", True, False),
        ),
        (
            "delivered",
            {"delivered": "again", "sent": {"imported": True}, **WORD},
            ("refuse", "imported"),
        ),
        (
            "delivered",
            {"delivered": "again", "sent": {"run_id": "r9"}, **WORD},
            ("leave", "done_by_this_run"),
        ),
        (
            "delivered",
            {"delivered": "again", "repeated": True, **WORD},
            ("leave", "done_by_this_run"),
        ),
        (
            "delivered",
            {"delivered": "again", "bar": "consent_denied", **WORD},
            ("refuse", "consent_denied"),
        ),
        (
            "delivered",
            {"delivered": "again", "known": False, **WORD},
            ("refuse", "unknown_entry"),
        ),
        # What others sent is theirs, whatever anybody says.
        ("seen_browser", WORD, ("refuse", "seen_browser")),
        ("seen_server", WORD, ("refuse", "seen_server")),
        # Inside the window delivery takes it up by itself, with the same id.
        ("in_doubt", {}, ("resend", "in_doubt")),
        ("in_doubt", {"in_doubt": "again"}, ("resend", "in_doubt")),
        ("in_doubt", {"in_doubt": "delivered"}, ("resolve", "in_doubt")),
        ("in_doubt", {"sent": OLD}, ("leave", "in_doubt")),
        (
            "in_doubt",
            {"sent": OLD, "in_doubt": "again"},
            ("refuse", "in_doubt", False, True),
        ),
        (
            "in_doubt",
            {"sent": OLD, "in_doubt": "again", **WORD},
            ("send_again", "in_doubt", True, False),
        ),
        # Called too often for delivery, but still recognised: it counts once.
        (
            "in_doubt",
            {"sent": {"attempts": 20}, "in_doubt": "again"},
            ("send_again", "in_doubt", False, False),
        ),
        # An unproven destination sends nothing without the word, this either.
        (
            "in_doubt",
            {"sent": {"attempts": 20}, "in_doubt": "again", "facts": {"proven": False}},
            ("refuse", "in_doubt", False, True),
        ),
        (
            "in_doubt",
            {"sent": {**OLD, "run_id": "r9"}, "in_doubt": "again", **WORD},
            ("leave", "done_by_this_run"),
        ),
        (
            "in_doubt",
            {"sent": {"status": Status.RESENDING}, "in_doubt": "delivered"},
            ("refuse", "in_flight"),
        ),
        # What died with this very run is taken up by it: never asked for anew.
        (
            "in_doubt",
            {"repeated": True, "in_doubt": "delivered"},
            ("resend", "in_doubt"),
        ),
        ("in_flight", {"repeated": True}, ("resend", "in_flight")),
        ("in_flight", {"sent": {"run_id": "r9"}}, ("resend", "in_flight")),
        (
            "in_doubt",
            {"sent": {"run_id": "r9", "status": Status.RESENDING}},
            ("resend", "in_flight"),
        ),
        (
            "in_flight",
            {"repeated": True, "facts": {"proven": False}},
            ("refuse", "in_flight"),
        ),
        # It never counted: no word is needed.
        ("rejected", {}, ("leave", "rejected")),
        ("rejected", {"rejected": "again"}, ("send_again", "rejected")),
        (
            "rejected",
            {"rejected": "again", "sent": {"run_id": "r9"}},
            ("leave", "done_by_this_run"),
        ),
        (
            "rejected",
            {"rejected": "again", "bar": "expired"},
            ("refuse", "expired"),
        ),
        ("held", {"reason": "value_negative"}, ("leave", "held")),
        (
            "held",
            {"reason": "value_negative", "held": "release"},
            ("release", "value_negative"),
        ),
        (
            "held",
            {"reason": "x", "held": "release", "bar": "order_id_ambiguous"},
            ("refuse", "order_id_ambiguous"),
        ),
        ("excluded", {"reason": "test", **WORD}, ("refuse", "test")),
        ("expired", WORD, ("refuse", "expired")),
        ("in_flight", WORD, ("refuse", "in_flight")),
    ],
)
def test_each_order_has_one_fate(
    was: str, more: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert fate(was, **more) == (*expected, False, False)[:4]


@pytest.mark.parametrize(
    ("first_sent_at", "recognised"),
    [
        (NOW - WINDOW + LEASE + TICK, True),
        # A call may leave at the end of its lease.
        (NOW - WINDOW + LEASE, False),
        # Then the clock went back, and nobody knows.
        (NOW + TICK, False),
        (None, False),
    ],
)
def test_a_copy_is_recognised_as_the_ledger_counts(
    first_sent_at: datetime | None, recognised: bool
) -> None:
    line = told(
        "delivered",
        delivered="again",
        may_count_twice=True,
        sent={"first_sent_at": first_sent_at},
    )

    assert line.twice is not recognised


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("was", OrderClass)
def test_without_the_word_nothing_goes_that_could_count_twice(
    was: OrderClass, name: str
) -> None:
    cases = product(CHOICES[name], ({}, OLD), (True, False))
    for choice, sent, proven in cases:
        wish: dict[str, Any] = {name: choice}

        line = told(was, sent=sent, facts={"proven": proven}, **wish)

        assert not line.twice, (was, choice)


def test_every_bar_and_class_has_words() -> None:
    reasons = [*BARS, "seen_browser", "in_flight", "expired"]

    assert [r for r in reasons if told("excluded", reason=r).why == r] == []


def test_a_line_has_stable_names() -> None:
    assert told("missing").as_json() == {
        "destination": "meta-web",
        "order_id": "o1",
        "class": "missing",
        "action": "send",
        "reason": "missing",
        "why": "nobody sent it yet",
        "value": "9.90",
        "currency": "EUR",
        "may_count_twice": False,
        "needs_word": False,
    }
