"""What validation costs per page: frames, rules and verdict, on the demo shop's orders.

    python -m benchmarks validate [rows]

Figures are CPU of one core, the best of several rounds.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import process_time
from typing import TYPE_CHECKING, Any

from capi_jobs.conversion import Converter
from capi_jobs.demo.orders import clean_orders
from capi_jobs.model import Conversion, Order
from capi_jobs.orders import read_order
from capi_jobs.platforms import platform_named
from capi_jobs.validation import Validator, conversion_frame, order_frame
from capi_jobs.validation.columns import frame

if TYPE_CHECKING:
    import pandas as pd

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PLATFORM = platform_named("meta")
DIRTY_ONE_OF = 100  # a negative value: a rule holds it
FEW = 10  # so few rows that what is fixed per page is all there is
ROUNDS = 7  # the best counts: other work on the machine only slows down


def main(rows: int) -> None:
    orders = some_orders(rows)
    conversions = some_conversions(orders)
    validator = Validator(now=NOW, match_keys=PLATFORM.match_keys)
    before = process_time()
    validator.check()
    print(f"import, suites, trial: {process_time() - before:.2f} s\n")
    heads = f"ms, {FEW} rows", f"ms, {rows:,} rows"
    print(f"{'':36}{heads[0]:>14}{heads[1]:>18}{'µs a row':>10}")
    both = [
        suite_of_orders(validator, orders),
        suite_of_conversions(validator, conversions),
    ]
    print(f"\nboth suites, all of it: {sum(both) / rows * 1e6:.1f} µs an order")


def some_orders(count: int) -> list[Order]:
    """Read orders of the demo shop: twelve countries, about eleven match keys each."""
    made = clean_orders(count * 2, NOW, seed=1)
    read = (read_order(order.row, timezone=None) for order in made)
    web = [o for o in read if isinstance(o, Order) and o.channel == "web"][:count]
    return [
        replace(order, value=-order.value) if i % DIRTY_ONE_OF == 0 else order
        for i, order in enumerate(web)
    ]


def some_conversions(orders: Sequence[Order]) -> list[Conversion]:
    converter = Converter(
        PLATFORM,
        destination="meta",
        source="",
        default_country=None,
        event_names={},
        build_fbc=True,
    )
    sound = [one for one in orders if one.value > 0]
    made = converter.convert(sound, [one.order_id for one in sound])
    return [one for one in made if isinstance(one, Conversion)]


def suite_of_orders(validator: Validator, orders: Sequence[Order]) -> float:
    def made(some: Sequence[Order]) -> "pd.DataFrame":
        page = order_frame.OrderPage([{}] * len(some), {}, some, NOW)
        return frame(order_frame.COLUMNS, page)

    steps(validator, "orders", [made(orders[:FEW]), made(orders)])
    timed("orders: frame of all columns", made, orders)
    return timed(
        "orders: frame, rules, verdict",
        lambda some: validator.orders([{}] * len(some), {}, some),
        orders,
    )


def suite_of_conversions(validator: Validator, found: Sequence[Conversion]) -> float:
    def made(some: Sequence[Conversion]) -> "pd.DataFrame":
        page = conversion_frame.page(some, PLATFORM.match_keys, NOW)
        return frame(conversion_frame.COLUMNS, page)

    steps(validator, "conversions", [made(found[:FEW]), made(found)])
    timed("conversions: frame of all columns", made, found)
    return timed(
        "conversions: frame, rules, verdict",
        validator.conversions,
        found,
    )


def steps(validator: Validator, suite: str, pages: "Sequence[pd.DataFrame]") -> None:
    """Compare the ways to ask Great Expectations for the rows that fail."""
    engine = validator._engine  # noqa: SLF001 — the way that is not taken
    rules = validator._suites[suite]  # noqa: SLF001
    show(
        f"{suite}: {len(rules)} rules, the public way",
        [best(partial(engine.plainly, rules, page), 3) for page in pages],
        len(pages[-1]),
    )
    show(
        f"{suite}: rules, prepared (taken)",
        [best(partial(engine.run, rules, page), ROUNDS) for page in pages],
        len(pages[-1]),
    )


def timed(what: str, work: Callable[[Any], object], rows: Sequence[object]) -> float:
    seconds = [best(partial(work, some), ROUNDS) for some in (rows[:FEW], rows)]
    show(what, seconds, len(rows))
    return seconds[-1]


def best(work: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        before = process_time()
        work()
        spent.append(process_time() - before)
    return min(spent)


def show(what: str, seconds: Sequence[float], rows: int) -> None:
    few, many = seconds
    print(f"{what:36}{few * 1e3:14.1f}{many * 1e3:18.1f}{many / rows * 1e6:10.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
