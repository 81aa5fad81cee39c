"""Match quality tells forecasts beside platforms' scores, and what each key adds."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.coverage import WEIGHTS
from capi_jobs.ledger.values import Coverage
from capi_jobs.model import OrderClass
from tests.report.building import NOON, a_count, a_score, an_advice
from tests.web.views.looking import Looking, books, looking_into

PATH = "/quality"
HOSTILE = '"><img src=x onerror=alert(1)>'
LATER = timedelta(days=1)


@pytest.fixture
def page(tmp_path: Path) -> Looking:
    return looking_into(tmp_path)


@pytest.fixture
def nights(page: Looking, tmp_path: Path) -> Looking:
    """Two nights of a web shop, and what Meta said of the second."""
    with books(tmp_path) as shop:
        shop.coverage = [
            Coverage("website", "forecast", 200, 62, 0),
            Coverage("website", "ip", 200, 100, 0),
            Coverage("website", "email", 200, 150, 4),
        ]
        shop.assess(a_count(OrderClass.MISSING, 1))
        shop.run_id, shop.now = "r2", NOON + LATER
        shop.coverage = [
            Coverage("website", "forecast", 100, 71, 0),
            Coverage("website", "email", 100, 90, 0),
        ]
        shop.assess(a_count(OrderClass.MISSING, 1))
        shop.ledger.keep_readings(
            [
                a_score(destination="meta-web"),
                a_score(
                    destination="meta-web",
                    metric="coverage.email",
                    ours=Decimal(90),
                    theirs=Decimal(81),
                ),
            ]
        )
    page.clock.at = NOON + LATER
    return page


def of(page: Looking, name: str = "meta-web") -> Any:  # noqa: ANN401
    (told,) = page.json(f"{PATH}?destination={name}")["destinations"]
    return told


def test_before_the_first_run_the_formula_is_there_and_nothing_else(
    page: Looking,
) -> None:
    told = page.json(PATH)
    assert [one["name"] for one in told["destinations"]] == [
        "meta-web",
        "tiktok-web",
        "snapchat-web",
    ]
    assert {len(one["sources"]) for one in told["destinations"]} == {0}
    text = page.text(PATH)
    assert "No run has had a conversion to forecast yet." in text
    assert "capi-jobs verify</code> asks meta for its own score" in text
    assert "TikTok shows match quality in Events Manager only" in text


def test_forecasts_of_runs_make_a_line(nights: Looking) -> None:
    found = of(nights)
    assert [(one["run_id"], one["forecast"]) for one in found["forecasts"]] == [
        ("r1", 6.2),
        ("r2", 7.1),
    ]
    html = nights.html(PATH)
    assert (
        '<figure class="chart" role="img" aria-label="Match quality over time' in html
    )
    assert '<td class="n">7.1</td>' in html  # the same as a table


def test_the_platforms_score_stands_beside_the_forecast_of_then(
    nights: Looking,
) -> None:
    found = of(nights)
    assert found["scores"] == [
        {
            "day": NOON.date().isoformat(),
            "event_name": "Purchase",
            "forecast": "6.2",
            "score": "5.9",
        }
    ]
    assert found["figures"] == [
        {
            "event_name": "Purchase",
            "metric": "coverage.email",
            "ours": "90",
            "theirs": "81",
        }
    ]
    assert found["untold"] == ""


def test_keys_are_those_of_the_last_run_that_sent_the_weightiest_first(
    nights: Looking, tmp_path: Path
) -> None:
    (source,) = of(nights)["sources"]
    assert of(nights)["run_id"] == "r2"
    assert source == {
        "source": "website",
        "conversions": 100,
        "forecast": 7.1,
        "keys": [{"identifier": "email", "covered": 90, "dropped": 0, "points": 300}],
        "advice": None,
    }
    assert "90.0 %" in nights.text(PATH)


def test_the_one_change_that_would_help_most_is_said(
    page: Looking, tmp_path: Path
) -> None:
    advice = an_advice()
    with books(tmp_path) as shop:
        shop.coverage = [Coverage(advice.source, "forecast", 200, 62, 0)]
        shop.advice = [advice]
        shop.assess(a_count(OrderClass.MISSING, 1))

    told = of(page)["sources"][0]["advice"]
    assert (told["change"], told["says"]) == (advice.change, advice.says)
    assert (told["coverage"], told["coverage_after"]) == (advice.before, advice.after)
    assert advice.says[1:] in page.text(PATH)


def test_one_run_is_no_line(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        shop.coverage = [Coverage("website", "forecast", 200, 62, 0)]
        shop.assess(a_count(OrderClass.MISSING, 1))

    html = page.html(PATH)
    assert "One run is no trend yet" in html
    assert "<svg xmlns" not in html


def test_the_formula_is_the_one_that_is_used(page: Looking) -> None:
    told = page.json(PATH)["formula"]
    assert sum(line["points"] for line in told) == sum(WEIGHTS.values())
    clicks = next(line for line in told if "fbc" in line["keys"])
    assert (clicks["points"], "ttclid" in clicks["keys"]) == (150, True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?destination=tiktok-web", 200),
        ("?destination=", 200),
        ("?destination=nobodys", 404),
        ("?destination=" + "x" * 201, 422),
    ],
    ids=["one", "all", "unknown", "too long"],
)
def test_one_destination_may_be_asked_for(
    page: Looking, query: str, expected: int
) -> None:
    assert page.status(PATH + query) == (expected, expected)


def test_what_sources_and_events_are_called_is_hostile(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path) as shop:
        shop.coverage = [
            Coverage(HOSTILE, "forecast", 200, 62, 0),
            Coverage(HOSTILE, HOSTILE, 200, 62, 0),
        ]
        shop.assess(a_count(OrderClass.MISSING, 1))
        readings = [
            a_score(destination="meta-web", event_name=HOSTILE, start=NOON - day)
            for day in (LATER, LATER * 2)
        ]
        shop.ledger.keep_readings(readings)

    html = page.html(PATH)
    assert "<img" not in html
    assert of(page)["sources"][0]["source"] == HOSTILE
