from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from capi_jobs.ledger.keys import NAMES
from capi_jobs.lifecycle import Status
from tests.ledger.building import NOON, TICK, Bench, an_entry
from tests.ledger.test_holds import A_HOLD


def rows(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_known_keys_are_texts_that_mean_the_same_on_every_engine(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1)

    (batch,) = bench.ledger.known_keys("meta", NOON - timedelta(days=2), NOON)

    assert list(NAMES) == batch.schema.names
    (row,) = batch.to_pylist()
    moment = row.pop("first_sent_at")
    assert row == {
        "event_name": "Purchase",
        "event_id": "e1",
        "order_id": "o1",
        "status": "delivered",
        "day": "2026-11-19",
        "currency": "EUR",
        "value": "10.10",
        "owed_as": "missing",
    }
    assert moment.startswith("2026-11-20")
    assert "12:00:00" in moment


@pytest.mark.parametrize(
    ("at", "found"),
    [
        pytest.param(NOON - TICK, False, id="just before the start"),
        pytest.param(NOON, True, id="at the start"),
        pytest.param(NOON + timedelta(days=1) - TICK, True, id="just before the end"),
        pytest.param(NOON + timedelta(days=1), False, id="at the end"),
    ],
)
def test_an_interval_is_half_open(bench: Bench, at: object, found: bool) -> None:
    bench.claim(1, event_time=at)

    keys = rows(bench.ledger.known_keys("meta", NOON, NOON + timedelta(days=1)))

    assert found is bool(keys)


def test_known_keys_are_of_one_destination(bench: Bench) -> None:
    bench.claim(1, destination="it's")

    start = NOON - timedelta(days=2)
    assert rows(bench.ledger.known_keys("meta", start, NOON)) == []
    assert len(rows(bench.ledger.known_keys("it's", start, NOON))) == 1


def test_an_order_is_looked_up_by_either_id_at_any_time(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2, 3)
    bench.claim(4, event_name="Subscribe")

    found = rows(bench.ledger.known("meta", ["o1", "o9"], ["e2", "e4"]))

    assert {row["order_id"] for row in found} == {"o1", "o2", "o4"}
    assert rows(bench.ledger.known("meta", ["o9"], ["e9"])) == []
    assert rows(bench.ledger.known("tiktok", ["o1"], ["e1"])) == []


def test_a_forgotten_order_is_known_under_the_id_that_is_asked_for(
    bench: Bench,
) -> None:
    bench.in_status(Status.DELIVERED, 1)
    bench.ledger.forget(["o1"], actor="ana", reason="request", now=bench.now)

    (row,) = rows(bench.ledger.known("meta", ["o1"], ["e1"]))

    assert (row["order_id"], row["event_id"]) == ("o1", "e1")


def test_a_page_of_lookups_is_one_statement(bench: Bench) -> None:
    """More ids than any engine takes parameters."""
    bench.in_status(Status.DELIVERED, 1)
    many = [f"o{number}" for number in range(40_000)]

    assert len(rows(bench.ledger.known("meta", many, many))) == 1


def test_open_holds_are_streamed(bench: Bench) -> None:
    others = replace(A_HOLD, order_id="o2", day=None, value=None, currency="")
    bench.ledger.record_holds([A_HOLD, others], run_id="r1", now=bench.now)

    found = rows(bench.ledger.open_hold_keys("meta"))

    assert sorted(found, key=lambda row: row["order_id"]) == [
        {
            "order_id": "o1",
            "rule": "value_negative",
            "day": "2026-11-19",
            "currency": "EUR",
            "value": "-1.50",
        },
        {
            "order_id": "o2",
            "rule": "value_negative",
            "day": None,
            "currency": "",
            "value": None,
        },
    ]


def test_words_in_force_are_streamed(bench: Bench) -> None:
    bench.ledger.block_order("meta", ["o1"], actor="a", reason="b", now=bench.now)
    bench.ledger.block_order("meta", ["o2"], actor="a", reason="b", now=bench.now)
    bench.ledger.release_hold("meta", ["o2"], actor="a", reason="b", now=bench.now)

    assert rows(bench.ledger.override_keys("meta")) == [
        {"order_id": "o1", "decision": "block", "rule": "*"},
        {"order_id": "o2", "decision": "release", "rule": "*"},
    ]


def test_nothing_known_is_no_rows(bench: Bench) -> None:
    assert rows(bench.ledger.known_keys("meta", NOON - timedelta(days=1), NOON)) == []
    assert rows(bench.ledger.open_hold_keys("meta")) == []
    assert rows(bench.ledger.override_keys("meta")) == []


def test_money_keeps_its_digits(bench: Bench) -> None:
    entry = an_entry(1)
    value = "12345678901234567890.123456789"
    bench.claim_these([replace(entry, value=type(entry.value)(value))])

    (row,) = rows(bench.ledger.known("meta", ["o1"], []))
    (streamed,) = rows(bench.ledger.known_keys("meta", NOON - timedelta(days=2), NOON))

    assert (row["value"], streamed["value"]) == (value, value)
