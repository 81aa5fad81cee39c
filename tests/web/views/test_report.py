"""The report in the browser: of days and of a run, in the words of the command."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from capi_jobs.report.sentences import day_name
from capi_jobs.web.page import API
from tests.shop import PERSONAL, PLATFORMS, TOKEN, Shop
from tests.web.conftest import Visit

NAMED = '<span class="place-name">{}</span>'.format


@pytest.fixture
def get(told: Shop, visit: Visit) -> Callable[..., Any]:
    client: TestClient = visit(told)

    def asked(path: str, **params: str) -> Any:  # noqa: ANN401 - a response
        return client.get(path, params=params)

    return asked


def _run_id(shop: Shop) -> str:
    return str(shop.capi("report", "--json").json["runs"][0]["run_id"])


def test_the_report_of_a_run_tells_the_days_it_looked_at_and_its_destinations(
    told: Shop, get: Callable[..., Any]
) -> None:
    answer = get(f"/report/{_run_id(told)}")
    assert answer.status_code == 200
    assert NAMED("meta-web") in answer.text
    assert NAMED("tiktok-web") not in answer.text
    first, last = told.days.split("..")
    looked_back = date.fromisoformat(first) - timedelta(days=3)
    assert re.search(rf"{_day(looked_back.isoformat())}.*{_day(last)}", answer.text)


def _day(iso: str) -> str:
    return re.escape(day_name(date.fromisoformat(iso)))


def test_the_last_weeks_can_be_told_of_some(
    told: Shop, get: Callable[..., Any]
) -> None:
    every = get("/report").text
    some = get("/report", destination="tiktok-web", interval=told.days).text
    assert [NAMED(f"{name}-web") in every for name in PLATFORMS] == [True, True, True]
    assert [NAMED(f"{name}-web") in some for name in PLATFORMS] == [False, True, False]


def test_programs_get_what_the_command_tells(
    told: Shop, get: Callable[..., Any]
) -> None:
    typed = told.capi("report", "--json", "-d", "meta-web").json
    read = get(f"{API}/report", destination="meta-web").json()
    of_run = get(f"{API}/report/{_run_id(told)}").json()
    assert (typed | {"generated_at": ""}) == (read | {"generated_at": ""})
    assert [one["name"] for one in of_run["destinations"]] == ["meta-web"]


def test_the_page_may_have_its_style_and_load_nothing(get: Callable[..., Any]) -> None:
    answer = get("/report")
    assert not [word for word in (*PERSONAL, TOKEN) if word in answer.text]
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", "style-src 'unsafe-inline'"]
    assert not [one for one in policy if one.startswith("script-src")]
    assert {"form-action 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert answer.headers["cache-control"] == "no-store"
    # A page of the frame keeps the frame's own, which allows no style inside.
    assert "unsafe-inline" not in get("/").headers["content-security-policy"]


@pytest.mark.parametrize("api", ["", API])
@pytest.mark.parametrize(
    ("path", "asked", "status", "said"),
    [
        ("/report/latest", {}, 404, "no run of that name"),
        ("/report/<b>x", {}, 404, "no run of that name"),
        ("/report", {"destination": "<b>nobody"}, 400, "no such destination"),
        ("/report", {"interval": "someday"}, 400, "the interval cannot be read"),
        ("/report", {"interval": "2020-01-01..2026-01-01"}, 400, "more than 400 days"),
        (f"/report/{'x' * 201}", {}, 422, "at most 200 characters"),
    ],
)
def test_what_cannot_be_told_is_said(
    get: Callable[..., Any],
    api: str,
    path: str,
    asked: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = get(api + path, **asked)
    told = answer.text.lower()
    assert (answer.status_code, said in told) == (status, True), told
    assert api or "<b>" not in answer.text


def test_before_the_first_run_the_report_says_so_and_makes_no_ledger(
    new: Shop, visit: Visit
) -> None:
    answer = visit(new).get("/report")
    assert (answer.status_code, "no run yet" in answer.text) == (200, True)
    assert not (new.folder / "ledger.db").exists()


def test_a_broken_configuration_is_told_and_the_server_goes_on(
    new: Shop, visit: Visit
) -> None:
    client, good = visit(new), new.config.read_text()
    new.config.write_text("[gate]\n<script> = 1")
    answer = client.get(f"{API}/report")
    assert (answer.status_code, "is not TOML" in answer.text) == (503, True)
    assert "<script>" not in json.dumps(answer.json())
    new.config.write_text(good)
    assert client.get(f"{API}/report").status_code == 200
