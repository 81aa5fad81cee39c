"""`capi-jobs ui`: loopback, and a token that leaves the address at once."""

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from capi_jobs.web.office import Office
from capi_jobs.web.standalone import COOKIE, TokenGuard, standalone
from tests.shop import Shop

TOKEN = "a-token-of-tests"


@pytest.fixture
def client(told: Shop) -> TestClient:
    app = standalone(Office(config=told.config), TokenGuard("ada", TOKEN))
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def test_the_printed_address_becomes_a_cookie_and_the_token_goes(
    client: TestClient,
) -> None:
    answer = client.get("/", params={"token": TOKEN, "a": "1 2"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/?a=1+2")
    kept = answer.headers["set-cookie"].lower()
    assert all(word in kept for word in (COOKIE, "httponly", "samesite=lax"))
    page = client.get("/?a=1+2")
    assert (page.status_code, TOKEN in page.text) == (200, False)
    again = client.get("/runs", params={"token": TOKEN})
    assert (again.status_code, again.headers["location"]) == (303, "/runs")


def test_who_enters_stays_on_this_server() -> None:
    scope = {"type": "http", "server": ("127.0.0.1", 80), "headers": []}
    asked = {"path": "//evil.example/", "query_string": f"token={TOKEN}".encode()}
    answer = TokenGuard("ada", TOKEN).login(Request({**scope, **asked}))
    assert answer is not None
    assert answer.headers["location"] == "/evil.example/"


@pytest.mark.parametrize("token", ["", "wrong", "ä", TOKEN[:-1]])
def test_without_the_token_nobody_gets_in(client: TestClient, token: str) -> None:
    answer = client.get("/", params={"token": token})
    assert answer.status_code == 401
    assert "Open the address that capi-jobs ui printed" in answer.text


def test_a_program_brings_the_token_as_a_header(client: TestClient) -> None:
    def asked(token: str) -> int:
        told = {"authorization": f"Bearer {token}"}
        return client.get("/api/v1/overview", headers=told).status_code

    assert [asked(TOKEN), asked("wrong")] == [200, 401]


def test_another_name_for_this_machine_is_refused(client: TestClient) -> None:
    """Or a page elsewhere could let its own name lead here, and read along."""
    told = {"authorization": f"Bearer {TOKEN}", "host": "evil.example"}
    assert client.get("/", headers=told).status_code == 400


def test_the_token_is_in_no_repr() -> None:
    assert TOKEN not in repr(TokenGuard("ada", TOKEN))
