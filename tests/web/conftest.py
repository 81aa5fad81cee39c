"""The pages of a shop after one run, and the people who look at them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.responses import Response
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from capi_jobs.web import create_app
from capi_jobs.web.access import Person
from capi_jobs.web.office import Office
from tests.shop import Shop, orders, shop_in


class KnownPeople:
    """A guard that believes the header `x-person`: owner, viewer, or nobody."""

    secret = "of-the-tests"
    framed_by = "'none'"

    @property
    def person(self) -> Callable[..., Person]:
        def asked(request: Request) -> Person:
            name = request.headers.get("x-person", "nobody")
            if name == "nobody":
                raise HTTPException(401, "Who are you?")
            return Person(name, may_change=name == "owner")

        return asked

    def login(self, request: Request) -> Response | None:
        return None


Visit = Callable[..., TestClient]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop after one run to Meta of three orders, which pages only look into."""
    with shop_in(tmp_path_factory.mktemp("told")) as made:
        made.fill(orders(3)).run("-d", "meta-web")
        yield made


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Shop]:
    """A shop of one's own, where nothing has run yet."""
    with shop_in(tmp_path) as made:
        yield made


@pytest.fixture
def visit() -> Visit:
    """Give a client of a shop's pages, as somebody."""

    def client(shop: Shop, who: str = "owner", root_path: str = "") -> TestClient:
        app = create_app(Office(config=shop.config), KnownPeople())
        return TestClient(
            app,
            headers={"x-person": who},
            root_path=root_path,
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    return client
