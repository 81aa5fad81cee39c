from collections.abc import Mapping
from pathlib import Path

import pytest

from capi_jobs.coverage import (
    SCORE_MAX,
    WEIGHTS,
    Coverage,
    SourceCoverage,
    points,
    weights_table,
)
from capi_jobs.model import Texts
from capi_jobs.platforms import NAMES, MatchKey, platform_named
from tests.validation.builders import MATCH_KEYS, SHA256, a_conversion

PAGE = Path(__file__).parents[1] / "docs" / "match-quality.md"


def test_conversions_are_counted_by_destination_and_source() -> None:
    coverage = Coverage(MATCH_KEYS)
    coverage.add([a_conversion(), a_conversion(source="app")])
    coverage.add([a_conversion(match_keys={"fbc": "x", "ct": ()}, dropped=("email",))])
    app, website = coverage.told()
    assert (app.source, app.conversions, dict(app.dropped)) == ("app", 1, {})
    assert (website.source, website.conversions) == ("website", 2)
    assert website.keys == {"email": 1, "city": 0, "user_agent": 0, "fbc": 1}
    assert website.dropped == {"email": 1}


def test_more_lists_of_keys_than_are_kept_apart_are_counted_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = [
        [a_conversion(match_keys={"em": SHA256}), a_conversion(dropped=("email",))],
        [a_conversion(match_keys={"fbc": "x", "ct": SHA256})],
        [a_conversion(match_keys={"em": SHA256}), a_conversion(source="app")],
    ]

    def counted() -> tuple[SourceCoverage, ...]:
        coverage = Coverage(MATCH_KEYS)
        for page in pages:
            coverage.add(page)
        return coverage.told()

    expected = counted()
    monkeypatch.setattr("capi_jobs.coverage.ALIKE_MAX", 1)

    assert expected == counted()
    assert {one.source: one.conversions for one in expected} == {"app": 1, "website": 4}


ALL = {"em": SHA256, "ct": SHA256, "client_user_agent": "x", "fbc": "x"}


@pytest.mark.parametrize(
    ("match_keys", "expected"),
    [
        (ALL, SCORE_MAX),
        ({}, 0.0),
        # 300 of email 300, city 10, user agent 25, click id 150
        ({"em": SHA256}, 6.2),
        ({"em": (SHA256, SHA256)}, 6.2),
    ],
    ids=["every_key", "no_key", "email", "two_emails"],
)
def test_the_forecast_is_a_share_of_what_is_possible(
    match_keys: Mapping[str, Texts], expected: float
) -> None:
    coverage = Coverage(MATCH_KEYS)
    coverage.add([a_conversion(match_keys=match_keys)])
    assert [one.forecast for one in coverage.told()] == [expected]


def test_the_forecast_is_the_mean_of_the_conversions() -> None:
    coverage = Coverage(MATCH_KEYS)
    coverage.add([a_conversion(match_keys=ALL), a_conversion(match_keys={})])
    assert [one.forecast for one in coverage.told()] == [5.0]


def test_of_a_group_one_is_as_good_as_several() -> None:
    assert points(["fbc", "fbclid"]) == points(["ttclid"]) == WEIGHTS["click_id"]


def test_a_platform_without_keys_has_no_forecast() -> None:
    coverage = Coverage([MatchKey("x", "unknown", "x", hashed=False)])
    coverage.add([a_conversion(match_keys={"x": "1"})])
    assert [(one.forecast, one.keys) for one in coverage.told()] == [
        (0.0, {"unknown": 1})
    ]


def test_weights_sum_to_a_thousand() -> None:
    assert sum(WEIGHTS.values()) == 1_000


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_every_platform_has_a_weight(name: str) -> None:
    keys = platform_named(name).match_keys
    assert not [key.field for key in keys if not points([key.field])]


def test_the_page_has_the_weights() -> None:
    assert weights_table() in PAGE.read_text("utf-8")
