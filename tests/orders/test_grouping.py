from capi_jobs.model import Order
from capi_jobs.orders.grouping import Row, order_id_of, read_by_order
from capi_jobs.orders.tables import Table, TableRows

ROW: Row = {
    "order_id": "A-1",
    "completed_at": "2026-11-20T10:00:00Z",
    "value": "12.50",
    "currency": "EUR",
}
BAD: Row = {**ROW, "currency": "nothing"}


def grouped(*rows: Row) -> dict[str, list[tuple[Row, bool]]]:
    read = read_by_order(rows, timezone=None)
    return {
        name: [(dict(one.row), isinstance(one.order, Order)) for one in several]
        for name, several in read.items()
    }


def test_an_order_is_kept_without_its_raw_row() -> None:
    assert grouped(ROW) == {"A-1": [({}, True)]}


def test_a_row_that_is_no_order_is_kept_raw_with_its_faults() -> None:
    [[read]] = read_by_order([BAD], timezone=None).values()

    assert (read.row, read.order) == (BAD, None)
    assert [fault.rule for fault in read.faults] == ["currency_unknown"]


def test_a_row_told_twice_is_one() -> None:
    assert grouped(ROW, dict(ROW)) == {"A-1": [({}, True)]}
    assert grouped(BAD, dict(BAD)) == {"A-1": [(BAD, False)]}


def test_rows_of_one_order_that_differ_are_both_there() -> None:
    assert grouped(ROW, {**ROW, "email": "a@b.example"}) == {"A-1": [({}, True)] * 2}
    assert grouped(ROW, BAD) == {"A-1": [({}, True), (BAD, False)]}


def test_ids_are_trimmed_of_spaces_as_keys_are() -> None:
    told = [" A-1 ", "A-1\n", 17, None, ""]

    assert [order_id_of({"order_id": one}) for one in told] == [
        "A-1",
        "A-1\n",
        "17",
        "",
        "",
    ]


def test_tables_are_grouped_as_their_rows_are() -> None:
    told = [ROW, BAD, ROW, {**ROW, "value": "7"}, {**ROW, "order_id": " A-2 "}, BAD]
    columns = {name: [str(row[name]) for row in told] for name in ROW}
    # The same in a second table: rows of one order need not lie in one.
    tables = [Table(columns, len(told))] * 2

    grouped = read_by_order(TableRows(tables), timezone=None)

    assert read_by_order([*told, *told], timezone=None) == grouped
    assert [(name, len(several)) for name, several in grouped.items()] == [
        ("A-1", 3),
        ("A-2", 1),
    ]
