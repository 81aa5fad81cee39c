"""What validation costs per page: frames, rules and coverage, at 2 % bad rows.

    python benchmarks/validate.py [rows]

Figures are CPU seconds of one core; the comment in capi_jobs/validation/engine.py
quotes them.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from time import process_time

from capi_jobs.model import Conversion, Item, Order
from capi_jobs.validation import Validator, conversion_frame, order_frame
from capi_jobs.validation.columns import frame

NOW = datetime(2026, 11, 22, tzinfo=UTC)
# Five kinds of dirt, one row of 250 each.
DIRT: tuple[dict[str, object], ...] = (
    {"value": Decimal(-5)},
    {"currency": "ZZZ"},
    {"completed_at": NOW + timedelta(days=1)},
    {"email": None, "phone": None, "ip": None},
    {"items": (Item("cup", 1, Decimal(100_000)),)},
)


def order(place: int, changes: dict[str, object]) -> Order:
    told: dict[str, object] = {
        "order_id": f"A-{place}",
        "completed_at": NOW - timedelta(minutes=place % 4_000 + 1),
        "value": Decimal(20 + place % 900),
        "currency": "EUR",
        "email": f"someone{place}@shop.example",
        "phone": "+49 30 123456",
        "country": "DE",
        "ip": "192.0.2.1",
        "user_agent": "Mozilla/5.0",
        "items": (Item("cup", 1, Decimal(20 + place % 900)),),
    }
    return Order(**(told | changes))  # type: ignore[arg-type]


def conversion(one: Order) -> Conversion:
    return Conversion(
        destination="meta",
        order_id=one.order_id,
        event_id=one.order_id,
        event_name="Purchase",
        event_time=one.completed_at,
        value=one.value,
        currency=one.currency,
        source="website",
        match_keys={"em": "5e" * 32, "ph": "5e" * 32, "client_ip_address": "192.0.2.1"},
    )


def timed(what: str, work: Callable[[], object]) -> None:
    """Take the best of three: other work on the machine only slows down."""
    spent = []
    for _ in range(3):
        before = process_time()
        work()
        spent.append(process_time() - before)
    print(f"{what:<44}{min(spent):7.2f} s")


def main(rows: int) -> None:
    dirt = cycle(DIRT)
    orders = [order(i, next(dirt) if i % 50 == 0 else {}) for i in range(rows)]
    conversions = [conversion(one) for one in orders]
    raw: list[dict[str, object]] = [{}] * rows
    validator = Validator(now=NOW)
    before = process_time()
    validator.check()
    print(f"{'import, suites, trial':<44}{process_time() - before:7.2f} s")
    frames(validator, order_frame.OrderPage(raw, {}, orders, NOW))
    timed("Validator.orders", lambda: validator.orders(raw, {}, orders))
    keys = validator._keys  # noqa: SLF001 — the seam between frame and rules
    timed(
        "conversions: frame",
        lambda: frame(
            conversion_frame.COLUMNS, conversion_frame.page(conversions, keys, NOW)
        ),
    )
    timed("Validator.conversions", lambda: validator.conversions(conversions))
    small = raw[:1_000], orders[:1_000]
    timed(
        "Validator.orders, 1,000 rows", lambda: validator.orders(small[0], {}, small[1])
    )


def frames(validator: Validator, page: order_frame.OrderPage) -> None:
    """Compare the ways to ask Great Expectations for the rows that fail."""
    engine = validator._engine  # noqa: SLF001 — the ways that were not taken
    rules = validator._suites["orders"]  # noqa: SLF001
    held = [rule for rule in rules if rule.severity != "info"]
    counted = [rule for rule in rules if rule.severity == "info"]
    fresh = order_frame.OrderPage(page.rows, page.faults, page.orders, page.now)
    made = frame(order_frame.COLUMNS, fresh)

    def twice() -> None:
        found = engine._validate(held, made, "BASIC")  # noqa: SLF001
        failing = [rule for rule in held if found[rule.name].failed]
        engine._validate(failing, made, "COMPLETE")  # noqa: SLF001
        engine._validate(counted, made, "BASIC")  # noqa: SLF001

    timed(
        "orders: frame",
        lambda: frame(
            order_frame.COLUMNS,
            order_frame.OrderPage(page.rows, page.faults, page.orders, page.now),
        ),
    )
    print(f"{len(held)} rules that name rows, {len(counted)} of coverage")
    timed("rules: all COMPLETE", lambda: engine._validate(rules, made, "COMPLETE"))  # noqa: SLF001
    timed("rules: BASIC, the failing ones COMPLETE", twice)
    timed("rules: COMPLETE, coverage BASIC (taken)", lambda: engine.run(rules, made))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
