"""Paths start at the file, addresses may lie in the environment."""

from pathlib import Path

import pytest

from tests.config.building import faults, loaded, settings


def test_relative_paths_start_at_the_files_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the command is started: by hand, by cron, by Airflow."""
    monkeypatch.chdir("/")
    monkeypatch.setenv("BOOKS", "sqlite:///books.db")
    made = loaded(
        tmp_path,
        """
        warehouse = "sqlite:///data/shop.db?mode=ro"
        ledger = "env:BOOKS"
        validation.expectations = "rules"
        orders.query = "orders.sql"
        [[sent_events]]
        query = "/abs/sent.sql"
        channel = "browser"
        [[destinations]]
        name = "meta-web"
        platform = "meta"
        account = "1"
        token = "file:secrets/token"
        app_secret = "file:/run/secrets/app"
        """,
    )

    assert made.warehouse is not None
    assert made.orders is not None
    assert [
        made.warehouse.url.shown,
        made.ledger.url.shown,
        str(made.validation.expectations),
        made.orders.query,
        made.sent_events[0].query,
        made.destinations[0].token.place,
        made.destinations[0].app_secret and made.destinations[0].app_secret.place,
    ] == [
        f"sqlite:///{tmp_path}/data/shop.db?mode=ro",
        f"sqlite:///{tmp_path}/books.db",
        f"{tmp_path}/rules",
        f"{tmp_path}/orders.sql",
        "/abs/sent.sql",
        f"{tmp_path}/secrets/token",
        "/run/secrets/app",
    ]


@pytest.mark.parametrize(
    ("warehouse", "relation", "expected"),
    [
        ("duckdb:///", "orders/*.parquet", "/shop/orders/*.parquet"),
        ("duckdb:///", "orders.CSV.GZ", "/shop/orders.CSV.GZ"),
        ("duckdb:///", "/data/orders.csv", "/data/orders.csv"),
        ("duckdb:///", "s3://bucket/orders.parquet", "s3://bucket/orders.parquet"),
        ("duckdb:///shop.duckdb", "shop.completed_orders", "shop.completed_orders"),
        ("sqlite:///shop.db", "odd.csv", "odd.csv"),
    ],
)
def test_files_that_duckdb_reads_lie_beside_the_file_too(
    warehouse: str, relation: str, expected: str
) -> None:
    made = settings(warehouse=warehouse, orders={"relation": relation})

    assert made.orders is not None
    assert made.orders.relation == expected


def test_all_addresses_that_the_environment_lacks_are_named_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_URL", "hunter2")

    found = faults(warehouse="env:SHOP_DB", ledger="env:NO_URL")

    assert found == [
        "ledger.url: the environment variable NO_URL holds no URL",
        "warehouse.url: the environment variable SHOP_DB is not set",
    ]
