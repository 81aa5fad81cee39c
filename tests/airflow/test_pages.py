"""The pages in Airflow's own web server: who may see and change, and the report."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airflow.api_fastapi.app import create_app, get_auth_manager, purge_cached_app
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from starlette.testclient import TestClient

from capi_jobs.report.sentences import day_name
from tests import airflow_home
from tests.airflow.conftest import Connect
from tests.shop import PERSONAL, PLATFORMS, TOKEN, Shop, orders, shop_in


@pytest.fixture(scope="module")
def server() -> Iterator[TestClient]:
    airflow_home.database()
    yield TestClient(create_app(apps="core"), base_url="http://airflow.example")
    purge_cached_app()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, str]]:
    """A shop after one run, which pages only look into."""
    with shop_in(tmp_path_factory.mktemp("told")) as made:
        yield made, made.fill(orders(2)).run("-d", "meta-web")["run_id"]


@pytest.fixture
def shop(told: tuple[Shop, str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("CAPI_JOBS_CONFIG", str(told[0].config))
    return told[0]


@pytest.fixture
def new_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with shop_in(tmp_path) as made:
        monkeypatch.setenv("CAPI_JOBS_CONFIG", str(made.config))
        yield made


def _as(role: str | None) -> dict[str, str]:
    user = SimpleAuthManagerUser(username="someone", role=role)
    token = get_auth_manager().generate_jwt(user)
    return {"authorization": f"Bearer {token}"}


def _get(
    server: TestClient, path: str, role: str | None = "viewer", **asked: str
) -> Any:  # noqa: ANN401
    return server.get(f"/capi-jobs/{path}", headers=_as(role), params=asked)


# ── Who may read ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["report", "report/r-1", "nothing", "openapi.json"])
def test_nothing_is_told_to_whom_airflow_does_not_know(
    server: TestClient, shop: Shop, path: str
) -> None:
    answer = server.get(f"/capi-jobs/{path}")
    assert answer.status_code == (401 if path.startswith("report") else 404)
    assert "meta-web" not in answer.text


def test_a_browser_without_login_is_sent_to_it_and_back(server: TestClient) -> None:
    answer = server.get(
        "/capi-jobs/report?destination=m",
        headers={"accept": "text/html"},
        follow_redirects=False,
    )
    login = urlsplit(answer.headers["location"])
    assert (answer.status_code, login.path) == (303, "/api/v2/auth/login")
    back = f"{server.base_url}/capi-jobs/report?destination=m"
    assert parse_qs(login.query) == {"next": [back]}
    # Airflow itself takes the way back for a safe one.
    taken = server.get(answer.headers["location"], follow_redirects=False)
    assert (taken.status_code, "next=" in taken.headers["location"]) == (307, True)


def test_who_may_not_read_the_dag_reads_no_report(
    server: TestClient, shop: Shop
) -> None:
    answer = _get(server, "report", None)
    assert answer.status_code == 403
    assert "meta-web" not in answer.text


def test_a_session_cookie_is_a_login_too(server: TestClient, shop: Shop) -> None:
    token = _as("viewer")["authorization"].removeprefix("Bearer ")
    answer = server.get("/capi-jobs/report", headers={"cookie": f"_token={token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("role", "looks_only"), [("viewer", True), ("user", False), ("admin", False)]
)
def test_who_may_trigger_the_dag_may_change(
    server: TestClient, shop: Shop, role: str, looks_only: bool
) -> None:
    page = _get(server, "", role).text
    assert ("looks only" in page) is looks_only
    assert "someone" in page


def test_pages_lead_to_pages_below_their_mount(server: TestClient, shop: Shop) -> None:
    page = _get(server, "").text
    links = re.findall(r'(?:href|src)="(/[^"]*)"', page)
    assert links
    assert [one for one in links if not one.startswith("/capi-jobs/")] == []
    style = server.get(next(one for one in links if one.endswith(".css")))
    assert style.headers["content-type"].startswith("text/css")


# ── What it says ────────────────────────────────────────────────────────────────


def test_the_report_of_a_run_tells_the_days_it_looked_at_and_its_destinations(
    server: TestClient, shop: Shop, told: tuple[Shop, str]
) -> None:
    run_id = told[1]
    answer = _get(server, f"report/{run_id}")
    assert answer.status_code == 200
    assert "meta-web" in answer.text
    assert "tiktok-web" not in answer.text
    first, last = shop.days.split("..")
    looked_back = date.fromisoformat(first) - timedelta(days=3)
    assert re.search(rf"{_day(str(looked_back))}.*{_day(last)}", answer.text)


def _day(iso: str) -> str:
    return re.escape(day_name(date.fromisoformat(iso)))


def test_the_last_weeks_can_be_told_of_some(server: TestClient, shop: Shop) -> None:
    shown = '<span class="place-name">{}</span>'.format
    every = _get(server, "report").text
    some = _get(server, "report", destination="tiktok-web", interval=shop.days).text
    assert [shown(f"{name}-web") in every for name in PLATFORMS] == [True, True, True]
    assert [shown(f"{name}-web") in some for name in PLATFORMS] == [False, True, False]


def test_pages_hold_nothing_personal_no_secret_and_may_load_nothing(
    server: TestClient, shop: Shop
) -> None:
    answer = _get(server, "report")
    assert not [word for word in (*PERSONAL, TOKEN) if word in answer.text]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# ── What can be wrong ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "asked", "status", "said"),
    [
        ("report/latest", {}, 404, "no run of that name"),
        ("report/<b>x", {}, 404, "no run of that name"),
        ("report", {"destination": "<b>nobody"}, 400, "no such destination"),
        ("report", {"interval": "someday"}, 400, "the interval cannot be read"),
        ("report", {"interval": "2020-01-01..2026-01-01"}, 400, "more than 400 days"),
    ],
)
def test_what_cannot_be_told_is_said(
    server: TestClient,
    shop: Shop,
    path: str,
    asked: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = _get(server, path, **asked)
    told = answer.text.lower()
    assert (answer.status_code, said in told) == (status, True), told
    assert "<b>" not in answer.text


def test_a_name_without_end_is_refused(server: TestClient, shop: Shop) -> None:
    assert _get(server, f"report/{'x' * 201}").status_code == 422


def test_before_the_first_run_the_report_says_so_and_makes_no_ledger(
    server: TestClient, new_shop: Shop
) -> None:
    answer = _get(server, "report")
    assert (answer.status_code, "no run yet" in answer.text) == (200, True)
    assert not (new_shop.folder / "ledger.db").exists()


def test_a_broken_configuration_is_told_and_the_server_goes_on(
    server: TestClient, new_shop: Shop
) -> None:
    good = new_shop.config.read_text()
    new_shop.config.write_text("[gate]\n<script> = 1")
    answer = _get(server, "report")
    assert (answer.status_code, "is not TOML" in answer.text) == (503, True)
    assert "<script>" not in answer.text
    new_shop.config.write_text(good)
    assert _get(server, "report").status_code == 200


def test_the_ledger_may_lie_in_a_connection(
    server: TestClient, shop: Shop, new_shop: Shop, connect: Connect
) -> None:
    name = connect(conn_type="sqlite", host=str(shop.folder / "ledger.db"))
    new_shop.configure(ledger=f"airflow:{name}")
    assert "There has been no run yet" not in _get(server, "report").text
    new_shop.configure(ledger="airflow:nobody")
    answer = _get(server, "report")
    assert (answer.status_code, "no Airflow connection" in answer.text) == (503, True)
