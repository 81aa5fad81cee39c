"""A report tells what stands in a real ledger."""

from datetime import date, timedelta
from decimal import Decimal

from capi_jobs.ledger.values import Coverage, Decision, Gate
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass
from capi_jobs.report.contents import DestinationReport, RuleWords, Target
from capi_jobs.report.gather import gather
from tests.report.building import DAY, LEASE, NOON, Shop, a_count, a_score, a_validation

WINDOW = timedelta(hours=48)
LATER = timedelta(days=1)


def told(shop: Shop, **changes: object) -> DestinationReport:
    report = gather(
        shop.ledger,
        [Target("meta", "meta", WINDOW)],
        DAY,
        DAY,
        now=shop.now,
        words={"currency_unknown": RuleWords("it is no currency", "mend it", "sales")},
        **changes,  # type: ignore[arg-type]
    )
    return report.destinations[0]


def test_a_ledger_where_nothing_happened_gives_an_empty_report(shop: Shop) -> None:
    found = told(shop)
    assert found.days == ()
    assert found.days_unseen == (DAY,)
    assert found.shown_run == ""
    assert found.closes


def test_what_was_sent_since_the_run_counted_is_in_the_balance(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 3))
    shop.send(Event.ACCEPTED, "o1", "o2")
    found = told(shop)
    assert found.total[OrderClass.DELIVERED].orders == 2
    assert found.total.recovered.values == {"EUR": Decimal("20.00")}
    assert found.total[OrderClass.MISSING].orders == 1
    assert found.closes


def test_days_without_a_run_are_named(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.DELIVERED, 1))
    report = gather(
        shop.ledger, [Target("meta", "meta")], DAY - LATER, DAY, now=shop.now
    )
    assert report.destinations[0].days_unseen == (DAY - LATER,)


def test_undated_orders_have_a_line_of_their_own_and_may_be_held(shop: Shop) -> None:
    undated = a_count(OrderClass.MISSING, 2, day=None, value=Decimal(0))
    shop.assess(a_count(OrderClass.MISSING, 1), undated)
    shop.hold("u1", rule="completed_at_missing", day=None, value=None)
    found = told(shop)
    assert [day.day for day in found.days] == [DAY, None]
    assert found.days[1][OrderClass.HELD].orders == 1
    assert found.days[1][OrderClass.MISSING].orders == 1
    assert found.closes


def test_a_day_that_no_run_looked_at_is_no_fault_although_the_ledger_has_entries(
    shop: Shop,
) -> None:
    shop.send(Event.ACCEPTED, "o1", day=DAY - LATER)
    shop.assess(a_count(OrderClass.MISSING, 1))
    report = gather(
        shop.ledger, [Target("meta", "meta")], DAY - LATER, DAY, now=shop.now
    )
    assert report.closes


def test_entries_of_a_later_run_that_was_never_assessed_are_a_fault(
    shop: Shop,
) -> None:
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.send(Event.ACCEPTED, "o1", "o2")
    found = told(shop)
    assert not found.closes
    assert [
        (fault.destination, fault.day, fault.run_id, fault.orders)
        for fault in found.total.faults
    ] == [("meta", DAY, "r1", -1)]


def test_the_quarantine_is_told_by_rule_with_words_and_commands(shop: Shop) -> None:
    shop.hold("o1", "o2")
    shop.hold("o3", rule="items_not_json", message="the items are no JSON")
    first, second = told(shop).quarantine.shown
    assert (first.reason, first.says) == ("currency_unknown", "it is no currency")
    assert first.do[0] == "Mend it."
    assert "--rule currency_unknown" in first.do[1]
    assert [line for line in second.do if "release" in line] == []
    assert 'block --destination meta --because "…" -- o3' in second.do[1]
    assert second.says == "the items are no JSON"
    assert told(shop).needs_person == 3


def test_in_doubt_waits_for_the_resend_inside_the_window_then_for_a_person(
    shop: Shop,
) -> None:
    shop.send(Event.LOST, "o1", reason="timed out")
    (group,) = told(shop).in_doubt.shown
    assert (group.by_itself, group.reason) == (True, "timed out")
    assert told(shop).needs_person == 0
    shop.now += WINDOW
    (group,) = told(shop).in_doubt.shown
    assert not group.by_itself
    assert "ledger resolve" in group.do[1]
    assert told(shop).needs_person == 1


def test_what_is_being_sent_again_is_in_doubt_still(shop: Shop) -> None:
    shop.send(Event.LOST, "o1")
    shop.ledger.claim_in_doubt(
        "meta", now=shop.now, lease=LEASE, dedup_window=WINDOW, actor="test"
    )
    (group,) = told(shop).in_doubt.shown
    assert group.by_itself


def test_rejected_orders_are_told_in_the_platforms_words(shop: Shop) -> None:
    shop.send(Event.REFUSED, "o1", reason="100: no customer data")
    (group,) = told(shop).rejected.shown
    assert (group.reason, group.samples) == ("100: no customer data", ("o1",))
    assert "ledger requeue" in group.do[1]


def test_validation_and_match_keys_are_those_of_the_shown_run(shop: Shop) -> None:
    shop.validations = [a_validation("currency_unknown", failed=2)]
    shop.coverage = [
        Coverage("website", "forecast", 200, 62, 0),
        Coverage("website", "city", 200, 100, 0),
        Coverage("website", "email", 200, 150, 4),
    ]
    shop.assess(a_count(OrderClass.MISSING, 1))
    found = told(shop)
    assert [(each.found.rule, each.words.says) for each in found.validation] == [
        ("currency_unknown", "it is no currency")
    ]
    (source,) = found.coverage
    assert (source.conversions, source.forecast) == (200, 6.2)
    assert [key.identifier for key in source.keys] == ["email", "city"]


def test_the_platforms_own_scores_are_told_newest_first(shop: Shop) -> None:
    before = NOON - timedelta(days=1)
    shop.ledger.keep_readings(
        [
            a_score(start=before, ours=None),
            a_score(),
            a_score(metric="events"),
            a_score(destination="tiktok"),
        ]
    )

    assert [(one.day, one.forecast, one.score) for one in told(shop).scores] == [
        (NOON.date(), Decimal("6.2"), Decimal("5.9")),
        (before.date(), None, Decimal("5.9")),
    ]


def test_a_run_with_nothing_to_send_does_not_hide_what_the_one_before_saw(
    shop: Shop,
) -> None:
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.run_id, shop.now = "r2", shop.now + LATER
    shop.coverage = [Coverage("website", "email", 4, 3, 0)]
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.run_id, shop.now, shop.coverage = "r3", shop.now + LATER, []
    shop.assess()
    assert told(shop).shown_run == "r2"


def test_a_gate_that_asks_names_its_run_until_somebody_answers(shop: Shop) -> None:
    shop.gate = Gate.ASK
    shop.assess(a_count(OrderClass.MISSING, 1))
    assert told(shop).asks == ("r1",)
    shop.ledger.decide(
        "r1", None, Decision.APPROVED, actor="ana", reason="looked", now=NOON
    )
    assert told(shop).asks == ()


def test_one_destination_is_not_told_of_another(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.hold("o1")
    report = gather(
        shop.ledger,
        [Target("tiktok", "tiktok")],
        DAY,
        date(2026, 11, 20),
        now=shop.now,
    )
    (other,) = report.destinations
    assert (other.days, other.needs_person) == ((), 0)
