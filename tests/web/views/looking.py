"""A folder with a configuration and a ledger, looked at through the pages at noon."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from capi_jobs.jobs.clock import SystemClock
from capi_jobs.ledger import Ledger
from capi_jobs.web import create_app
from capi_jobs.web.office import Office
from capi_jobs.web.page import API
from tests import shop
from tests.report import building
from tests.report.building import NOON
from tests.web.conftest import KnownPeople


class Standing(SystemClock):
    """A clock that stands still until a test sets it."""

    at = NOON

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Looking:
    """What somebody sees who opens a page."""

    client: TestClient
    clock: Standing

    def json(self, path: str) -> Any:  # noqa: ANN401 - tests look inside
        answer = self.client.get(API + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def html(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def text(self, path: str) -> str:
        """Return the page as one line, as a test finds a sentence in it."""
        return " ".join(unescape(self.html(path)).split())

    def status(self, path: str) -> tuple[int, int]:
        """Say how page and twin answer."""
        told, shown = self.client.get(API + path), self.client.get(path)
        return shown.status_code, told.status_code


def looking_into(folder: Path, **changes: object) -> Looking:
    """Configure meta-web and the others, no order anywhere, and look."""
    made = shop.Shop(folder, "http://127.0.0.1:1").configure(**changes)
    clock = Standing()
    app = create_app(Office(config=made.config, clock=clock), KnownPeople())
    client = TestClient(
        app, headers={"x-person": "viewer"}, raise_server_exceptions=False
    )
    return Looking(client, clock)


@contextmanager
def books(folder: Path, name: str = "meta-web") -> Iterator[building.Shop]:
    """Write into the ledger of the folder, as runs at one destination do."""
    with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        yield building.Shop(ledger, destination=name)
