"""Texts become values; what says the same is one row."""

import pytest

from capi_jobs import duck
from capi_jobs.audit import Terms, loading, matching
from capi_jobs.audit.piles import Piles
from tests.audit.building import TERMS, Row, batches, event, order


def scalar(query: str, orders: list[Row], events: list[Row] = []) -> object:  # noqa: B006 - never changed
    with duck.workspace(64) as connection:
        piles = Piles(connection)
        loading.set_terms(connection, Terms(**TERMS))
        loading.load_orders(connection, piles, batches(orders))
        loading.load_events(piles, batches(events))
        with piles.part():
            matching.by_order_id(connection, piles, 0)
            [(found,)] = connection.execute(query).fetchall()
    return found


def test_a_hundred_thousand_copies_are_one_row() -> None:
    copies = [event()] * 100_000

    assert scalar("SELECT count(*) FROM events", [order()], copies) == 1
    assert scalar("SELECT max(times) FROM events", [order()], copies) == 100_000


def test_repeated_rows_are_one_order_and_the_sale_speaks_for_it() -> None:
    rows = [order(status="cancelled"), order(), order()]

    assert scalar("SELECT count(*) FROM orders", rows) == 1
    assert scalar("SELECT state FROM orders", rows) is None


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ('[{"sku":"A","quantity":1}]', True),
        ("[]", False),
        ("tea and cups", False),
        ('{"sku":"A"}', False),
        (None, False),
        ("", False),
    ],
    ids=str,
)
def test_items_that_cannot_be_read_are_none(text: str | None, readable: bool) -> None:
    found = scalar("SELECT items FROM orders", [order(items=text)])

    assert (found is not None) == readable


@pytest.mark.parametrize("nasty", ["'; DROP TABLE orders; --", "\0", "💥", "x" * 9_000])
def test_whatever_an_id_holds_it_is_text(nasty: str) -> None:
    assert scalar("SELECT count(*) FROM orders", [order(nasty)], [event(nasty)]) == 1
