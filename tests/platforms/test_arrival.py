"""What every read API is asked and tells: the same laws, and each one's cases.

The cases stand in <platform>_arrival.yaml; times there are of the question below.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.model import Answer, Call, DataInterval
from capi_jobs.platforms import NAMES, Target, platform_named
from capi_jobs.platforms.arrival import (
    Arrival,
    Asked,
    Figure,
    Inquiry,
    ReadApi,
    Told,
    Untold,
    a_count,
    a_number,
    read_api_of,
)
from tests.platforms.cases import HERE

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
DAY = ("2026-11-22T00:00Z", "2026-11-23T00:00Z")
TOKEN = "TOKEN&1"
Cases = Mapping[str, Any]


@cache
def data(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(
        (HERE / f"{name}_arrival.yaml").read_text("utf-8")
    )
    return read


@dataclass(frozen=True)
class Case:
    """One case of one platform."""

    platform: str
    told: Cases

    @property
    def api(self) -> ReadApi:
        return read_api_of(self.platform)

    def inquiry(self) -> Inquiry:
        start, end = (moment(text) for text in self.told.get("interval", DAY))
        asked = {**data(self.platform).get("inquiry", {})} | self.told.get(
            "inquiry", {}
        )
        if "inquiry" in self.told:
            asked = self.told["inquiry"]
        zone = self.told.get("zone") or asked.get("zone")
        platform = platform_named(self.platform)
        target = {
            "account": "1234567890",
            "base_url": platform.base_url,
            "api_version": platform.api_version,
            **data(self.platform).get("target", {}),
            **self.told.get("target", {}),
        }
        return Inquiry(
            target=Target(**target),
            token=TOKEN,
            interval=DataInterval(start, end),
            now=NOW,
            advertiser=asked.get("advertiser", ""),
            zone=ZoneInfo(zone) if zone else None,
        )

    def asked(self) -> Asked:
        """Return the question that the case's answer is of."""
        start, end = (moment(text) for text in DAY)
        url = f"https://graph.facebook.com/v26.0/1/stats?access_token={'TOKEN%261'}"
        return Asked(
            self.told.get("what", "stats"), Call("GET", url, {}, b""), start, end
        )

    def answer(self) -> Answer:
        body = str(self.told["body"]).encode()
        headers = self.told.get("headers", {})
        return Answer(int(self.told.get("status", 200)), headers, body)


def cases(section: str) -> list[Any]:
    return [
        pytest.param(Case(name, told), id=f"{name}-{told['case']}")
        for name in NAMES
        for told in data(name).get(section, [])
    ]


def moment(text: object) -> datetime:
    told = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def matches(expected: Sequence[Cases], found: Sequence[Asked]) -> None:
    """Compare what is told of each call; the rest of it is another case's."""
    assert [one["what"] for one in expected] == [one.what for one in found]
    for told, asked in zip(expected, found, strict=True):
        parts = urlsplit(asked.call.url)
        query = dict(parse_qsl(parts.query))
        assert asked.call.method == "GET"
        assert asked.call.body == b""
        assert told.get("query", {}).items() <= query.items()
        assert told.get("headers", {}).items() <= asked.call.headers.items()
        if "url" in told:
            assert told["url"] == f"{parts.scheme}://{parts.netloc}{parts.path}"
        if "start" in told:
            ends = (moment(told["start"]), moment(told["end"]))
            assert ends == (asked.start, asked.end)


def check_untold(case: Case, found: Told | Untold) -> None:
    assert isinstance(found, Untold)
    assert case.told["untold"] == f"{found.trouble}: {found.why}"
    if "wait" in case.told:
        assert found.wait == timedelta(seconds=case.told["wait"])


@pytest.mark.parametrize("case", cases("asks"))
def test_a_question_about_arrival_is_asked_as_documented(case: Case) -> None:
    found = case.api.arrival_calls(case.inquiry())

    if "untold" in case.told:
        check_untold(case, found)  # type: ignore[arg-type]
    else:
        assert not isinstance(found, Untold)
        matches(case.told["calls"], found)


