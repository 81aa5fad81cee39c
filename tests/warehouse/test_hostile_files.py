"""CSV files as they come: orders, or a fault that says where; never another error."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_jobs.errors import DataContractFault, WarehouseUnavailable
from capi_jobs.orders import read_order
from capi_jobs.warehouse import OrdersSource, Warehouse
from tests.warehouse.shops import DAY

HEAD = b"order_id,completed_at,value,currency,items\n"
GOOD = b"o-1,2026-11-20T12:00:00Z,19.90,EUR,\n"
# What a reader of CSV looks at.
PIECES = [
    *(bytes([one]) for one in b'",;\t\n\r\\#\x00\xff'),
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"NULL",
    b"1e999",
    b'"[{""sku"":""tea""',
    b"x" * 3000,
    HEAD,
    GOOD,
]
pieces = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=6)
files = st.builds(
    lambda head, body, good: (HEAD if head else b"") + b"".join(body) + (GOOD * good),
    st.booleans(),
    pieces,
    st.integers(0, 2),
)


# A warehouse of files is opened in a tenth of a second.
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=files)
def test_any_csv_gives_orders_or_a_fault(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(content)
    warehouse = Warehouse.open("duckdb:///")
    try:
        found = [
            row
            for batch in warehouse.orders(OrdersSource(str(file)), ["o-1"], DAY)
            for row in batch.to_pylist()
        ]
    except (DataContractFault, WarehouseUnavailable):
        return
    for row in found:
        assert read_order(row, timezone=None) is not None


def test_a_broken_line_is_named_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(HEAD + GOOD + b"o-2,jane.secret@example.com\xff,1,EUR,\n")
    warehouse = Warehouse.open("duckdb:///")

    with pytest.raises(DataContractFault) as fault:
        list(warehouse.orders(OrdersSource(str(file)), ["o-1"], DAY))

    assert "secret" not in str(fault.value)
    assert str(fault.value).startswith("line 3 of ")
