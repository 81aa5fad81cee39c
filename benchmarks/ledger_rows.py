"""A ledger of any size, filled in bulk as three months of nights leave it.

Which batches there are is in ledger_lots.py, what else the nights leave in
ledger_nights.py; what is measured on it in ledger.py.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from benchmarks.ledger_lots import BATCH, CURRENCIES, Lot, Row, day_of, lots, run_id
from benchmarks.ledger_nights import nights
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.counts import counted
from capi_jobs.ledger.schema import batch_counts, batches, entries, history
from capi_jobs.lifecycle import Status

# Knuth's multiplicative hash: ids in no order, as pixels make them.
_HASH, _BITS = 0x9E3779B97F4A7C15, (1 << 64) - 1
ROWS_AT_ONCE = 50_000


def fill(ledger: Ledger, total: int) -> None:
    """Write everything; the ledger must be empty."""
    for table, rows in nights():
        _insert(ledger, table, rows)
    _fill_entries(ledger, total)


def gather_statistics(ledger: Ledger) -> None:
    """Let the planner know the tables, as autovacuum does after an hour."""
    if ledger.is_sqlite:
        return  # nobody does it there
    with ledger.engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        plain.exec_driver_sql("VACUUM ANALYZE")


def fill_counts(ledger: Ledger) -> None:
    """Count what batches hold, as the migration does."""
    names = [column.name for column in batch_counts.columns]
    query = counted().subquery()
    whole = insert(batch_counts).from_select(
        names, select(*(query.c[n] for n in names))
    )
    ledger.in_transaction(lambda connection: connection.execute(whole))


def _fill_entries(ledger: Ledger, total: int) -> None:
    _insert(ledger, batches, (_batch_row(lot) for lot in lots(total)))
    _insert(ledger, history, (line for lot in lots(total) for line in _lines(lot)))
    # An index is built at once in a fifth of the time.
    later = sorted(entries.indexes, key=lambda index: str(index.name))
    for index in later:
        index.drop(ledger.engine)
    write = _to_sqlite if ledger.is_sqlite else _to_postgres
    write(ledger, (row for lot in lots(total) for row in _entry_rows(lot)))
    for index in later:
        index.create(ledger.engine)


def _entry_rows(lot: Lot) -> Iterator[tuple[str, ...]]:
    """Write entries as both databases read them, three days in a batch."""
    days = [day_of(lot.night + back).isoformat() for back in range(3)]
    name, batch_id = lot.destination, lot.batch_id
    for n in lot.orders:
        day = days[0 if n % 50 else 1 if n % 100 else 2]
        second = n * 7919 % 86_400
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        yield (
            name,
            "Purchase",
            f"{n * _HASH & _BITS:016x}",
            f"DE-{10**8 + n}",
            f"{day}T{clock}.{n % 10**6:06}Z",
            day,
            f"{5 + n * 37 % 29_500 / 100:.2f}",
            CURRENCIES[n % 20],
            "missing" if n % 17 else "enrichment",
            batch_id,
        )


_FIELDS = (
    "destination, event_name, event_id, order_id, event_time, day, value, currency,"
    " owed_as, batch_id"
)


def _to_postgres(ledger: Ledger, rows: Iterable[tuple[str, ...]]) -> None:
    key = entries.primary_key
    columns = ", ".join(column.name for column in key)
    with ledger.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            # The batches are there: nobody needs to look for each.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"ALTER TABLE ledger_entries DROP CONSTRAINT {key.name}")
            with cursor.copy(f"COPY ledger_entries ({_FIELDS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write("\t".join(row) + "\n")
            cursor.execute(
                f"ALTER TABLE ledger_entries ADD CONSTRAINT {key.name}"
                f" PRIMARY KEY ({columns})"
            )
            driver.commit()


def _to_sqlite(ledger: Ledger, rows: Iterable[tuple[str, ...]]) -> None:
    marks = ", ".join("?" * len(_FIELDS.split(",")))
    with ledger.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        # The batches are there: nobody needs to look for each.
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("BEGIN")
        driver.executemany(
            f"INSERT INTO ledger_entries ({_FIELDS}) VALUES ({marks})", rows
        )
        driver.execute("COMMIT")
        driver.execute("PRAGMA foreign_keys = ON")


def _insert(ledger: Ledger, table: Table, rows: Iterable[Row]) -> None:
    def write(connection: Connection) -> None:
        chunk: list[Row] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == ROWS_AT_ONCE:
                connection.execute(insert(table), chunk)
                chunk = []
        if chunk:
            connection.execute(insert(table), chunk)

    ledger.in_transaction(write)


def _batch_row(lot: Lot) -> Row:
    return {
        "batch_id": lot.batch_id,
        "destination": lot.destination,
        "status": lot.status,
        "run_id": run_id(lot.night),
        "events": len(lot.orders),
        "first_sent_at": lot.sent_at,
        "last_sent_at": lot.sent_at,
        "attempts": 1,
        "reason": "" if lot.status is Status.DELIVERED else "what the platform said",
        "trace_id": f"trace-{lot.number}",
        "created_at": lot.sent_at,
    }


def _lines(lot: Lot) -> Iterator[Row]:
    line = {
        "at": lot.sent_at,
        "batch_id": lot.batch_id,
        "destination": lot.destination,
        "events": len(lot.orders),
        "actor": "scheduler",
        "reason": "",
        "run_id": run_id(lot.night),
        "order_id": None,
        "event_id": None,
    }
    told = {Status.REJECTED: "refused", Status.IN_DOUBT: "lost"}
    yield {**line, "from_status": None, "event": "claimed", "to_status": "in_flight"}
    event = told.get(lot.status, "accepted")
    yield {**line, "from_status": "in_flight", "event": event, "to_status": lot.status}
    if lot.number % 1_000 == 0:  # a person once resolved the half of it
        for n in lot.orders[: BATCH // 2]:
            yield {
                **line,
                "actor": "ana",
                "reason": "seen at the platform",
                "from_status": "in_doubt",
                "event": "resolved",
                "to_status": "delivered",
                "events": 1,
                "order_id": f"DE-{10**8 + n}",
                "event_id": f"{n * _HASH & _BITS:016x}",
            }