@pytest.mark.parametrize("case", cases("quality_asks"))
def test_a_question_about_quality_is_asked_as_documented(case: Case) -> None:
    found = case.api.quality_calls(case.inquiry())

    if "untold" in case.told:
        check_untold(case, found)  # type: ignore[arg-type]
    else:
        assert not isinstance(found, Untold)
        matches(case.told["calls"], found)


@pytest.mark.parametrize("case", cases("answers"))
def test_an_answer_about_arrival_is_read_as_expected(case: Case) -> None:
    found = case.api.read_arrivals(case.asked(), case.answer(), case.inquiry())

    if "untold" in case.told:
        check_untold(case, found)
    else:
        assert isinstance(found, Told)
        assert case.told.get("arrivals", []) == [written(one) for one in found.arrivals]
        matches(case.told.get("following", []), found.following)


@pytest.mark.parametrize("case", cases("quality_answers"))
def test_an_answer_about_quality_is_read_as_expected(case: Case) -> None:
    found = case.api.read_quality(case.asked(), case.answer(), case.inquiry())

    if "untold" in case.told:
        check_untold(case, found)
    else:
        assert isinstance(found, Told)
        assert case.told["figures"] == [figure(one) for one in found.figures]


def written(one: Arrival) -> str:
    hours = int((one.end - one.start) / timedelta(hours=1))
    start = one.start.astimezone(UTC)
    return f"{start:%Y-%m-%dT%H:%MZ} {hours}h {one.event_name} {one.count}"


def figure(one: Figure) -> str:
    return f"{one.event_name} {one.metric} {one.value}"


# ── Laws ────────────────────────────────────────────────────────────────────────

each_platform = pytest.mark.parametrize("name", NAMES)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "paging",
                    "next",
                    "web",
                    "error",
                    "code",
                    "stats",
                    "live",
                    "list",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@each_platform
@given(
    body=anything.map(json.dumps) | st.text(max_size=50), status=st.integers(100, 599)
)
def test_no_answer_breaks_a_reader(name: str, body: str, status: int) -> None:
    case = Case(name, {"case": "any", "body": body, "status": status})
    for what in ("stats", "offline_event_uploads", "pixel/list", "pixel/event/stats"):
        asked = Case(name, {**case.told, "what": what}).asked()
        found = case.api.read_arrivals(asked, case.answer(), case.inquiry())
        assert isinstance(found, Told | Untold)
    found = case.api.read_quality(case.asked(), case.answer(), case.inquiry())
    assert isinstance(found, Told | Untold)


@each_platform
def test_no_question_shows_its_token(name: str) -> None:
    case = Case(name, {"case": "any", "interval": (DAY[0], "2026-11-23T12:30Z")})
    found = case.api.arrival_calls(case.inquiry())

    assert found
    assert "TOKEN" not in repr(found) + repr(case.inquiry())


@each_platform
def test_no_trouble_repeats_what_an_answer_says(name: str) -> None:
    for text in ('{"error":{"code":1,"message":"jane@shop"}}', "jane@shop"):
        case = Case(name, {"case": "any", "body": text, "status": 400})
        found = case.api.read_arrivals(case.asked(), case.answer(), case.inquiry())
        assert "jane" not in repr(found)


@each_platform
def test_each_platform_says_how_far_it_reaches(name: str) -> None:
    reach = read_api_of(name).reach

    assert timedelta(0) < reach.delay <= timedelta(days=1)
    assert timedelta(0) < reach.bucket <= reach.back


def test_an_unknown_platform_has_no_read_api() -> None:
    with pytest.raises(KeyError):
        read_api_of("myspace")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (12, 12), ("7", 7), (-1, None), (True, None), (1.0, None), ("x", None)],
)
def test_counts_are_whole_numbers(value: object, expected: int | None) -> None:
    assert a_count(value) == expected


@pytest.mark.parametrize(
    "value", [True, "6.2", None, 10**9, float("inf"), float("nan")]
)
def test_what_is_no_figure_is_none(value: object) -> None:
    assert a_number(value) is None
