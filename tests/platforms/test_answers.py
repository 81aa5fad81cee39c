"""What every platform reads: the same laws, and each one's cases.

What it takes and writes is in test_platforms.py; the cases stand in the data files.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.errors import ConfigurationRefused, CredentialRefused, DestinationStopped
from capi_jobs.model import Accepted, Answer, Deferred, Lost
from capi_jobs.platforms import (
    NAMES,
    Platform,
    meta_answers,
    platform_named,
    snapchat_answers,
    tiktok_answers,
)
from tests.platforms import cases
from tests.platforms.cases import Case, case_id

PLATFORMS = [platform_named(name) for name in NAMES]
CODES: Mapping[str, set[str]] = {
    "meta": set(meta_answers.ANSWERS),
    "tiktok": set(tiktok_answers.ANSWERS),
    "snapchat": {str(status) for status in snapchat_answers.ANSWERS},
}

each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)


@pytest.mark.parametrize("case", cases.cases("answers"), ids=case_id)
def test_an_answer_is_read_as_expected(case: Case) -> None:
    if "raises" in case.told:
        with pytest.raises(DestinationStopped) as stop:
            case.platform.outcomes(case.conversions(), case.answer())
        assert case.told["raises"] == f"{stop.type.__name__}: {stop.value.what}"
        assert stop.value.do
    else:
        outcomes = case.platform.outcomes(case.conversions(), case.answer())
        assert case.told["expect"] == cases.told(outcomes)
    if "pressure" in case.told:
        assert case.told["pressure"] == case.platform.pressure(case.answer())


# Of a batch of three, none of which the answer names.
EXPECTED_OF_THREE = {
    "refused": r"3 × deferred refused with others \(.*\), batch refused",
    "split": r"3 × deferred .*, batch refused",
    "throttled": r"3 × deferred throttled: .*",
    "not_now": r"3 × deferred (?!throttled|refused).*(?<!batch refused)",
    "lost": r"3 × lost: .*",
}
EXPECTED_STOPS = {
    "credential": CredentialRefused,
    "configuration": ConfigurationRefused,
}


@pytest.mark.parametrize(("case", "meaning"), cases.codes(), ids=case_id)
def test_each_listed_code_means_what_it_must(case: Case, meaning: str) -> None:
    if meaning in EXPECTED_STOPS:
        with pytest.raises(EXPECTED_STOPS[meaning]) as stop:
            case.platform.outcomes(case.conversions(), case.answer())
        told = str(stop.value)
    else:
        outcomes = case.platform.outcomes(case.conversions(), case.answer())
        (told,) = cases.told(outcomes)
        assert re.fullmatch(EXPECTED_OF_THREE[meaning], told)
    assert str(case.told["case"]) in told
    assert "jane" not in told


@each_platform
def test_each_code_of_the_table_is_listed_in_the_data_file(platform: Platform) -> None:
    data = cases.data(platform.name)["codes"]
    listed = {code for codes in data for code in cases.listed(str(codes))}
    assert listed == CODES[platform.name]


# ── Answers that nobody would think of ──────────────────────────────────────────

# Names that the readers look for, so that nonsense gets past the first door.
known = st.sampled_from(
    "code error error_subcode error_data blame_field_specs is_transient message "
    "messages events_received fbtrace_id request_id status event reason errors codes "
    "call_count total_time estimated_time_to_regain_access data".split()
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-1, 5)
    | st.sampled_from([100, 190, 2804003, 10**19, -(10**25)])
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["VALID", "INVALID", "0", "data.1.event_time", "data[1][em]"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(known | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
bodies = st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode())
headers = st.dictionaries(
    st.sampled_from(["retry-after", "x-app-usage", "x-business-use-case-usage"]),
    st.text(max_size=12) | anything.map(json.dumps) | st.integers().map(str),
)
statuses = st.sampled_from([200, 200, 200, 202, 400, 401, 404, 408, 429, 500, 503])
PROOFS: dict[str, Callable[[dict[str, Any], int], bool]] = {
    "meta": lambda body, n: "error" not in body and body["events_received"] == n,
    "tiktok": lambda body, n: body["code"] == 0,
    "snapchat": lambda body, n: body["status"] == "VALID",
}


@each_platform
@given(status=statuses, headers=headers, body=bodies, size=st.integers(1, 4))
def test_no_answer_is_too_strange(
    platform: Platform, status: int, headers: dict[str, str], body: bytes, size: int
) -> None:
    """One outcome each, accepted on proof only, a stop, and never another error."""
    batch = Case(platform, {"events": size}).conversions()
    answer = Answer(status, headers, body)
    assert 0 <= platform.pressure(answer) <= 1
    try:
        outcomes = platform.outcomes(batch, answer)
    except DestinationStopped:
        return
    assert size == len(outcomes)
    if any(isinstance(outcome, Accepted) for outcome in outcomes):
        assert status == 200
        assert PROOFS[platform.name](json.loads(body), size)
    for outcome in outcomes:
        if isinstance(outcome, Deferred) and outcome.retry_after is not None:
            assert timedelta(0) <= outcome.retry_after <= timedelta(hours=1)


@each_platform
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"0", b"\xff\xfe", b"[" * 5000, b'{"error":[]}', b"9" * 5000],
    ids=["empty", "null", "list", "0", "not UTF-8", "deep", "odd error", "huge"],
)
def test_what_cannot_be_read_is_lost(platform: Platform, body: bytes) -> None:
    batch = Case(platform, {"events": 2}).conversions()
    outcomes = platform.outcomes(batch, Answer(200, {}, body))
    assert all(isinstance(outcome, Lost) for outcome in outcomes)
    assert len(outcomes) == 2


def test_usage_beyond_the_limit_is_full_pressure() -> None:
    answer = Answer(200, {"x-app-usage": '{"call_count":120}'}, b"")
    assert platform_named("meta").pressure(answer) == 1


@pytest.mark.parametrize("depth", [1, 900, 1_015])
def test_a_path_that_is_nested_deep_names_nobody(depth: int) -> None:
    """The refusal stands; an error of ours would leave the batch without an answer."""
    nested = "[" * depth + "]" * depth
    error = f'"code": 100, "error_data": {{"blame_field_specs": [["data", {nested}]]}}'
    answer = Answer(400, {}, f'{{"error": {{{error}}}}}'.encode())

    outcomes = meta_answers.outcomes(2, answer)

    assert [(type(o), o.batch_refused) for o in outcomes] == [(Deferred, True)] * 2  # type: ignore[union-attr]
