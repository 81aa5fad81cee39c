"""A data owner answers a waiting run: once, with a reason, to what was shown."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from capi_jobs.ledger.values import Decision, Gate, RunDestination
from capi_jobs.model import DataInterval, OrderClass
from capi_jobs.web.page import API
from tests.report.building import NOON, a_count
from tests.report.building import Shop as Books
from tests.shop import Shop, orders
from tests.web.conftest import Visit
from tests.web.views.looking import Looking, books, looking_into

Kept = Callable[[], RunDestination]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger is made once: its migrations take longer than a test."""
    folder = tmp_path_factory.mktemp("asked")
    with books(folder) as shop:
        _ask(shop, 3)
    return folder / "ledger.db"


@pytest.fixture
def asking(tmp_path: Path, asked: Path) -> Looking:
    """Run r1 asks about three orders of meta-web."""
    looking = looking_into(tmp_path)
    shutil.copy(asked, tmp_path)
    looking.client.headers["x-person"] = "owner"
    return looking


def _ask(shop: Books, orders: int) -> None:
    shop.gate, shop.gate_reasons = Gate.ASK, ["first_run: everything looks missing"]
    shop.assess(a_count(OrderClass.MISSING, orders))


@pytest.fixture
def kept(tmp_path: Path, asking: Looking) -> Kept:
    """Look what the ledger has of it."""

    def part() -> RunDestination:
        with books(tmp_path) as shop:
            return shop.ledger.run("r1").destinations["meta-web"]

    return part


