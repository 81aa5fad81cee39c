"""An audit in many parts says what it says in one."""

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

from tests.audit.building import Row, at, audit, entry, event, one_class, order, server

ROUNDS = 10


def test_many_parts_find_what_one_finds() -> None:
    """Also what lies with other orders than it is of, and what many orders share."""
    one, many = _found(10_000), _found(100)

    assert many == one
    assert one["remainder"] == ROUNDS
    assert set(one["found"]) == {
        "duplicated/new_id_each_time",
        "duplicated/no_event_id",
        "duplicated/orders_share_id",
        "duplicated/refired",
        "duplicated/two_ids",
        "misaligned/event_name",
        "misaligned/id_format",
        "misaligned/shipping_included",
        "misaligned/tax_included",
        "misaligned/time",
        "misaligned/time_zone",
        "misaligned/value",
        "misfiring/before_order",
        "misfiring/no_order",
        "misfiring/refunded",
        "misfiring/reopened",
        "missing/never_fired",
    }
    assert min(one["found"].values()) == ROUNDS


def _found(rows_per_part_max: int) -> dict[str, Any]:
    orders, events = _shop()
    ids = [str(row["order_id"]) for row in orders]
    with audit(
        orders,
        events,
        entries=[entry(one, value="9.00") for one in ids[::5]],
        classes=[
            one_class(one, **{"class": "missing"}) for one in ids if "-03" not in one
        ],
        rows_per_part_max=rows_per_part_max,
        systematic_orders=ROUNDS,
        systematic_share=0.01,
    ) as made:
        findings = list(made.findings())
        return {
            "found": Counter(f"{one.kind}/{one.cause}" for one in findings),
            "findings": sorted(findings, key=str),
            "groups": [replace(group, detail="") for group in made.groups],
            "corrections": sorted(made.corrections(), key=str),
            "corrected": made.corrected,
            "health": made.health,
            "inputs": made.inputs,
            "remainder": len(made.statement.remainder),
            "statement": made.statement,
        }


def _shop() -> tuple[list[Row], list[Row]]:
    orders: list[Row] = []
    events: list[Row] = []
    for n in range(ROUNDS):
        for kind in range(20):
            changes, told = _case(kind, f"DE-{kind:02}{1000 + n}", n)
            orders.append(order(f"DE-{kind:02}{1000 + n}", **changes))
            events += told
    return orders, events


def _case(kind: int, one: str, n: int) -> tuple[dict[str, str | None], list[Row]]:
    """Return what is special of an order, and what was told of it."""
    sha = hashlib.sha256(one.encode()).hexdigest()
    none: dict[str, str | None] = {}
    cases: list[tuple[dict[str, str | None], list[Row]]] = [
        (none, [event(one), server(one)]),
        ({"event_id": f"ev-{n}"}, [event(None, event_id=f"ev-{n}", value=f"{n}.07")]),
        (none, [event(sha, event_id="x")]),
        (none, [event(f"shop/{one}", event_id=None)]),
        (none, []),
        ({"event_id": f"same-{n}"}, [event(one, event_id=f"same-{n}")]),
        ({"event_id": f"same-{n}"}, [event(one, event_id=f"same-{n}")]),
        (none, [event(one, event_id=f"told-{n // 2}")]),
        (none, [event(one), server(one, event_id=f"s-{n}")]),
        (none, [event(one), event(one, event_id=f"px-{n}", log="tags")]),
        (none, [server(one), server(one, event_time=at(hours=60 + n))]),
        (none, [event(one), server(one, event_id=None)]),
        (none, [event(one, event_name="PlaceAnOrder")]),
        ({"value": f"{n + 30}.10"}, [event(one, value=f"{(n + 30.10) * 1.19:.2f}")]),
        ({"value": f"{n + 30}.10"}, [event(one, value=f"{n + 34}.90")]),
        (none, [event(one, event_time=at(hours=2, seconds=n))]),
        (none, [event(one, event_time=at(minutes=-20 - n * 7))]),
        (none, [event(one, event_time=at(minutes=37 + n * 61))]),
        ({"status": "refunded"}, [event(one)]),
        (
            none,
            [
                event(one),
                event(one, event_time=at(days=3, seconds=n)),
                event(f"N{one}9"),
            ],
        ),
    ]
    return cases[kind]
