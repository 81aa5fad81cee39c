"""The month of breaks: as many of each as promised, no order twice, the same again."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capi_jobs.audit import CAUSES
from capi_jobs.demo.breaks import AMBIGUOUS, BREAKS
from capi_jobs.demo.month import Month, make_month
from capi_jobs.ledger import Ledger

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def made(folder: Path, name: str, **changes: int | bool) -> Month:
    ledger = f"sqlite:///{folder}/{name}-ledger.db"
    return make_month(
        folder / f"{name}.db",
        ledger,
        now=NOW,
        orders=700,
        each=4,
        **changes,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return made(tmp_path_factory.mktemp("month"), "one", ambiguous=True)


def test_every_kind_is_made_as_often_as_promised(month: Month) -> None:
    kinds = [one.kind for one in (*BREAKS, *AMBIGUOUS)]

    assert {k: len(ids) for k, ids in month.truth.items()} == dict.fromkeys(kinds, 4)


def test_every_cause_of_the_audit_is_made() -> None:
    causes = {f"{cause.kind}/{cause.name}" for cause in CAUSES}

    assert causes - {one.kind for one in BREAKS} == set()


def test_no_order_is_broken_twice(month: Month) -> None:
    times = Counter(order for ids in month.truth.values() for order in ids)

    assert [order for order, count in times.items() if count > 1] == []


def test_the_truth_stands_in_the_file_as_well(month: Month) -> None:
    with closing(sqlite3.connect(month.path)) as db:
        rows = db.execute("SELECT kind, order_id FROM demo_truth").fetchall()
        orders = db.execute("SELECT count(*) FROM completed_orders").fetchone()

    told = {(kind, one) for kind, ids in month.truth.items() for one in ids}
    assert set(rows) == told
    assert orders == (month.orders,)


def test_what_is_gone_is_in_the_ledger_alone(month: Month) -> None:
    gone = month.truth["correction/gone"]
    with closing(sqlite3.connect(month.path)) as db:
        kept = {i for (i,) in db.execute("SELECT order_id FROM completed_orders")}
    url = f"sqlite:///{month.path.parent}/one-ledger.db"
    with Ledger.open(url) as ledger:
        entries = {row["order_id"] for row in ledger.entries("meta-web")}

    assert not gone & kept
    assert gone <= entries


def test_same_seed_and_now_make_the_same_month(tmp_path: Path) -> None:
    one, other = made(tmp_path, "one"), made(tmp_path, "other")

    assert one.path.read_bytes() == other.path.read_bytes()
    assert one.truth == other.truth
    assert one.truth != made(tmp_path, "third", seed=2).truth