def _fields(page: str) -> dict[str, str]:
    """Return what the form of the page carries."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def _answer(client: TestClient, **changes: str) -> Any:  # noqa: ANN401 - the client's response
    """Fill in the form that is on the page, and send it."""
    told = _fields(client.get("/runs/r1").text)
    told |= {"decision": "approved", "reason": "as planned", **changes}
    return client.post("/runs/r1/decision", data=told, follow_redirects=False)


def test_before_the_click_the_page_says_what_happens_next(asking: Looking) -> None:
    page = asking.text("/runs/r1")

    assert "meta-web asks before it sends 3 orders" in page
    assert "this page sends nothing" in page
    assert 'capi-jobs approve r1 --destination meta-web --because "…"' in page
    assert 'capi-jobs hold r1 --destination meta-web --because "…"' in page


def test_an_approval_is_kept_and_says_what_delivers(
    asking: Looking, kept: Kept
) -> None:
    answer = _answer(asking.client)

    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/r1")
    part = kept()
    assert (part.decision, part.decided_by, part.decided_reason) == (
        Decision.APPROVED,
        "owner",
        "as planned",
    )
    assert part.approved_count == 3
    page = asking.text("/runs/r1")
    assert "approved, and not delivered yet" in page
    assert "It covers at most 3 orders, worth 30.00 EUR" in page
    assert "capi-jobs approve r1 --destination meta-web" in page
    assert '<form class="answer"' not in page


def test_a_held_run_sends_nothing_and_is_over(asking: Looking, kept: Kept) -> None:
    assert _answer(asking.client, decision="held").status_code == 303

    assert kept().decision is Decision.HELD
    told = asking.json("/runs/r1")
    assert (told["status"], told["finished_at"] is None) == ("held", False)


def test_what_is_another_than_was_shown_is_not_approved(
    asking: Looking,
    kept: Kept,
    tmp_path: Path,
) -> None:
    shown = _fields(asking.html("/runs/r1"))
    with books(tmp_path) as shop:
        shop._started.add("r1")
        _ask(shop, 4)

    answer = _answer(asking.client, question=shown["question"])

    assert answer.status_code == 409
    assert "another than was shown" in answer.text
    assert kept().decision is None
    assert _answer(asking.client).status_code == 303


def test_the_second_answer_is_refused(asking: Looking, kept: Kept) -> None:
    told = _fields(asking.html("/runs/r1"))
    assert _answer(asking.client).status_code == 303

    again = _answer(asking.client, **told, decision="held")

    assert (again.status_code, "decided already" in again.text) == (409, True)
    assert kept().decision is Decision.APPROVED


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"reason": " "}, 409),
        ({"reason": ""}, 422),
        ({"reason": "x" * 501}, 422),
        ({"decision": "perhaps"}, 422),
        ({"destination": "nobody"}, 404),
        ({"question": "of yesterday"}, 409),
        ({"token": "guessed"}, 403),
    ],
)
def test_an_answer_without_reason_form_or_question_is_refused(
    asking: Looking,
    kept: Kept,
    changes: dict[str, str],
    status: int,
) -> None:
    assert _answer(asking.client, **changes).status_code == status
    assert kept().decision is None


def test_who_may_only_look_finds_no_form_and_changes_nothing(
    asking: Looking,
    kept: Kept,
) -> None:
    told = _fields(asking.html("/runs/r1"))
    asking.client.headers["x-person"] = "viewer"

    page = asking.text("/runs/r1")
    answer = _answer(asking.client, **told)

    assert ('<form class="answer"' in page, "not answer" in page) == (False, True)
    assert answer.status_code == 403
    assert kept().decision is None


def test_another_site_cannot_make_a_browser_answer(asking: Looking, kept: Kept) -> None:
    asking.client.headers["sec-fetch-site"] = "cross-site"

    assert _answer(asking.client).status_code == 403
    assert kept().decision is None


def test_a_program_answers_as_json(asking: Looking, kept: Kept) -> None:
    path = f"{API}/runs/r1/decision"
    question = asking.json("/runs/r1")["destinations"][0]["asking"]["question"]
    told = {"destination": "meta-web", "decision": "approved", "reason": "as planned"}
    told["question"] = question
    program = {"authorization": "Bearer of-a-program"}

    by_cookie = asking.client.post(path, json=told)
    answer = asking.client.post(path, json=told, headers=program)
    again = asking.client.post(path, json=told, headers=program)

    assert by_cookie.status_code == 403  # another site could make a browser ask so
    assert answer.json() == {
        "run_id": "r1",
        "destination": "meta-web",
        "decision": "approved",
        "next": 'capi-jobs approve r1 --destination meta-web --because "…"',
    }
    assert again.status_code == 409
    assert kept().decided_by == "owner"


def test_a_program_that_may_only_look_changes_nothing(
    asking: Looking, kept: Kept
) -> None:
    question = asking.json("/runs/r1")["destinations"][0]["asking"]["question"]
    told = {"destination": "meta-web", "decision": "held", "reason": "no"}
    viewer = {"authorization": "Bearer of-a-program", "x-person": "viewer"}

    answer = asking.client.post(
        f"{API}/runs/r1/decision", json=told | {"question": question}, headers=viewer
    )

    assert (answer.status_code, kept().decision) == (403, None)


def test_a_run_of_airflow_is_answered_there(asking: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        shop.run_id = "nightly-1"
        shop._started.add(shop.run_id)
        shop.ledger.start_run(
            shop.run_id,
            kind="nightly",
            interval=DataInterval(NOON - timedelta(days=1), NOON),
            destinations=["meta-web"],
            actor="airflow",
            now=shop.now,
        )
        _ask(shop, 3)

    elsewhere = asking.text("/runs/nightly-1")
    asking.client.app.state.airflow_at = "/required_actions"  # type: ignore[attr-defined]
    page = asking.text("/runs/nightly-1")
    told = _fields(asking.html("/runs/r1")) | {"decision": "held", "reason": "no"}
    answer = asking.client.post("/runs/nightly-1/decision", data=told)

    assert "A task in Airflow waits for the answer" in elsewhere
    assert ("Required Actions" in elsewhere, "Required Actions" in page) == (
        False,
        True,
    )
    # Airflow shows the pages in a frame: its own page is no part of it.
    assert '<a href="/required_actions" target="_top">' in page
    assert '<form class="answer"' not in page
    assert (answer.status_code, "answer it in Airflow" in answer.text) == (409, True)


def test_a_later_run_of_the_same_days_is_named(asking: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        shop.run_id, shop.now = "r2", shop.now + timedelta(minutes=1)
        _ask(shop, 3)

    assert 'a href="/runs/r2"' in asking.text("/runs/r1")
    assert "A later run has looked" not in asking.text("/runs/r2")


def test_what_was_approved_here_is_delivered_by_the_command(
    new: Shop, visit: Visit
) -> None:
    """From the question to the platform, as two people would do it."""
    new.configure(gate="ask_without_sent_events = false", platforms=("meta",))
    run_id = new.fill(orders(2)).run(code=3)["run_id"]
    client = visit(new)
    page = client.get(f"/runs/{run_id}").text
    told = _fields(page) | {"decision": "approved", "reason": "the first run"}

    assert client.post(f"/runs/{run_id}/decision", data=told).status_code == 303
    assert new.counted() == {}
    new.capi("approve", run_id, "--because", "approved on the page")

    assert new.counted() == {"o-1": 1, "o-2": 1}
    after = client.get(f"/runs/{run_id}").text
    assert "Done: 2 orders delivered." in after
    assert "the first run" in after
