"""Print what one order costs to read, to convert and to write, per platform.

    python benchmarks/convert.py

Orders come from the demo shop: twelve countries, about eleven match keys each.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

from capi_jobs.conversion import Converter
from capi_jobs.demo.orders import Row, clean_orders
from capi_jobs.model import Conversion, Order
from capi_jobs.orders import read_order
from capi_jobs.orders.columns import read_table
from capi_jobs.orders.tables import Table
from capi_jobs.platforms import platform_named

ORDERS = 20_000
ROUNDS = 3  # the best counts: the others were disturbed
SOURCES = {"meta": "", "tiktok": "web", "snapchat": "web"}


def main() -> None:
    rows = [order.row for order in clean_orders(ORDERS, datetime.now(UTC), seed=1)]
    read = [read_order(row, timezone=None) for row in rows]
    web = [o for o in read if isinstance(o, Order) and o.channel == "web"]
    _print("read", lambda: [read_order(row, timezone=None) for row in rows], len(rows))
    table = _table(rows)
    _print("read as columns", lambda: read_table(table, timezone=None), len(rows))
    for name, source in SOURCES.items():
        _platform(name, source, web)


def _table(rows: list[Row]) -> Table:
    """Write them as PostgreSQL does."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, list[str | None]] = {
        name: [None if row.get(name) is None else str(row[name]) for row in rows]
        for name in names
    }
    for name in ("completed_at", "updated_at"):
        instants = [datetime.fromisoformat(str(row[name])) for row in rows]
        columns[name] = [
            f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00" for at in instants
        ]
    return Table(columns, len(rows))


def _platform(name: str, source: str, orders: list[Order]) -> None:
    platform = platform_named(name)
    converter = Converter(
        platform,
        destination=name,
        source=source,
        default_country=None,
        event_names={},
        build_fbc=True,
    )
    converted = [converter.convert(order, order.order_id) for order in orders]
    ready = [found for found in converted if isinstance(found, Conversion)]
    keys = sum(len(conversion.match_keys) for conversion in ready) / len(ready)
    _print(
        f"{name}: convert ({keys:.1f} keys)",
        lambda: [converter.convert(order, order.order_id) for order in orders],
        len(orders),
    )
    _print(
        f"{name}: write the event",
        lambda: [platform.event(conversion) for conversion in ready],
        len(ready),
    )


def _print(what: str, work: Callable[[], object], count: int) -> None:
    best = min(_seconds(work) for _ in range(ROUNDS))
    print(f"{what:32} {best / count * 1e6:6.1f} µs {count / best:10,.0f} /s")


def _seconds(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


if __name__ == "__main__":
    main()
