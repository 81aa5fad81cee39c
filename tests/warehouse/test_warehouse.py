import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from capi_jobs.errors import DataContractFault, WarehouseUnavailable
from capi_jobs.warehouse import OrdersSource, SentEvents, Warehouse
from tests.warehouse import shops
from tests.warehouse.shops import DAY, ITEMS, Shop

KINDS = ["sqlite", "postgres", "duckdb", "parquet", "csv"]


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    kind = request.param
    uri = request.getfixturevalue("postgres_uri") if kind == "postgres" else ""
    return shops.make(kind, tmp_path, uri)


def rows(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str | None]]:
    return [row for batch in batches for row in batch.to_pylist()]


def ids(batches: Iterable[pa.RecordBatch]) -> set[str]:
    return {str(row["order_id"]) for row in rows(batches)}


def test_keys_hold_what_decides_a_class_and_nothing_personal(shop: Shop) -> None:
    found = rows(shop.warehouse.order_keys(shop.source, DAY))

    [first] = [row for row in found if row["order_id"] == "A-1"]
    is_typed = shop.is_typed
    assert {
        "order_id": "A-1",
        "completed_at": DAY.start if is_typed else "2026-11-20 00:00:00+00",
        "value": "19.90",
        "currency": "EUR",
        "is_test": True if is_typed else shop.flags[True],
        "consent_told": "false",
    } == first


def test_keys_come_of_the_interval_and_of_rows_without_a_time(shop: Shop) -> None:
    found = ids(shop.warehouse.order_keys(shop.source, DAY))

    inside = {"A-1", "A-2", "Ä'3", "lost"}
    margin = set() if shop.is_typed else {"A-0", "A-9"}
    assert inside | margin == found


def test_orders_come_whole_with_money_as_exact_text(shop: Shop) -> None:
    found = rows(shop.warehouse.orders(shop.source, ["Ä'3", "A-1", "gone"], DAY))

    by_id = {row["order_id"]: row for row in found}
    assert {"Ä'3", "A-1"} == set(by_id)
    assert by_id["Ä'3"]["value"] == "1000000.05"
    assert by_id["A-1"]["email"] == "a@example.com"
    assert by_id["Ä'3"]["email"] is None
    assert str(by_id["A-1"]["items"]).replace(" ", "") == ITEMS


def test_times_come_of_orders_whenever_they_were_completed(shop: Shop) -> None:
    found = rows(
        shop.warehouse.order_times(shop.source, ["A-9", " Ä'3", "gone", "A-1"])
    )

    assert {row["order_id"] for row in found} == {"A-9", "A-1"}
    assert all(set(row) == {"order_id", "completed_at"} for row in found)
    assert ids(shop.warehouse.order_times(shop.source, [])) == set()


def test_a_query_stands_for_a_relation(shop: Shop) -> None:
    """With a comment at its end, a cast, a colon in a text and a percent sign."""
    if shop.source.relation and "*" in shop.source.relation:
        table = f"'{shop.source.relation}'"
    else:
        table = shop.source.relation or ""
        table = ".".join(f'"{part}"' for part in table.split("."))
    query = (
        f"SELECT order_id AS number, completed_at, value, ' :a%' AS currency\n"
        f"FROM {table} WHERE order_id <> 'x:y' -- all of them;"
    )
    source = OrdersSource(query=query, columns={"order_id": "number"})

    found = rows(shop.warehouse.order_keys(source, DAY))

    assert {"A-1", "A-2", "Ä'3"} <= {row["order_id"] for row in found}
    assert {" :a%"} == {row["currency"] for row in found}


def test_columns_are_mapped_and_custom_ones_named(shop: Shop) -> None:
    mapping = {"status": "currency", "phone": "EMAIL"}
    source = replace(shop.source, columns=mapping, custom={"margin": "value"})

    [row] = rows(shop.warehouse.orders(source, ["A-1"], DAY))

    told = {name: row[name] for name in ("status", "phone", "custom.margin")}
    assert told == {
        "status": "EUR",
        "phone": "a@example.com",
        "custom.margin": "19.90",
    }


def test_a_view_that_lacks_columns_is_refused_with_all_of_them(shop: Shop) -> None:
    mapping = {"value": "total", "email": "mail"}
    source = replace(shop.source, columns=mapping)

    with pytest.raises(DataContractFault) as refused:
        rows(shop.warehouse.order_keys(source, DAY))

    assert "'total' (as value)" in str(refused.value)
    assert "'mail' (as email)" in str(refused.value)


@pytest.mark.parametrize("relation", ["no_such", "no_such.orders", 'or"ders'])
def test_an_unknown_relation_is_a_fault_of_the_contract(
    shop: Shop, relation: str
) -> None:
    with pytest.raises(DataContractFault):
        rows(shop.warehouse.order_keys(OrdersSource(relation), DAY))


def test_what_is_read_cannot_be_written(shop: Shop) -> None:
    """No query of ours may change the warehouse, nor any of the shop's."""
    query = "DELETE FROM orders RETURNING order_id, completed_at, value, currency"

    with pytest.raises((DataContractFault, WarehouseUnavailable)):
        rows(shop.warehouse.order_keys(OrdersSource(query=query), DAY))

    assert {"A-1", "A-2"} <= ids(shop.warehouse.order_keys(shop.source, DAY))


