import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from capi_jobs.errors import WarehouseUnavailable
from capi_jobs.warehouse import OrdersSource, SentEvents, Warehouse
from tests.warehouse import shops

GOOD = ("o1", "2026-11-20T10:00:00Z", "1.00", "EUR")


def shop_of(folder: Path, *table: Sequence[str | None]) -> Warehouse:
    path = folder / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE o (order_id, completed_at, value, currency)")
        connection.executemany("INSERT INTO o VALUES (?,?,?,?)", table)
    return Warehouse.open(f"sqlite:///{path}")


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "duckdb", "parquet", "csv"])
def test_a_sound_view_has_but_the_rows_that_are_not(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue("postgres_uri") if kind == "postgres" else ""
    shop = shops.make(kind, tmp_path, uri)

    [finding] = shop.warehouse.check(shop.source)

    assert (finding.code, finding.severity) == ("times_missing", "warning")
    assert finding.ids == ("lost",)
    assert "1 of 6 rows" in finding.message


ROWS: dict[str, tuple[list[tuple[str | None, ...]], str, tuple[str, ...]]] = {
    "no order id": ([GOOD, ("", *GOOD[1:])], "order_ids_empty", ()),
    "equal rows": ([GOOD, GOOD], "order_ids_repeated", ("o1",)),
    "rows that differ": (
        [GOOD, (*GOOD[:2], "2.00", "EUR")],
        "order_ids_ambiguous",
        ("o1",),
    ),
    "a value in words": (
        [GOOD, ("o2", GOOD[1], "free", "EUR")],
        "values_unreadable",
        ("o2",),
    ),
    "400 digits": (
        [GOOD, ("o2", GOOD[1], "9" * 400, "EUR")],
        "values_unreadable",
        ("o2",),
    ),
    "a time without zone": (
        [GOOD, ("o2", "2026-11-20 10:00:00", "1", "EUR")],
        "times_naive",
        ("o2",),
    ),
    "no time": ([GOOD, ("o2", None, "1", "EUR")], "times_missing", ("o2",)),
    "a time in words": (
        [GOOD, ("o2", "soon", "1", "EUR")],
        "times_unreadable",
        ("o2",),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_each_kind_of_bad_row_is_named_with_its_ids(tmp_path: Path, name: str) -> None:
    table, code, ids = ROWS[name]

    [finding] = shop_of(tmp_path, *table).check(OrdersSource("o"))

    assert (code, ids) == (finding.code, finding.ids)


def test_times_that_the_clocks_skipped_are_named(tmp_path: Path) -> None:
    warehouse = shop_of(tmp_path, GOOD, ("o2", "2026-03-29 02:30:00", "1", "EUR"))

    [finding] = warehouse.check(OrdersSource("o", timezone="Europe/Berlin"))

    assert (finding.code, finding.ids) == ("times_in_dst_gap", ("o2",))


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    warehouse = shop_of(tmp_path, GOOD, GOOD, (None, "soon", "1", "EUR"))
    source = OrdersSource("o", columns={"value": "total", "email": "mail"})

    codes = [finding.code for finding in warehouse.check(source)]

    assert sorted(codes) == [
        "mapped_column_missing",
        "mapped_column_missing",
        "order_ids_empty",
        "order_ids_repeated",
        "times_unreadable",
    ]


def test_a_column_where_no_row_is_right_is_an_error(tmp_path: Path) -> None:
    warehouse = shop_of(tmp_path, ("o1", "20.11.2026 10:00", "1", "EUR"))

    [finding] = warehouse.check(OrdersSource("o"))

    assert (finding.code, finding.severity) == ("times_unreadable", "error")


def test_lacking_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE o (order_id)")

    findings = Warehouse.open(f"sqlite:///{path}").check(OrdersSource("o"))

    messages = " ".join(finding.message for finding in findings)
    assert {"required_column_missing"} == {finding.code for finding in findings}
    assert all(name in messages for name in ("completed_at", "value", "currency"))


def test_wrong_types_are_named(postgres_uri: str) -> None:
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE o AS SELECT 1 AS order_id, 5 AS completed_at,"
            " 1.5::float8 AS value, 'EUR' AS currency"
        )
    url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)

    found = Warehouse.open(url).check(OrdersSource("o"))

    kinds = {(finding.code, finding.severity) for finding in found}
    assert {("wrong_type", "error"), ("value_is_float", "warning")} <= kinds


def test_an_unknown_relation_is_a_finding(tmp_path: Path) -> None:
    [finding] = shop_of(tmp_path).check(OrdersSource("no_such"))

    assert (finding.code, finding.severity) == ("source_unreadable", "error")


def test_an_empty_view_is_a_finding(tmp_path: Path) -> None:
    [finding] = shop_of(tmp_path).check(OrdersSource("o"))

    assert (finding.code, finding.severity) == ("source_empty", "warning")


def test_a_warehouse_that_is_away_has_no_findings(tmp_path: Path) -> None:
    with pytest.raises(WarehouseUnavailable):
        Warehouse.open(f"sqlite:///{tmp_path}/none/x").check(OrdersSource("o"))


def test_logs_are_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE log (event_id, order_id, event_time)")
        connection.executemany(
            "INSERT INTO log VALUES (?,?,?)",
            [
                ("e1", None, "2026-11-20T10:00:00Z"),
                ("e1", "o", None),
                (None, None, "x"),
            ],
        )
    source = SentEvents("server", "log")

    findings = Warehouse.open(f"sqlite:///{path}").check(source)

    assert {finding.code: finding.ids for finding in findings} == {
        "times_missing": ("o",),
        "times_unreadable": (),
        "ids_missing": (),
    }
