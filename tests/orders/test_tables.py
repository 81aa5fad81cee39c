from collections.abc import Iterator

from capi_jobs.orders.tables import Table, TableRows

TABLE = Table({"order_id": ["A-1", "A-2"], "email": [None, "a@b.example"]}, 2)
ROWS = [
    {"order_id": "A-1", "email": None},
    {"order_id": "A-2", "email": "a@b.example"},
]


def test_a_table_has_rows_under_its_names() -> None:
    assert list(TABLE.rows()) == ROWS
    assert TABLE.row(1) == ROWS[1]


def test_a_table_shows_nothing_of_its_rows() -> None:
    assert repr(TABLE) == "Table(count=2)"


def test_rows_of_tables_come_one_by_one_in_their_order() -> None:
    assert list(TableRows(iter([TABLE, Table({}, 0), TABLE]))) == [*ROWS, *ROWS]


def test_no_table_is_asked_for_before_its_rows_are() -> None:
    asked = list[int]()

    def tables() -> Iterator[Table]:
        for number in range(2):
            asked.append(number)
            yield TABLE

    next(iter(TableRows(tables())))

    assert asked == [0]