def test_many_rows_come_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "big.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE o (order_id, completed_at, value, currency)")
        connection.executemany(
            "INSERT INTO o VALUES (?, '2026-11-20T10:00:00Z', 1, 'EUR')",
            ((str(n),) for n in range(120_000)),
        )
    warehouse = Warehouse.open(f"sqlite:///{path}")

    sizes = [b.num_rows for b in warehouse.order_keys(OrdersSource("o"), DAY)]

    assert sum(sizes) == 120_000
    assert max(sizes) <= 50_000


def test_sent_events_carry_what_holds_for_their_log(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE log AS SELECT 'e1' AS id,"
            " '2026-11-20T10:00:00' AS event_time,"
            " 'o1' AS order_id, 'meta' AS platform, NULL AS event_name"
        )
    source = SentEvents(
        "browser", "log", columns={"event_id": "id"}, timezone="Europe/Berlin"
    )

    [row] = rows(Warehouse.open(f"sqlite:///{path}").sent_events(source, DAY))

    assert row == {
        "event_id": "e1",
        "event_name": None,
        "event_time": "2026-11-20T10:00:00",
        "order_id": "o1",
        "platform": "meta",
        "destination": None,
        "channel": "browser",
        "timezone": "Europe/Berlin",
    }


@pytest.mark.parametrize("whole", [None, "meta"])
def test_events_that_went_elsewhere_may_stay_away(
    tmp_path: Path, whole: str | None
) -> None:
    """Unless they name a destination, or the whole log is of one platform."""
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE log (event_id, event_time, platform, destination)"
        )
        connection.executemany(
            "INSERT INTO log VALUES (?, '2026-11-20T10:00:00Z', ?, ?)",
            [
                ("here", "Meta", None),
                ("nowhere", None, None),
                ("blank", " ", None),
                ("named", "tiktok", "shop-eu"),
                ("there", "TikTok", None),
            ],
        )
    source = SentEvents("server", "log", platform=whole)
    log = Warehouse.open(f"sqlite:///{path}")

    found = {r["event_id"] for r in rows(log.sent_events(source, DAY, ["tiktok"]))}

    assert {"there"} - found == ({"there"} if whole is None else set())
    assert {"here", "nowhere", "blank", "named"} <= found


def test_a_log_needs_one_of_the_ids(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE log (event_time)")

    with pytest.raises(DataContractFault, match="event_id or order_id"):
        rows(
            Warehouse.open(f"sqlite:///{path}").sent_events(
                SentEvents("server", "log"), DAY
            )
        )


def test_an_order_whose_time_moved_is_still_found_by_its_key(shop: Shop) -> None:
    assert {"A-9"} == ids(shop.warehouse.orders(shop.source, ["A-9"], DAY))


def test_an_audit_reads_what_events_are_compared_with_and_nothing_personal(
    shop: Shop,
) -> None:
    found = rows(shop.warehouse.audit_orders(shop.source, DAY))

    [first] = [row for row in found if row["order_id"] == "A-1"]
    items = first.pop("items")
    [key] = [
        row
        for row in rows(shop.warehouse.order_keys(shop.source, DAY))
        if row["order_id"] == "A-1"
    ]
    assert key.keys() == first.keys()
    assert first["completed_at"] == "2026-11-20 00:00:00+00"
    assert (items or "").replace(" ", "") == ITEMS


@pytest.fixture
def log(tmp_path: Path) -> Warehouse:
    """Two events, told in a column of another name, on different days."""
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE log (id, event_time, order_id, amount)")
        connection.executemany(
            "INSERT INTO log VALUES (?, ?, ?, ?)",
            [
                ("e1", "2026-11-20T10:00:00Z", "o1", "1.10"),
                ("e2", "2026-01-01T10:00:00Z", "o2", None),
            ],
        )
    return Warehouse.open(f"sqlite:///{path}")


LOG = SentEvents("browser", "log", columns={"event_id": "id", "value": "amount"})


def test_an_audit_reads_the_values_of_events(log: Warehouse) -> None:
    [row] = rows(log.audit_events(LOG, DAY))

    assert (row["event_id"], row["value"], row["channel"]) == ("e1", "1.10", "browser")


@pytest.mark.parametrize(
    ("keys", "found"),
    [(["o2"], {"o2"}), (["e1"], {"o1"}), (["e1", "o2"], {"o1", "o2"}), (["x"], set())],
)
def test_events_of_an_order_are_found_whenever_they_were_sent(
    log: Warehouse, keys: list[str], found: set[str]
) -> None:
    assert ids(log.events_of(LOG, keys)) == found


def test_a_value_that_is_mapped_to_nothing_is_a_fault(log: Warehouse) -> None:
    source = replace(LOG, columns={"event_id": "id", "value": "total"})

    with pytest.raises(DataContractFault, match="'total' \\(as value\\)"):
        rows(log.audit_events(source, DAY))
