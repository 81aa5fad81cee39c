import duckdb
import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.forgotten import PREFIX, any_forgotten, digest_of
from tests.ledger.building import Bench
from tests.ledger.test_forgetting import SECRET, delivered, forget


@pytest.mark.parametrize("order_id", ["o1", "", "é🛒", "a'b"])
def test_sql_makes_the_same_digests(order_id: str) -> None:
    sql = f"SELECT '{PREFIX}' || sha256(?)"
    with duckdb.connect() as connection:
        row = connection.execute(sql, [order_id]).fetchone()

    assert row == (digest_of(order_id),)


def test_digests_are_looked_up_only_where_there_are_any(ledger: Ledger) -> None:
    bench = Bench(ledger)
    delivered(bench)
    with ledger.snapshot() as connection:
        assert not any_forgotten(connection, "meta")

    forget(bench, SECRET)

    with ledger.snapshot() as connection:
        assert any_forgotten(connection)
        assert any_forgotten(connection, "meta")
        assert not any_forgotten(connection, "tiktok")
