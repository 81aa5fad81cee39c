"""What every platform takes and writes: the same laws, and each one's cases.

What it reads is in test_answers.py; the cases stand in the data files.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.identity import FORMS
from capi_jobs.model import Conversion, Order
from capi_jobs.platforms import NAMES, Platform, Target, platform_named
from tests.platforms import cases
from tests.platforms.cases import TOKEN, Case, case_id

PLATFORMS = [platform_named(name) for name in NAMES]
each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)


# ── Cases ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", cases.cases("requests"), ids=case_id)
def test_a_request_is_written_as_expected(
    case: Case, golden: Callable[[Path, str], None]
) -> None:
    golden(case.golden(), cases.shown(case.call()))


def test_each_expected_request_has_its_case() -> None:
    expected = {case.golden() for case in cases.cases("requests")}
    assert expected == set((cases.HERE / "goldens").glob("*/*"))


@pytest.mark.parametrize("case", cases.cases("eligible"), ids=case_id)
def test_what_the_platform_would_refuse_is_found_here(case: Case) -> None:
    told = cases.conversion(case.platform, case.told.get("conversion", {}))
    fault = case.platform.eligible(told)
    assert case.told["rule"] == (fault.rule if fault else None)


# ── Laws of what it takes ───────────────────────────────────────────────────────


@each_platform
def test_every_source_has_an_age_and_a_looser_ceiling(platform: Platform) -> None:
    sources = {s for takes in platform.sources.values() for s in takes.values()}
    limits = platform.limits
    assert sources == limits.event_age_max.keys() == limits.event_age_ceiling.keys()
    for source, age in limits.event_age_max.items():
        assert timedelta(0) < age <= limits.event_age_ceiling[source]
    assert limits.dedup_window <= limits.dedup_window_ceiling


@each_platform
def test_every_number_has_its_reason_beside_it(platform: Platform) -> None:
    """A line of Limits with a number has a comment on it, or right before it."""
    text = inspect.getsource(sys.modules[type(platform).__module__])
    lines = text[text.index("_LIMITS =") :].partition("\n)\n")[0].splitlines()
    for before, line in pairwise(lines):
        if re.match(r"    \w+=.*\d", line):
            assert "#" in line or before.strip().startswith("#"), line


@each_platform
def test_its_version_is_known_and_the_newest(platform: Platform) -> None:
    assert platform.api_version == next(iter(platform.versions))
    assert platform.versions[platform.api_version] is None


@each_platform
def test_match_keys_name_known_fields_and_forms(platform: Platform) -> None:
    fields = set(Order.__dataclass_fields__)
    for key in platform.match_keys:
        assert key.field in fields
        assert key.form in FORMS
    names = [key.key for key in platform.match_keys]
    assert len(set(names)) == len(names)


@each_platform
def test_what_names_no_person_by_itself_is_never_hashed(platform: Platform) -> None:
    """IP, user agent, cookies, click and device ids are compared as they are."""
    plain = {"ip", "user_agent", "fbc", "fbp", "click_id", "madid"}
    person = {"email", "phone_digits", "phone_plus", "name", "name_compact"}
    hashed = {key.form for key in platform.match_keys if key.hashed}
    unhashed = {key.form for key in platform.match_keys if not key.hashed}
    assert not hashed & plain
    assert not unhashed & person


@each_platform
def test_an_alias_leads_to_a_name_that_is_no_alias(platform: Platform) -> None:
    for canonical in platform.aliases.values():
        assert canonical not in platform.aliases


@each_platform
def test_every_written_property_is_reserved_or_apart(platform: Platform) -> None:
    """A custom property never takes the place of one that the platform reads."""
    custom = dict.fromkeys(_properties(platform, {}), "mine")
    written = _properties(platform, custom)
    for name in custom:
        assert name in platform.reserved or "custom_fields" in written
        assert written[name] != "mine"


def _properties(platform: Platform, custom: dict[str, str]) -> dict[str, Any]:
    items = [{"sku": "S", "quantity": 2, "unit_price": "1.5"}]
    told = {"items": items, "custom": custom}
    event = json.loads(platform.event(cases.conversion(platform, told)))
    found: dict[str, Any] = event.get("custom_data") or event["properties"]
    return found


# ── Laws of what it writes ──────────────────────────────────────────────────────


@pytest.mark.parametrize("case", cases.cases("requests"), ids=case_id)
def test_overhead_is_what_a_body_has_beside_its_events(case: Case) -> None:
    events = [case.platform.event(c) for c in case.conversions()]
    overhead = case.platform.overhead(case.target(), TOKEN)
    commas = len(events) - 1
    assert overhead + sum(map(len, events)) + commas == len(case.call().body)


@each_platform
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_call_carries_all_events_in_order(platform: Platform, size: int) -> None:
    case = Case(platform, {"case": "many", "events": size})
    sent = [event["event_id"] for event in json.loads(case.call().body)["data"]]
    assert [c.event_id for c in case.conversions()] == sent


@pytest.mark.parametrize("case", cases.cases("requests"), ids=case_id)
def test_a_call_shows_no_secret_and_no_person(case: Case) -> None:
    call = case.call()
    seen = repr(call) + repr(case.target())
    assert TOKEN in call.url + str(call.headers) + call.body.decode() or (
        "access_token=TOKEN%261" in call.url
    )
    assert "TOKEN" not in seen
    assert "app_secret'" not in seen
    assert repr(call.body) not in seen


@pytest.mark.parametrize("case", cases.cases("requests"), ids=case_id)
def test_what_is_written_would_not_be_refused(case: Case) -> None:
    assert [None] * len(case.conversions()) == [
        case.platform.eligible(c) for c in case.conversions()
    ]


def with_value(platform: Platform, value: Decimal) -> Conversion:
    return replace(cases.conversion(platform, {}), value=value)


@each_platform
@given(value=st.decimals(min_value=0, max_value=10**14, places=3))
def test_money_arrives_exactly(platform: Platform, value: Decimal) -> None:
    event = platform.event(with_value(platform, value))
    read = json.loads(event, parse_float=Decimal, parse_int=Decimal)
    properties = read.get("custom_data") or read["properties"]
    assert value == properties["value"]
    assert f'"value":{value:f},'.encode() in event


@each_platform
@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "1E+400", "1E-400", "0E-400", "0." + "3" * 50]
)
def test_what_is_no_json_number_is_refused(platform: Platform, value: str) -> None:
    fault = platform.eligible(with_value(platform, Decimal(value)))
    assert fault is not None
    assert fault.rule == "value_not_a_number"


@each_platform
def test_a_negative_value_is_refused(platform: Platform) -> None:
    fault = platform.eligible(with_value(platform, Decimal("-0.01")))
    assert fault is not None
    assert fault.rule == "value_negative"


@each_platform
@pytest.mark.parametrize("field", ["order_id", "event_id", "page_url"])
def test_half_a_surrogate_pair_is_refused(platform: Platform, field: str) -> None:
    """JSON's UTF-8 cannot hold it, and orjson would raise in the middle of a page."""
    broken = cases.conversion(platform, {field: "https://shop.example/\ud800"})
    fault = platform.eligible(broken)
    assert fault is not None
    assert fault.rule == "text_not_unicode"


@each_platform
def test_the_target_without_secret_needs_none(platform: Platform) -> None:
    target = Target(account="1", base_url=platform.base_url, api_version="v1")
    call = platform.call([b"{}"], target, TOKEN)
    assert call.url.startswith(platform.base_url + "/")
    assert b"null" not in call.body


def test_tiktok_without_a_source_means_its_first() -> None:
    tiktok = platform_named("tiktok")
    target = Target(account="1", base_url=tiktok.base_url, api_version="v1.3")
    body = json.loads(tiktok.call([], target, TOKEN).body)
    assert next(iter(tiktok.sources)) == body["event_source"]
