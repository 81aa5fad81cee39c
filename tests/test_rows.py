import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from capi_jobs import rows
from capi_jobs.errors import DataContractFault, LedgerUnavailable, WarehouseUnavailable

NUMBERS = 2_500
TABLE = sa.table("numbers", sa.column("n", sa.Integer), sa.column("word", sa.Text))


@pytest.fixture
def url(database_url: str) -> str:
    """Numbers, with words that begin where no batch looks for a column's type."""
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE numbers (n INTEGER, word TEXT)"))
        values = [
            {"n": n, "word": "a'b%" if n > NUMBERS - 10 else None}
            for n in range(NUMBERS)
        ]
        connection.execute(sa.text("INSERT INTO numbers VALUES (:n, :word)"), values)
    return database_url


def read(url: str | sa.URL, statement: rows.Statement) -> list[pa.RecordBatch]:
    batches = rows.stream(
        url, statement, rows_per_batch=1_000, unavailable=LedgerUnavailable
    )
    return list(batches)


def texts(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_rows_come_in_batches_no_larger_than_asked_for(url: str) -> None:
    batches = read(url, sa.select(TABLE))

    assert sum(batch.num_rows for batch in batches) == NUMBERS
    assert max(batch.num_rows for batch in batches) <= 1_000


def test_values_are_bound_whatever_they_hold(url: str) -> None:
    statement = sa.select(sa.cast(TABLE.c.n, sa.Text).label("n"))
    statement = statement.where(TABLE.c.word == "a'b%", TABLE.c.n < NUMBERS - 8)

    assert [{"n": str(NUMBERS - 9)}] == texts(read(url, statement))


def test_a_column_of_nulls_may_end_in_text(url: str) -> None:
    words = [row["word"] for row in texts(read(url, sa.select(TABLE)))]

    assert words.count("a'b%") == 9
    assert words.count(None) == NUMBERS - 9  # type: ignore[arg-type]


def test_no_rows_are_no_error(url: str) -> None:
    assert texts(read(url, sa.select(TABLE).where(TABLE.c.n < 0))) == []


def test_any_other_database_is_read_by_a_cursor(tmp_path: Path) -> None:
    """As one that ADBC knows nothing of: here a file that only sqlite3 takes."""
    path = tmp_path / "numbers.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE numbers (n, word)")
        connection.executemany(
            "INSERT INTO numbers VALUES (?, NULL)", ((n,) for n in range(NUMBERS))
        )
    url = f"sqlite:///file:{path}?uri=true&mode=ro"

    batches = read(url, sa.select(TABLE))

    assert [batch.num_rows for batch in batches] == [1_000, 1_000, 500]
    assert batches[0].to_pylist()[0] == {"n": "0", "word": None}


def test_types_are_described_as_the_database_has_them(url: str) -> None:
    schema = rows.describe(url, sa.select(TABLE), unavailable=WarehouseUnavailable)

    expected = pa.string() if url.startswith("sqlite") else pa.int32()
    assert schema.names == ["n", "word"]
    assert expected == schema.field("n").type


def test_a_type_made_after_the_first_look_is_described_as_it_is(
    postgres_url: str,
) -> None:
    size: rows.Statement = sa.select(
        sa.literal_column("ARRAY['S']::size[]").label("sizes")
    )
    rows.describe(
        postgres_url, sa.select(sa.literal(1)), unavailable=WarehouseUnavailable
    )
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TYPE size AS ENUM ('S')"))

    schema = rows.describe(postgres_url, size, unavailable=WarehouseUnavailable)

    assert pa.types.is_nested(schema.field("sizes").type)


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/x.sqlite", "postgresql+psycopg://me:s3cret@/x?host=/no"]
)
def test_what_cannot_be_reached_raises_what_the_caller_names(url: str) -> None:
    with pytest.raises(LedgerUnavailable) as away:
        read(url, sa.select(TABLE))

    assert "s3cret" not in str(away.value)


def test_a_query_that_is_wrong_is_not_called_an_outage(database_url: str) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE others (n INTEGER)"))
    with pytest.raises(DataContractFault):
        read(database_url, sa.select(TABLE))


def test_a_value_that_cannot_be_read_is_not_shown(postgres_url: str) -> None:
    email: sa.ColumnElement[int] = sa.literal_column(
        "'jane@example.com'::text::integer"
    ).label("n")

    with pytest.raises(DataContractFault, match="22P02") as refused:
        read(postgres_url, sa.select(email))

    assert "jane" not in str(refused.value)


SHOUT = (
    "CREATE FUNCTION shout(t text) RETURNS text AS $$ BEGIN"
    " IF t <> '1' THEN RAISE EXCEPTION 'bad %%', t; END IF; RETURN t; END"
    " $$ LANGUAGE plpgsql"
)


@pytest.mark.parametrize("raises", ["word::numeric", "shout(word)"])
def test_a_value_that_cannot_be_read_is_not_shown_after_the_first_rows_either(
    postgres_url: str, raises: str
) -> None:
    """Then the driver tells no code, only the server's own words."""
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE words AS SELECT '1' AS word FROM generate_series(1, 200000)",
            "INSERT INTO words VALUES ('ada.secret@x.example')",
            SHOUT,
            f"CREATE VIEW seen AS SELECT {raises} AS word FROM words",  # noqa: S608
        ):
            connection.exec_driver_sql(statement)
    seen = sa.select(sa.column("word", sa.Text)).select_from(sa.table("seen"))

    with pytest.raises(DataContractFault, match="cannot be read") as refused:
        read(postgres_url, seen)

    assert "secret" not in str(refused.value)


def test_nothing_can_be_written_on_the_way(url: str) -> None:
    engine = rows.engine(url)
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.execute(sa.text("DELETE FROM numbers"))


def test_not_even_a_function_of_postgres_can_write(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SEQUENCE counter"))
    counted = sa.select(sa.func.nextval("counter").label("n"))

    with pytest.raises(LedgerUnavailable, match="read-only"):
        read(postgres_url, counted)


def test_a_password_that_a_driver_repeats_is_hidden() -> None:
    url = sa.make_url("postgresql://me:s3cret@host/shop")

    said = rows.message(ValueError("no login with s3cret\nand more"), url)

    assert said == "no login with ***"


def test_a_sqlite_file_that_somebody_is_writing_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "busy.db"
    with closing(sqlite3.connect(file, check_same_thread=False)) as writer:
        writer.execute("CREATE TABLE orders (order_id TEXT)")
        writer.commit()
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("INSERT INTO orders VALUES ('o-1')")
        soon = threading.Timer(0.2, writer.commit)
        soon.start()
        orders = sa.table("orders", sa.column("order_id", sa.Text))

        batches = rows.stream(
            f"sqlite:///{file}",
            sa.select(orders),
            rows_per_batch=10,
            unavailable=WarehouseUnavailable,
        )
        found = [row for batch in batches for row in batch.to_pylist()]
        soon.join()

    assert found == [{"order_id": "o-1"}]
