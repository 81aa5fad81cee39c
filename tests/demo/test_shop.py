"""The shop as a whole: the same each time, as large and wide as promised."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from capi_jobs.demo.market import MARKETS
from capi_jobs.demo.shop import Shop, make_shop

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
SMALL = 600

SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from capi_jobs.demo.shop import make_shop
make_shop(Path(sys.argv[1]), now=datetime(2026, 11, 23, 8, 30, tzinfo=UTC), orders=600)
"""


def numbers(warehouse: sqlite3.Connection, sql: str) -> tuple[int, ...]:
    row: tuple[int, ...] = warehouse.execute(sql).fetchone()
    return row


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_same_seed_and_now_make_the_same_file(tmp_path: Path, hash_seed: str) -> None:
    """Also in another process, whose sets have another order."""
    here, there = tmp_path / "here.db", tmp_path / "there.db"
    make_shop(here, now=NOW, orders=SMALL)
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(there)], check=True, env=environment
    )
    assert here.read_bytes() == there.read_bytes()


def test_another_seed_makes_another_shop(tmp_path: Path) -> None:
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    make_shop(one, now=NOW, orders=SMALL)
    make_shop(two, now=NOW, orders=SMALL, seed=2)
    assert one.read_bytes() != two.read_bytes()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 3, 28, 1, 30, tzinfo=UTC),  # Berlin has just lost an hour
        datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=9))),
    ],
    ids=["summer time begins", "leap day", "another zone"],
)
def test_counts_do_not_hang_on_now(tmp_path: Path, now: datetime) -> None:
    expected = make_shop(tmp_path / "a.db", now=NOW, orders=SMALL)
    actual = make_shop(tmp_path / "b.db", now=now, orders=SMALL)
    assert (expected.dirt, expected.channels) == (actual.dirt, actual.channels)


def test_there_are_twenty_thousand_orders(
    shop: Shop, warehouse: sqlite3.Connection
) -> None:
    sql = "SELECT count(DISTINCT order_id) FROM completed_orders"
    assert (shop.orders,) == (20_000,) == numbers(warehouse, sql)


def test_every_market_sells_and_there_are_twelve_locales(
    shop: Shop, warehouse: sqlite3.Connection
) -> None:
    sold = warehouse.execute("SELECT DISTINCT country FROM completed_orders")
    countries = {country for (country,) in sold if country}
    assert {market.country for market in MARKETS} == countries == set(shop.countries)
    assert len({market.locale for market in MARKETS}) >= 12


def test_orders_spread_over_ten_days_within_the_interval(
    shop: Shop, warehouse: sqlite3.Connection
) -> None:
    """Times with an offset; those without are Berlin's, an hour ahead in winter."""
    start, end = shop.interval
    outside = (
        "SELECT count(*) FROM completed_orders"
        " WHERE datetime(completed_at) NOT BETWEEN datetime(?) AND datetime(?)"
    )
    bounds = (start.isoformat(), end.isoformat())
    assert warehouse.execute(outside, bounds).fetchone() == (0,)
    sql = "SELECT count(DISTINCT date(completed_at)) >= 10 FROM completed_orders"
    assert numbers(warehouse, sql) == (1,)


@pytest.mark.parametrize("age", [timedelta(hours=48), timedelta(days=7)], ids=str)
def test_no_order_nears_an_age_at_which_platforms_change_their_mind(
    warehouse: sqlite3.Connection, age: timedelta
) -> None:
    near = (
        "SELECT count(*) FROM completed_orders WHERE completed_at LIKE '%T%' AND"
        " abs(unixepoch(completed_at) - unixepoch(?)) < 3600"
    )
    assert warehouse.execute(near, ((NOW - age).isoformat(),)).fetchone() == (0,)


def test_one_file_remains(small_path: Path) -> None:
    make_shop(small_path, now=NOW, orders=SMALL)
    assert [small_path] == list(small_path.parent.iterdir())


def test_an_existing_file_is_left_alone(small_path: Path) -> None:
    small_path.write_text("mine")
    with pytest.raises(FileExistsError, match="remove it or name another"):
        make_shop(small_path, now=NOW, orders=SMALL)
    assert small_path.read_text() == "mine"


def test_a_naive_now_is_refused(small_path: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        make_shop(small_path, now=NOW.replace(tzinfo=None))


def test_a_shop_too_small_for_its_dirt_is_refused(small_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 500"):
        make_shop(small_path, now=NOW, orders=499)
    assert not small_path.exists()
