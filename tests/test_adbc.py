"""Connections to PostgreSQL: each its own, their server's types asked for once."""

import psycopg
import pyarrow as pa
import pytest

from capi_jobs import adbc

NOW_OPEN = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def schema(address: str, select: str) -> pa.Schema:
    with adbc.connected(address) as connection, connection.cursor() as cursor:
        cursor.execute(select)
        found: pa.Schema = cursor.fetch_record_batch().schema
    return found


def test_each_connection_is_closed_and_none_is_kept(postgres_uri: str) -> None:
    for _ in range(2):
        with (
            adbc.connected(postgres_uri) as first,
            adbc.connected(postgres_uri),
            first.cursor() as cursor,
        ):
            cursor.execute(NOW_OPEN)
            assert cursor.fetchone() == (1,)

    # A server sees that a client went a moment later.
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        for _ in range(1_000):
            if connection.execute(NOW_OPEN).fetchone() == (0,):
                return
    pytest.fail("a connection is open")


def test_types_that_came_later_are_asked_for_anew(postgres_uri: str) -> None:
    assert not adbc.unknown(schema(postgres_uri, "SELECT 1"))
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute("CREATE TYPE size AS ENUM ('S', 'M')")
    select = "SELECT ARRAY['S']::size[] AS sizes"

    assert adbc.unknown(schema(postgres_uri, select))

    found = schema(postgres_uri, select)
    assert not adbc.unknown(found)
    assert found.field("sizes").type == pa.list_(pa.string())
