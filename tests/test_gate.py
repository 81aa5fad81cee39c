from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from capi_jobs.config import GateSettings
from capi_jobs.gate import (
    Assessment,
    Gate,
    GateLimits,
    PastAssessment,
    grown,
    judge,
    log_stopped,
)
from capi_jobs.validation import ExpectationResult

Changes = Mapping[str, object]

LIMITS = GateLimits()
USUAL = PastAssessment(
    days=1,
    source_orders=1_000,
    missing_orders=50,
    missing_value={"EUR": Decimal(5_000)},
)


def found(**changes: object) -> Assessment:
    told: dict[str, object] = {
        "destination": "meta",
        "days": 1,
        "source_orders": 1_000,
        "missing_orders": 50,
        "missing_value": {"EUR": Decimal(5_000)},
        "checked_rows": 50,
    }
    return Assessment(**(told | changes))  # type: ignore[arg-type]


def a_warning(**changes: object) -> ExpectationResult:
    told = ExpectationResult(
        suite="orders",
        rule="country_unknown",
        column="country_known",
        severity="warning",
        evaluated=200,
        failed=40,
        mostly=0.9,
        says="no country",
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def missing(orders: int, value: str = "5000", currency: str = "EUR") -> Changes:
    return {"missing_orders": orders, "missing_value": {currency: Decimal(value)}}


def bad(rows: int, of: int) -> Changes:
    return {"bad_rows": rows, "checked_rows": of}


FAR_ORDERS, FAR_VALUE = "missing_orders_far_from_usual", "missing_value_far_from_usual"
WARNING = "expectation:country_unknown"
# What was found beside a usual night → the rules that ask, with what is just within.
CASES: list[tuple[str, Changes, tuple[str, ...]]] = [
    ("usual", {}, ()),
    ("nothing_missing", missing(0, "0"), ()),
    ("bad_share", bad(51, of=1_000), ("bad_rows_share",)),
    ("bad_share_within", bad(50, of=1_000), ()),
    ("few_bad_rows", bad(19, of=19), ()),
    ("enough_bad_rows", bad(20, of=20), ("bad_rows_share",)),
    ("many_missing", missing(151), (FAR_ORDERS,)),
    ("many_missing_within", missing(150), ()),
    ("two_days", {**missing(300), "days": 2, "source_orders": 2_000}, ()),
    ("much_missing", missing(101, "15000.01"), (FAR_VALUE,)),
    ("much_missing_within", missing(101, "15000"), ()),
    ("dear_but_few", missing(100, "99999"), ()),
    ("new_currency", missing(101, "15001", "JPY"), (FAR_VALUE,)),
    ("new_currency_within", missing(101, "15000", "JPY"), ()),
    ("empty", {**missing(0, "0"), "source_orders": 0}, ("source_empty",)),
    ("shrunk", {"source_orders": 249}, ("source_shrunk",)),
    ("shrunk_within", {"source_orders": 250}, ()),
    ("shrunk_hour", {"source_orders": 1, "days": 1 / 24}, ()),
    ("warning", {"results": (a_warning(),)}, (WARNING,)),
    ("warning_within", {"results": (a_warning(evaluated=400),)}, ()),
    ("warning_of_few", {"results": (a_warning(failed=19, evaluated=19),)}, ()),
    ("info", {"results": (a_warning(severity="info"),)}, ()),
    ("held", {"results": (a_warning(severity="critical"),)}, ()),
]


def rules(gate: Gate) -> tuple[str, ...]:
    return tuple(reason.rule for reason in gate.reasons)


@pytest.mark.parametrize(
    ("changes", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_beside_usual_nights(changes: Changes, expected: tuple[str, ...]) -> None:
    gate = judge(found(**changes), [USUAL] * 7, ever_approved=True, limits=LIMITS)
    assert rules(gate) == expected
    assert gate.verdict == ("ask" if expected else "pass")


def test_a_first_run_asks() -> None:
    gate = judge(found(), [], ever_approved=False, limits=LIMITS)
    assert rules(gate) == ("first_run",)


def test_a_first_run_with_nothing_to_send_passes() -> None:
    nothing = found(missing_orders=0, missing_value={})
    gate = judge(nothing, [], ever_approved=False, limits=LIMITS)
    assert gate == Gate("pass")


def test_a_run_after_a_refused_one_is_still_the_first() -> None:
    refused = replace(USUAL, passed=False)
    gate = judge(found(), [refused], ever_approved=False, limits=LIMITS)
    assert rules(gate) == ("first_run",)


def test_a_destination_without_a_log_asks_until_a_run_was_approved() -> None:
    blind = found(has_sent_events=False)
    before = judge(blind, [USUAL], ever_approved=False, limits=LIMITS)
    after = judge(blind, [USUAL], ever_approved=True, limits=LIMITS)
    assert rules(before) == ("no_sent_events",)
    assert after.verdict == "pass"


def test_a_first_run_with_an_empty_source_asks() -> None:
    empty = found(source_orders=0, missing_orders=0)
    gate = judge(empty, [], ever_approved=False, limits=LIMITS)
    assert rules(gate) == ("source_empty",)


def test_a_source_that_was_empty_before_may_be_empty() -> None:
    empty = found(source_orders=0, missing_orders=0)
    past = [USUAL, replace(USUAL, source_orders=0)]
    assert judge(empty, past, ever_approved=True, limits=LIMITS).verdict == "pass"


def test_an_empty_source_that_nobody_approved_asks_again() -> None:
    empty = found(source_orders=0, missing_orders=0)
    past = [replace(USUAL, source_orders=0, passed=False)]
    gate = judge(empty, past, ever_approved=True, limits=LIMITS)
    assert rules(gate) == ("source_empty",)


def test_a_refused_run_is_not_what_is_usual() -> None:
    refused = replace(USUAL, missing_orders=900, passed=False)
    many = found(missing_orders=900)
    gate = judge(many, [refused, USUAL], ever_approved=True, limits=LIMITS)
    assert rules(gate) == ("missing_orders_far_from_usual",)


def test_only_the_last_runs_are_compared() -> None:
    old = replace(USUAL, missing_orders=900)
    past, many = [*[USUAL] * 7, old], found(missing_orders=900)
    asked = judge(many, past, ever_approved=True, limits=LIMITS)
    longer = replace(LIMITS, history_runs=8)
    passed = judge(many, past, ever_approved=True, limits=longer)
    assert (asked.verdict, passed.verdict) == ("ask", "pass")


def test_a_small_shop_may_shrink() -> None:
    small = replace(USUAL, source_orders=19)
    tiny = found(source_orders=1, missing_orders=0)
    assert judge(tiny, [small], ever_approved=True, limits=LIMITS).verdict == "pass"


@pytest.mark.parametrize(
    ("switch", "changes"),
    [
        ("ask_first_run", {}),
        ("ask_without_sent_events", {"has_sent_events": False}),
        ("ask_empty_source", {"source_orders": 0, "missing_orders": 0}),
    ],
)
def test_what_is_switched_off_does_not_ask(switch: str, changes: Changes) -> None:
    on = replace(
        LIMITS,
        ask_first_run=False,
        ask_without_sent_events=False,
        ask_empty_source=False,
    )
    asks = replace(on, **{switch: True})
    told = found(**changes)
    assert judge(told, [], ever_approved=False, limits=on).verdict == "pass"
    assert judge(told, [], ever_approved=False, limits=asks).verdict == "ask"


def test_the_configuration_has_the_same_limits() -> None:
    settings = GateSettings()
    told = {one.name: getattr(settings, one.name) for one in fields(GateLimits)}
    assert GateLimits(**told) == LIMITS
    assert set(GateSettings.model_fields) == set(told)


@pytest.mark.parametrize(
    ("count", "value", "expected"),
    [
        (10, {"EUR": Decimal(100)}, False),
        (9, {}, False),
        (11, {"EUR": Decimal(100)}, True),
        (10, {"EUR": Decimal("100.01")}, True),
        (10, {"EUR": Decimal(90), "USD": Decimal(1)}, True),
    ],
    ids=["same", "less", "more_orders", "more_value", "another_currency"],
)
def test_more_than_was_approved(
    count: int, value: Mapping[str, Decimal], expected: bool
) -> None:
    reason = grown(10, {"EUR": Decimal(100)}, count, value)
    assert (reason is not None) is expected


@pytest.mark.parametrize(
    ("shown", "now", "asks"),
    [
        pytest.param(0, 100, False, id="below the floor"),
        pytest.param(0, 101, True, id="nothing was due"),
        pytest.param(50, 150, False, id="three times as many"),
        pytest.param(50, 151, True, id="more than three times"),
        pytest.param(500, 0, False, id="fewer"),
    ],
)
def test_a_log_that_stopped_since_the_gate_passed(
    shown: int, now: int, *, asks: bool
) -> None:
    reason = log_stopped(shown, now, GateLimits())

    assert (reason is not None) is asks
    assert reason is None or reason.rule == "grown_since_assessment"


def test_few_missing_orders_never_ask_however_rare_they_are() -> None:
    rare = replace(USUAL, missing_orders=1, missing_value={"EUR": Decimal(1)})
    few = judge(found(**missing(100)), [rare], ever_approved=True, limits=LIMITS)
    many = judge(found(**missing(101)), [rare], ever_approved=True, limits=LIMITS)
    assert few.verdict == "pass"
    assert rules(many) == (FAR_ORDERS, FAR_VALUE)
