from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from capi_jobs.errors import BalanceOpen, WarehouseUnavailable
from capi_jobs.model import OrderClass
from capi_jobs.reconcile import classing, reconcile
from tests.reconcile.keys import (
    DAY,
    NOON,
    NOW,
    Row,
    batches,
    event,
    keys,
    order,
    policy,
    reconciled,
)


def test_a_warehouse_that_goes_away_is_told_as_such() -> None:
    def broken() -> Any:  # noqa: ANN401
        yield from batches([order()])
        raise WarehouseUnavailable("gone")

    with (
        pytest.raises(WarehouseUnavailable, match="gone"),
        reconcile(
            orders=broken(),
            sent_events=[],
            ledger_entries=[],
            known_lookup=lambda _o, _e: [],
            holds=[],
            overrides=[],
            interval=DAY,
            policy=policy(),
            now=NOW,
        ),
    ):
        pass


def test_an_order_in_two_classes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a join told of it twice."""
    doubled = (
        "CREATE TABLE decided AS SELECT n, false AS blocked, false AS released"
        " FROM orders, range(2)"
    )
    monkeypatch.setattr(classing, "_DECIDED", doubled)

    with pytest.raises(BalanceOpen, match="'o1'"), reconciled([order()]):
        pass


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with reconciled([order()]):
        [folder] = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_more_keys_than_memory_spill(tmp_path: Path) -> None:
    count = 300_000
    columns = {
        "order_id": pa.array([f"order-{n:032d}" for n in range(count)]),
        "completed_at": pa.repeat(NOON.isoformat(), count),
        "value": pa.repeat("1.00", count),
        "currency": pa.repeat("EUR", count),
    }
    logged = {"order_id": columns["order_id"].slice(0, count - 5), "channel": None}
    logged["channel"] = pa.repeat("server", count - 5)
    with reconcile(
        orders=[pa.record_batch(columns)],
        sent_events=[pa.record_batch(logged)],
        ledger_entries=[],
        known_lookup=lambda _o, _e: [],
        holds=[],
        overrides=[],
        interval=DAY,
        policy=policy(),
        now=NOW,
        memory_limit_mb=64,
    ) as found:
        assert len(keys(found)) == 5
        assert count - 5 == found.totals[OrderClass.SEEN_SERVER]


def test_each_order_is_shown_with_its_class_before_only_counts_are_kept() -> None:
    rows: list[Row] = []
    with reconciled(
        [order("A"), order("B"), order(None)],
        events=[event(order_id="B")],
        on_classes=lambda found: rows.extend(r for b in found for r in b.to_pylist()),
    ):
        pass

    assert sorted((r["order_id"] or "", r["class"], r["value"]) for r in rows) == [
        ("", "missing", "0.000000000"),
        ("A", "missing", "10.500000000"),
        ("B", "seen_server", "10.500000000"),
    ]
