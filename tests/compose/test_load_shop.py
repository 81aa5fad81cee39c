"""docker/load_shop.py fills the warehouse once, whole, as the demo shop was made."""

import os
import subprocess
import sys

import psycopg
import pytest

from tests.compose.reading import ROOT

SECONDS_MAX = 120  # takes three


def load(uri: str, orders: int) -> subprocess.CompletedProcess[str]:
    told = {"CAPI_SHOP_URL": uri, "CAPI_SHOP_ORDERS": str(orders)}
    return subprocess.run(
        [sys.executable, ROOT / "docker" / "load_shop.py"],
        env=os.environ | told,
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )


@pytest.fixture
def loaded(postgres_uri: str) -> str:
    said = load(postgres_uri, 500)
    assert said.stdout == "a shop with 500 orders is in the warehouse\n", said.stderr
    return postgres_uri


def test_the_shop_is_there_with_its_types_and_its_truth(loaded: str) -> None:
    with psycopg.connect(loaded) as db:
        orders = db.execute("SELECT count(DISTINCT order_id) FROM completed_orders")
        assert orders.fetchone() == (500,)
        tests = db.execute(
            "SELECT bool_or(is_test), bool_or(NOT is_test), count(*) FROM"
            " completed_orders WHERE pg_typeof(is_test) = 'boolean'::regtype"
            " AND pg_typeof(value) = 'text'::regtype"
        ).fetchone()
        assert tests is not None
        assert tests[:2] == (True, True)
        kinds = db.execute(
            "SELECT DISTINCT kind FROM demo_truth WHERE kind LIKE 'owed%' ORDER BY 1"
        )
        assert kinds.fetchall() == [
            ("owed_meta",),
            ("owed_snapchat",),
            ("owed_tiktok",),
        ]


def test_a_shop_that_is_there_stays_as_it_is(loaded: str) -> None:
    """Or a restart would hand out new orders, and make those sent unknown."""
    with psycopg.connect(loaded) as db:
        db.execute("DELETE FROM completed_orders")

    said = load(loaded, 600)

    assert (said.returncode, said.stdout) == (0, "a shop was in the warehouse\n")
    with psycopg.connect(loaded) as db:
        left = db.execute("SELECT count(*) FROM completed_orders").fetchone()
        assert left == (0,)


def test_half_a_shop_is_never_left_behind(postgres_uri: str) -> None:
    with psycopg.connect(postgres_uri) as db:
        db.execute("CREATE TABLE demo_truth (another text)")  # the last one made

    said = load(postgres_uri, 500)

    assert said.returncode == 1
    with psycopg.connect(postgres_uri) as db:
        found = db.execute("SELECT to_regclass('completed_orders')").fetchone()
        assert found == (None,)
