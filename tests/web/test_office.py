"""Only so many requests read the books at once; seats are given back in any case."""

from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.types import Message, Receive, Scope, Send

from capi_jobs.errors import CapiJobsError
from capi_jobs.web import office
from capi_jobs.web.office import ASKING_WAREHOUSE, SEATS, Busy, Office
from tests.shop import Shop
from tests.web.conftest import Visit


def test_who_finds_no_seat_is_told_and_seats_come_free(
    told: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "SEAT_SECONDS_MAX", 0)
    one = Office(config=told.config)
    taken = [one.looking() for _ in range(SEATS)]
    for each in taken:
        each.__enter__()

    with pytest.raises(Busy), one.looking():
        pass

    for each in taken:
        each.__exit__(None, None, None)
    with one.looking() as desk:
        assert next(each.name for each in desk.settings.destinations) == "meta-web"


def test_a_fault_gives_the_seat_back(
    new: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "SEAT_SECONDS_MAX", 0)
    new.config.write_text("no toml")
    one = Office(config=new.config)
    for _ in range(SEATS + 1):
        with pytest.raises(CapiJobsError, match="TOML"), one.looking():
            pass


def test_what_a_page_reads_is_given_up_when_it_takes_too_long(
    told: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "READ_SECONDS_MAX", 0.05)
    one = Office(config=told.config)
    long = text(
        "WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000)"
        " SELECT count(*) FROM n"
    )
    for opened in (one.looking, one.deciding, one.house):
        with (
            opened() as found,
            pytest.raises(CapiJobsError, match="took too long"),
            found.ledger.snapshot() as connection,
        ):
            connection.execute(long)


def test_the_books_are_closed_before_a_slow_reader_has_the_whole_page(
    visit: Visit, told: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or four of them would keep everybody else out."""
    monkeypatch.setattr(office, "SEAT_SECONDS_MAX", 0)
    client = visit(told)
    app, free = client.app, list[int]()
    assert isinstance(app, FastAPI)

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def seen(message: Message) -> None:
            with ExitStack() as taken:
                for _ in range(SEATS):
                    taken.enter_context(app.state.office.looking())
                free.append(SEATS)
            await send(message)

        await app(scope, receive, seen)

    slow = TestClient(watched, headers=dict(client.headers))
    assert slow.get("/quarantine/held.csv").status_code == 200
    assert free == [SEATS, SEATS]


def test_who_asks_the_warehouse_leaves_seats_for_others(
    told: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "SEAT_SECONDS_MAX", 0)
    one = Office(config=told.config)
    with ExitStack() as asking:
        for _ in range(ASKING_WAREHOUSE):
            asking.enter_context(one.house())
        with pytest.raises(Busy), one.house():
            pass
        with one.house(asking=False), one.looking() as desk:
            assert desk.settings.destinations
