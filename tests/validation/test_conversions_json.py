"""Every rule of expectations/conversions.json has a conversion that it finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest

from capi_jobs.model import Conversion
from capi_jobs.validation import SuiteVerdict, Validator
from capi_jobs.validation.suites import shipped
from tests.validation.builders import NOW, SHA256, a_conversion

SUITE = orjson.loads((shipped() / "conversions.json").read_bytes())["expectations"]
SEVERITY = {one["meta"]["rule"]: one["severity"] for one in SUITE}
CASES: list[tuple[str, Conversion]] = [
    ("event_id_missing", a_conversion(event_id="")),
    ("event_id_has_control_characters", a_conversion(event_id="A\r1")),
    ("event_id_too_long", a_conversion(event_id="A" * 256)),
    ("event_name_missing", a_conversion(event_name="")),
    (
        "event_time_before_2000",
        a_conversion(event_time=datetime(1970, 1, 1, tzinfo=UTC)),
    ),
    ("event_time_in_future", a_conversion(event_time=NOW + timedelta(minutes=16))),
    ("value_out_of_range", a_conversion(value=Decimal("-0.01"))),
    ("value_out_of_range", a_conversion(value=Decimal(10) ** 400)),
    ("currency_missing", a_conversion(currency="")),
    ("currency_unknown", a_conversion(currency="eur")),
    ("source_missing", a_conversion(source="")),
    ("match_keys_missing", a_conversion(match_keys={})),
    (
        "match_keys_missing",
        a_conversion(match_keys={"ct": SHA256, "client_user_agent": "x"}),
    ),
    ("match_keys_not_hashed", a_conversion(match_keys={"em": "ann@shop.example"})),
    (
        "match_keys_not_hashed",
        a_conversion(match_keys={"em": (SHA256, SHA256.upper())}),
    ),
    ("page_url_missing", a_conversion(page_url=None)),
    ("identifiers_unusable", a_conversion(dropped=("phone",))),
]
COVERED = {
    *("email", "phone", "customer_id", "first_name", "last_name", "city", "zip"),
    *("country", "ip", "user_agent", "click_id"),
}


def rules(verdict: SuiteVerdict) -> set[str]:
    return {r.rule for r in verdict.results if r.failed and r.severity != "info"}


@pytest.fixture(scope="module")
def page(validator: Validator) -> SuiteVerdict:
    """Judge all cases in one page, as conversions come."""
    return validator.conversions([_own_id(i, c) for i, (_, c) in enumerate(CASES)])


def _own_id(place: int, conversion: Conversion) -> Conversion:
    event_id = conversion.event_id and f"{place}{conversion.event_id}"
    return replace(conversion, event_id=event_id)


@pytest.mark.parametrize("place", range(len(CASES)), ids=[rule for rule, _ in CASES])
def test_a_conversion_is_found_by_its_rule(page: SuiteVerdict, place: int) -> None:
    rule = CASES[place][0]
    critical = SEVERITY[rule] == "critical"
    assert ((rule,) if critical else None) == page.failures.get(place)
    assert critical or rule in rules(page)


def test_a_sound_conversion_breaks_no_rule(validator: Validator) -> None:
    assert set() == rules(validator.conversions([a_conversion()]))


def test_no_page_is_asked_of_a_sale_in_a_store(validator: Validator) -> None:
    sale = a_conversion(source="physical_store", page_url=None)
    assert set() == rules(validator.conversions([sale]))


def test_event_ids_are_unique_per_destination_and_event_name(
    validator: Validator,
) -> None:
    page = [
        a_conversion(),
        a_conversion(destination="tiktok"),
        a_conversion(event_name="Subscribe"),
        a_conversion(order_id="A-2"),
    ]
    expected = ("event_id_duplicate",)
    assert {0: expected, 3: expected} == validator.conversions(page).failures


def test_coverage_counts_each_identifier(validator: Validator) -> None:
    keys = {name: "x" for name in COVERED if name != "click_id"} | {"ttclid": "x"}
    some = a_conversion(match_keys=keys)
    none = a_conversion(event_id="B", match_keys={"madid": "x"})
    found = validator.conversions([some, none])
    expected = dict.fromkeys([f"coverage_{name}" for name in COVERED], (2, 1, "info"))
    assert expected == {
        r.rule: (r.evaluated, r.failed, r.severity)
        for r in found.results
        if r.rule.startswith("coverage_")
    }


def test_conversions_are_judged_by_their_platforms_keys(validator: Validator) -> None:
    """A validator serves every destination of a run."""
    clear = [a_conversion(match_keys={"em": "ann@shop.example", "fbp": "x"})]

    assert "match_keys_not_hashed" in validator.conversions(clear).failures[0]
    assert validator.conversions(clear, ()).results != (
        validator.conversions(clear).results
    )


def test_every_rule_has_a_case_here() -> None:
    told = {rule for rule, _ in CASES} | {f"coverage_{name}" for name in COVERED}
    assert {*told, "event_id_duplicate"} == set(SEVERITY)
