"""Answers made to mislead: real ones that were cut, doubled, nested, blown up.

What an honest answer means is in test_answers.py and test_arrival.py.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capi_jobs.errors import DestinationStopped
from capi_jobs.model import Accepted, Answer, Lost
from capi_jobs.platforms import NAMES, platform_named
from capi_jobs.platforms.arrival import Told, Untold
from tests.platforms import cases
from tests.platforms.cases import Case
from tests.platforms.test_arrival import Case as ArrivalCase
from tests.platforms.test_arrival import cases as arrival_cases

SIZE = 2
# What each platform says when it took two events.
YES: Mapping[str, bytes] = {
    "meta": b'{"events_received":2,"messages":[],"fbtrace_id":"A1"}',
    "tiktok": b'{"code":0,"message":"OK","request_id":"1","data":{}}',
    "snapchat": b'{"status":"VALID","reason":"Events have been processed."}',
}
# No, then yes: most parsers take the last.
BOTH: Mapping[str, bytes] = {
    "meta": b'{"events_received":1,"events_received":2}',
    "tiktok": b'{"code":40002,"code":0}',
    "snapchat": b'{"status":"INVALID","status":"VALID"}',
}
REAL = [
    str(case.told["body"]).encode()
    for case in cases.cases("answers")
    if "body" in case.told
] + list(YES.values())
REAL_ARRIVALS = [
    str(param.values[0].told["body"]).encode()
    for section in ("answers", "quality_answers")
    for param in arrival_cases(section)
]
HUGE: list[object] = [
    10**30,
    -(10**30),
    2**63,
    1e308,
    -0.0,
    True,
    None,
    "",
    [],
    {},
    "0",
    0.0,
]
NOISE = [b"NaN", b"Infinity", b"1e999", b"\xff", b"\x00", b"[" * 2000, b"9" * 5000]


@st.composite
def spoiled(draw: st.DrawFn, real: list[bytes]) -> bytes:
    """One real answer, with something in it that is not real."""
    body = draw(st.sampled_from(real))
    how = draw(st.sampled_from(["cut", "noise", "value", "name twice", "as it is"]))
    at = draw(st.integers(0, len(body)))
    if how == "cut":
        return body[:at]
    if how == "noise":
        return body[:at] + draw(st.sampled_from(NOISE)) + body[at:]
    told = _parsed(body)
    if how == "as it is" or not isinstance(told, dict) or not told:
        return body
    name = draw(st.sampled_from(sorted(told)))
    value = draw(st.sampled_from(HUGE))
    if how == "value":
        return json.dumps({**told, name: value}).encode()
    return b"{" + json.dumps({name: value}).encode()[1:-1] + b"," + body.lstrip()[1:]


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - whatever it holds
    try:
        return json.loads(body)
    except ValueError:
        return None


def names_twice(body: bytes) -> bool:
    """Whether an object of it tells a name twice; written apart from the reader."""
    found: list[bool] = []

    def hook(pairs: list[tuple[str, object]]) -> None:
        found.append(len({name for name, _ in pairs}) != len(pairs))

    json.loads(body, object_pairs_hook=hook)
    return any(found)


PROOF: Mapping[str, Callable[[Any], bool]] = {
    "meta": lambda told: told["events_received"] == SIZE and "error" not in told,
    "tiktok": lambda told: told["code"] == 0,
    "snapchat": lambda told: told["status"] == "VALID",
}
any_headers = st.dictionaries(
    st.sampled_from(["retry-after", "x-app-usage", "x-business-use-case-usage"])
    | st.text(max_size=10),
    st.text(max_size=30)
    | st.sampled_from(
        ["9" * 5000, "-1", "1e9", "{" * 3000, '{"1":[{"call_count":9e99}]}']
    ),
    max_size=3,
)
statuses = st.sampled_from([200, 400, 503]) | st.integers(100, 999)
each_platform = pytest.mark.parametrize("name", NAMES)


@each_platform
@given(status=statuses, headers=any_headers, body=spoiled(REAL))
def test_nothing_is_taken_for_success_that_is_not_proven(
    name: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    platform = platform_named(name)
    batch = Case(platform, {"events": SIZE}).conversions()
    answer = Answer(status, headers, body)
    assert 0 <= platform.pressure(answer) <= 1
    try:
        outcomes = platform.outcomes(batch, answer)
    except DestinationStopped:
        return
    assert len(outcomes) == SIZE
    if any(isinstance(outcome, Accepted) for outcome in outcomes):
        assert status == 200
        assert not names_twice(body)
        assert PROOF[name](json.loads(body))


@each_platform
def test_of_an_answer_only_all_of_it_is_proof(name: str) -> None:
    """Cut anywhere, doubled, or under another status, it proves nothing."""
    platform, body = platform_named(name), YES[name]
    batch = Case(platform, {"events": SIZE}).conversions()

    def read(status: int, told: bytes) -> set[type]:
        return {type(one) for one in platform.outcomes(batch, Answer(status, {}, told))}

    assert read(200, body) == {Accepted}
    assert all(read(200, body[:at]) == {Lost} for at in range(len(body)))
    assert read(200, body + body) == {Lost}
    assert read(200, b"[" + body + b"]") == {Lost}
    assert read(200, json.dumps(body.decode()).encode()) == {Lost}
    for status in (*range(201, 400), 500, 502, 503):
        assert read(status, body) == {Lost}
    assert read(200, BOTH[name]) == {Lost}


@given(body=spoiled(REAL_ARRIVALS) | st.binary(max_size=40), status=statuses)
@example(body=b"[" * 100_000, status=200)
@example(body=b'{"data":' + b"9" * 5000 + b"}", status=200)
@each_platform
def test_no_spoiled_answer_breaks_a_reader(name: str, body: bytes, status: int) -> None:
    case = ArrivalCase(name, {"case": "any"})
    answer = Answer(status, {"retry-after": "9" * 5000}, body)
    for what in ("stats", "offline_event_uploads", "pixel/list", "pixel/event/stats"):
        asked = ArrivalCase(name, {"case": "any", "what": what}).asked()
        found = case.api.read_arrivals(asked, answer, case.inquiry())
        assert isinstance(found, Told | Untold)
    found = case.api.read_quality(case.asked(), answer, case.inquiry())
    assert isinstance(found, Told | Untold)


@each_platform
@given(body=spoiled(REAL), status=statuses)
def test_no_answer_breaks_a_probe(name: str, body: bytes, status: int) -> None:
    try:
        told = platform_named(name).probed(Answer(status, {}, body))
    except DestinationStopped:
        return
    assert isinstance(told, str)
