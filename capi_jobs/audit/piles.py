"""Rows on disk in buckets of orders, so that one part of them is audited at a time.

What tells of one order by its id lies in one bucket, whatever pile it is in. Which
rows are put there, and what is read of them, stands in `loading.py` and `matching.py`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from capi_jobs import duck

# DuckDB keeps this many files open while it writes, and no more than a hundred. Up to
# sixty million rows, a part is no larger for more orders; beyond, it grows, and spills.
_BUCKETS = 64
# Tables of so many rows take some 300 MB, so that joins of a part do not spill.
ROWS_PER_PART_MAX = 1_000_000
# What a thread gathers before it writes; DuckDB's half a million takes 200 MB of a log.
_ROWS_PER_FLUSH = 100_000

_MACRO = f"CREATE MACRO bucket_of(t) AS hash(coalesce(t, '')) % {_BUCKETS}"
_WITHOUT_BUCKET = "SELECT * EXCLUDE (bucket) FROM ({query})"
_COUNT = "SELECT count(*) FROM {source}"


class Piles:
    """Named piles of rows, in the workspace's folder; gone with it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._folder = duck.folder(connection)
        self._written = 0
        self._parts = 1
        connection.execute(_MACRO)
        connection.execute(f"SET partitioned_write_flush_threshold = {_ROWS_PER_FLUSH}")

    @property
    def parts(self) -> range:
        """Numbers of the parts, as `cut` made them."""
        return range(self._parts)

    def cut(self, names: Iterable[str], rows_max: int) -> None:
        """Make as many parts as keep all of a part's rows below that."""
        rows = sum(self.rows(name) for name in names)
        self._parts = min(_BUCKETS, -(-rows // rows_max) or 1)

    def stream(
        self,
        name: str,
        batches: Iterable[pa.RecordBatch],
        columns: Iterable[str],
        query: str,
    ) -> None:
        """Put down what a query makes of these batches, by its column `bucket`."""
        names = [*columns]
        duck.stream(self._connection, batches, names, self._spreading(name, query))
        if not self._files(name, range(_BUCKETS)):
            empty = self._copying(name, 0, _WITHOUT_BUCKET.format(query=query))
            duck.stream(self._connection, (), names, empty)

    def spread(self, name: str, query: str) -> None:
        """Put down what a query finds, by its column `bucket`."""
        duck.roomy(self._connection, self._spreading(name, query))

    def lay(self, name: str, part: int, query: str) -> None:
        """Put down what a query finds, all for one part."""
        first = next(iter(self._buckets(part)))
        duck.roomy(self._connection, self._copying(name, first, query))

    def of(self, name: str, parts: int | range) -> str:
        """Return what SQL reads a part from, or several."""
        wanted = range(parts, parts + 1) if isinstance(parts, int) else parts
        files = self._files(name, (b for part in wanted for b in self._buckets(part)))
        return _reading(files) if files else f"(FROM {self.all(name)} LIMIT 0)"

    def heaps(self, name: str, rows_max: int) -> Iterator[range]:
        """Take parts together while their rows of a pile are few; none without rows."""
        first, rows = 0, 0
        for part in self.parts:
            more = self._rows(self.of(name, part))
            if rows and rows + more > rows_max:
                yield range(first, part)
                first, rows = part, 0
            rows += more
        if rows:
            yield range(first, self._parts)

    def all(self, name: str) -> str:
        """Return what SQL reads all parts from."""
        return _reading(self._files(name, range(_BUCKETS)))

    def rows(self, name: str) -> int:
        """Count a pile."""
        return self._rows(self.all(name))

    @contextmanager
    def part(self) -> Iterator[None]:
        """Drop every table, view and macro with the part that it was made for."""
        self._connection.execute("CREATE SCHEMA part")
        self._connection.execute("SET search_path = 'part,main'")
        try:
            yield
        finally:
            self._connection.execute("SET search_path = 'main'")
            self._connection.execute("DROP SCHEMA part CASCADE")

    def _buckets(self, part: int) -> range:
        first, end = (-(-_BUCKETS * p // self._parts) for p in (part, part + 1))
        return range(first, end)

    def _spreading(self, name: str, query: str) -> str:
        folder = self._fresh(name)
        return (
            f"COPY ({query}) TO {_quoted(folder)}"
            " (FORMAT parquet, COMPRESSION lz4, PARTITION_BY (bucket))"
        )

    def _copying(self, name: str, bucket: int, query: str) -> str:
        folder = self._fresh(name) / f"bucket={bucket}"
        folder.mkdir(parents=True)
        file = _quoted(folder / "all.parquet")
        return f"COPY ({query}) TO {file} (FORMAT parquet, COMPRESSION lz4)"

    def _fresh(self, name: str) -> Path:
        self._written += 1
        (self._folder / name).mkdir(exist_ok=True)
        return self._folder / name / str(self._written)

    def _files(self, name: str, buckets: Iterable[int]) -> list[Path]:
        pile = self._folder / name
        return [file for b in buckets for file in pile.glob(f"*/bucket={b}/*")]

    def _rows(self, source: str) -> int:
        counted = _COUNT.format(source=source)
        [(rows,)] = self._connection.execute(counted).fetchall()
        return int(rows)


def _reading(files: Iterable[Path]) -> str:
    names = ", ".join(_quoted(file) for file in files)
    return f"read_parquet([{names}], hive_partitioning = false)"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
