"""What no database can keep is refused before one is asked, on either of them."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests import postgres
from tests.shop import Shop, orders, shop_in
from tests.web.conftest import Visit

NUL = "a%00b"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop after one run, whose ledger is on either engine."""
    with shop_in(tmp_path_factory.mktemp("kept")) as made:
        if request.param == "postgres":
            server: str = request.getfixturevalue("postgres_server")
            with postgres.database(server) as uri:
                made.configure(ledger=postgres.as_sqlalchemy(uri))
                made.fill(orders(1)).run("-d", "meta-web")
                yield made
        else:
            made.fill(orders(1)).run("-d", "meta-web")
            yield made


@pytest.fixture
def owner(visit: Visit, kept: Shop) -> TestClient:
    return visit(kept)


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{NUL}",
        f"/runs?destination={NUL}",
        f"/runs?kind={NUL}",
        f"/runs?after={NUL}",
        f"/report/{NUL}",
        f"/report?destination={NUL}",
        f"/report?interval={NUL}",
        f"/quarantine?destination={NUL}",
        f"/quarantine?rule={NUL}",
        f"/quarantine/held.csv?rule={NUL}",
        f"/quarantine/{NUL}/x",
        f"/quarantine/meta-web/{NUL}",
        f"/validation/{NUL}/meta-web",
        f"/findings/{NUL}/missing/x",
        f"/findings?destination={NUL}",
        f"/quality?destination={NUL}",
        f"/arrival?destination={NUL}",
        f"/trace?order={NUL}",
        f"/trace?order={NUL}&books=true",
    ],
)
def test_an_address_with_a_nul_is_no_fault_of_ours(
    owner: TestClient, path: str
) -> None:
    answer = owner.get(path)
    assert answer.status_code in {200, 400, 404, 409, 422}, answer.text


@pytest.mark.parametrize("odd", ["a\\u0000b", "\\ud800"])
@pytest.mark.parametrize(
    "wish",
    [
        '{"orders": [{"destination": "ODD", "order_id": "x"}], "reason": "r"}',
        '{"orders": [{"destination": "meta-web", "order_id": "ODD"}], "reason": "r"}',
        '{"orders": [{"destination": "meta-web", "order_id": "x"}], "reason": "ODD"}',
        '{"matching": {"rule": "ODD"}, "reason": "r", "dry_run": true}',
    ],
)
def test_json_with_text_that_none_can_keep_is_no_fault_of_ours(
    owner: TestClient, odd: str, wish: str
) -> None:
    answer = owner.post(
        "/api/v1/quarantine/block",
        content=wish.replace("ODD", odd),
        headers={"authorization": "Bearer x", "content-type": "application/json"},
    )
    assert answer.status_code in {200, 400, 409, 422}, answer.text


@pytest.mark.parametrize(
    "key",
    [
        r'["\ud800", "x"]',
        r'["a\u0000", "x"]',
        r'["meta-web", "\ud800"]',
        r'["meta-web", "a\u0000"]',
    ],
)
def test_a_form_with_text_that_none_can_keep_is_no_fault_of_ours(
    owner: TestClient, key: str
) -> None:
    answer = owner.post("/quarantine/review", data={"order": key, "word": "block"})
    assert answer.status_code in {200, 400, 409, 422}, answer.text
