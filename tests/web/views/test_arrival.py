"""Arrival tells ours beside theirs by hour, with the verdict and why."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.ledger.readings import Reading
from tests.report.building import NOON, a_score
from tests.web.views.looking import Looking, books, looking_into

PATH = "/arrival"
HOSTILE = "<b>Purchase</b>"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROMPT = '[destinations.arrival]\ndelay = "30m"\n'


def an_hour(start: datetime = NOON - 9 * HOUR, **changes: object) -> Reading:
    """200 events of an hour, all of which arrived."""
    told: dict[str, object] = {
        "destination": "meta-web",
        "metric": "events",
        "start": start,
        "end": start + HOUR,
        "ours": Decimal(200),
        "theirs": Decimal(200),
        "verdict": "arrived",
        **changes,
    }
    return a_score(**told)


LOST = {
    "theirs": Decimal(188),
    "short": 12,
    "verdict": "short",
    "why": "12 of 200 did not arrive",
}


@pytest.fixture
def page(tmp_path: Path) -> Looking:
    return looking_into(tmp_path)


def keep(folder: Path, *readings: Reading) -> None:
    with books(folder) as shop:
        shop.ledger.keep_readings(readings)


def of(page: Looking, query: str = "") -> Any:  # noqa: ANN401
    return page.json(f"{PATH}{query}")["destinations"][0]


def test_before_anything_was_asked_it_says_how_to_ask(page: Looking) -> None:
    told = of(page)
    assert (told["last"], told["hours"], told["untold"]) == (None, [], "")
    text = page.text(PATH)
    assert "capi-jobs verify --destination meta-web" in text
    # Not before the advertiser is named, and that nobody has to be asked.
    assert "Cannot know: TikTok tells counts to whoever names the advertiser" in text


def test_what_the_last_verify_found_is_said_first(
    page: Looking, tmp_path: Path
) -> None:
    before = an_hour(NOON - DAY, taken_at=NOON - DAY, **LOST)
    keep(tmp_path, before, an_hour())

    last = of(page)["last"]
    assert (last["verdict"], last["says"], last["alarm"]) == (
        "arrived",
        "arrived",
        False,
    )
    assert (last["ours"], last["theirs"]) == (200, 200)
    assert "200 delivered, 200 told of the same time" in page.text(PATH)


def test_hours_that_lost_some_say_how_many(page: Looking, tmp_path: Path) -> None:
    keep(tmp_path, an_hour(), an_hour(NOON - 8 * HOUR, **LOST))

    told = of(page)
    assert (told["last"]["says"], told["last"]["alarm"]) == ("short by 12", True)
    assert [(one["verdict"], one["short"]) for one in told["hours"]] == [
        ("short", 12),
        ("arrived", 0),
    ]
    assert [(one["ours"], one["theirs"]) for one in told["bars"]] == [
        (200, 200),
        (200, 188),
    ]
    text = page.text(PATH)
    assert "Short by 12: 12 of 400 did not arrive." in text
    assert "<svg xmlns" in text


def test_hours_of_others_alone_are_counted_apart(page: Looking, tmp_path: Path) -> None:
    keep(tmp_path, an_hour(), an_hour(NOON - 8 * HOUR, ours=Decimal(0)))

    told = of(page)
    assert (len(told["hours"]), told["others_only"]) == (1, 1)


def test_events_of_one_hour_are_one_bar_and_many_hours_are_days(
    page: Looking, tmp_path: Path
) -> None:
    keep(tmp_path, an_hour(), an_hour(event_name="Lead", ours=Decimal(5)))
    told = of(page)
    assert (told["by_day"], [one["ours"] for one in told["bars"]]) == (False, [205])

    keep(tmp_path, *(an_hour(NOON - n * HOUR) for n in range(10, 60)))
    told = of(page)
    assert (told["by_day"], len(told["hours"]), len(told["bars"])) == (True, 52, 3)


def test_weeks_are_turned_over_as_far_as_anything_is_kept(
    page: Looking, tmp_path: Path
) -> None:
    old = NOON - 30 * DAY
    keep(tmp_path, an_hour(), an_hour(old))

    told = page.json(PATH)
    assert (told["first_day"], told["last_day"]) == ("2026-11-15", "2026-11-21")
    assert (told["earlier"], told["later"]) == (old.date().isoformat(), None)
    earlier = page.json(f"{PATH}?until={told['earlier']}")
    assert [one["start"] for one in earlier["destinations"][0]["hours"]] == [
        old.isoformat().replace("+00:00", "Z")
    ]
    assert (earlier["earlier"], earlier["later"]) == (None, "2026-10-29")
    assert f"until={old.date()}" in page.html(f"{PATH}?destination=meta-web")


def test_what_an_interface_can_tell_is_said(tmp_path: Path) -> None:
    page = looking_into(tmp_path, platforms=("meta",), per_destination=PROMPT)
    assert of(page)["told"] == {
        "by_hours": 1,
        "rolling": False,
        "delay_hours": 0.5,
        "back_hours": 168,
        "browser_too": False,
    }
    assert "tells it after</dt><dd>30 minutes" in page.text(PATH)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?destination=nobodys", 404),
        ("?until=yesterday", 422),
        ("?until=0001-01-01", 422),
        ("?until=9999-12-31", 422),
        ("?until=2999-01-01&destination=", 200),
        ("?until=2000-01-01", 200),
    ],
)
def test_what_cannot_be_asked_is_refused(
    page: Looking, query: str, expected: int
) -> None:
    assert page.status(PATH + query) == (expected, expected)


def test_what_platforms_write_is_hostile(page: Looking, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"why": HOSTILE, "event_name": HOSTILE}
    keep(tmp_path, an_hour(verdict="cannot_know", **changes))

    html = page.html(PATH)
    assert HOSTILE not in html
    assert of(page)["hours"][0]["event_name"] == HOSTILE
