"""Reconcile's classes as reasons for being nowhere."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capi_jobs.audit import GatedRun
from capi_jobs.model import DataInterval
from tests.audit.building import DAY, END, NOON, audit, event, found, one_class, order

ID = "DE-1001"


@pytest.mark.parametrize(
    ("order_class", "reason", "cause"),
    [
        ("missing", "", "never_fired"),
        ("expired", "", "expired"),
        ("held", "value_negative", "quarantined"),
        ("rejected", "", "rejected"),
        ("in_doubt", "", "in_doubt"),
        ("excluded", "consent_denied", "consent"),
        ("excluded", "consent_unknown", "consent"),
        ("excluded", "blocked", "blocked"),
    ],
)
def test_each_class_has_its_cause(order_class: str, reason: str, cause: str) -> None:
    classes = [one_class(**{"class": order_class, "reason": reason})]

    assert found([order()], classes=classes) == {f"missing/{cause}": {ID}}


@pytest.mark.parametrize(
    ("order_class", "reason"),
    [
        ("delivered", ""),
        ("seen_browser", ""),
        ("seen_server", ""),
        ("in_flight", ""),
        ("excluded", "status"),
        ("excluded", "test"),
        ("excluded", "channel"),
    ],
)
def test_what_is_counted_or_not_owed_is_not_missing(
    order_class: str, reason: str
) -> None:
    classes = [one_class(**{"class": order_class, "reason": reason})]

    assert found([order()], classes=classes) == {}


@pytest.mark.parametrize(
    "told", [event("de-1001"), event(event_name="PlaceAnOrder")], ids=["id", "name"]
)
def test_what_was_told_in_another_writing_is_not_nowhere(
    told: dict[str, str | None],
) -> None:
    classes = [one_class(**{"class": "missing"})]

    assert {
        kind.partition("/")[0] for kind in found([order()], [told], classes=classes)
    } == {"misaligned"}


def test_a_rejected_order_is_missing_whoever_else_told_of_it() -> None:
    classes = [one_class(**{"class": "rejected"})]

    assert found([order()], [event()], classes=classes) == {"missing/rejected": {ID}}


def test_rows_without_id_count_as_one_order_without_id() -> None:
    classes = [one_class(None, **{"class": "missing", "currency": ""})]

    assert found([order(None)], classes=classes) == {"missing/never_fired": {""}}


def test_the_rule_and_the_value_are_told() -> None:
    held = one_class(**{"class": "held", "reason": "value_negative", "value": "7.25"})
    with audit([order()], classes=[held]) as made:
        [finding] = made.findings()

    assert (finding.detail, finding.value) == ("value_negative", Decimal("7.25"))


HELD = GatedRun(interval=DAY, cause="run_held", word="r1 held by dora: a sale")
MISSING = one_class(**{"class": "missing"})


def test_an_order_whose_run_a_person_held_says_who_and_why() -> None:
    with audit([order()], classes=[MISSING], runs=(HELD,)) as made:
        [finding] = made.findings()

    told = (finding.cause, finding.order_id, finding.detail)
    assert told == ("run_held", ID, "r1 held by dora: a sale")


def test_what_expired_since_its_run_was_held_is_expired_and_says_so() -> None:
    expired = one_class(**{"class": "expired"})
    with audit([order()], classes=[expired], runs=(HELD,)) as made:
        [finding] = made.findings()

    assert (finding.cause, finding.detail) == ("expired", "r1 held by dora: a sale")


@pytest.mark.parametrize(
    ("runs", "cause"),
    [
        ((GatedRun(interval=DAY), HELD), "never_fired"),
        ((HELD, GatedRun(interval=DAY)), "run_held"),
        ((GatedRun(interval=DAY, cause="run_waiting"), HELD), "run_waiting"),
        # Each looked at one side of noon; the order is of noon itself.
        ((GatedRun(interval=DataInterval(DAY.start, NOON)), HELD), "run_held"),
        ((GatedRun(interval=DataInterval(NOON, END)), HELD), "never_fired"),
    ],
)
def test_the_last_run_that_could_send_an_order_says_why_it_did_not(
    runs: tuple[GatedRun, ...], cause: str
) -> None:
    assert found([order()], classes=[MISSING], runs=runs) == {f"missing/{cause}": {ID}}


def test_what_no_run_has_looked_at_was_never_fired() -> None:
    before = DataInterval(DAY.start - timedelta(days=1), DAY.start)
    runs = (GatedRun(interval=before, cause="run_held", word="r0"),)

    with audit([order()], classes=[MISSING], runs=runs) as made:
        [finding] = made.findings()

    assert (finding.cause, finding.detail) == ("never_fired", "")
