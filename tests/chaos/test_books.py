"""What chaos finds wrong with books: each lie about an order is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.books import Truth, _balance, _each_order, twice
from chaos.database import Sqlite
from chaos.world import World


class Counted:
    """A sandbox that counted each order so often."""

    url = "http://127.0.0.1:1"

    def __init__(self, **times: int) -> None:
        self.times = times

    def counted(self, platform: str) -> list[dict[str, Any]]:
        return [{"order_id": name, "counted": n} for name, n in self.times.items()]

    def shift(self, seconds: float) -> None:
        return


def a_world(folder: Path, **times: int) -> World:
    world = World(
        folder,
        Sqlite(folder),
        Counted(**times),  # type: ignore[arg-type]
        ("meta",),
        timedelta(seconds=1),
    )
    world.sell(1)
    return world


def an_entry(world: World, status: str, **ago: float) -> dict[str, Any]:
    first = (world.now - timedelta(**ago)).isoformat()
    return {"status": status, "reason": "", "first_sent_at": first}


@pytest.mark.parametrize(
    ("status", "times", "hours_ago", "expected"),
    [
        ("delivered", 1, 1, []),
        ("delivered", 0, 1, ["meta: o-1 is delivered (), counted 0 times"]),
        ("delivered", 2, 1, ["meta: o-1 is delivered (), counted 2 times"]),
        ("rejected", 0, 1, ["meta: o-1 is rejected (), counted 0 times"]),
        ("in_flight", 1, 1, ["meta: o-1 is in_flight (), counted 1 times"]),
        ("in_doubt", 1, 47, ["meta: o-1 is in_doubt (), counted 1 times"]),
        ("in_doubt", 1, 48, []),
        ("in_doubt", 0, 48, []),
        (None, 0, 1, ["meta: o-1 is missing, counted 0 times"]),
        (None, 1, 1, ["meta: o-1 is missing, counted 1 times"]),
    ],
)
def test_delivered_and_counted_once_is_right_and_a_doubt_beyond_its_window(
    tmp_path: Path,
    status: str | None,
    times: int,
    hours_ago: float,
    expected: list[str],
) -> None:
    world = a_world(tmp_path, **{"o-1": times})
    entries = {"o-1": an_entry(world, status, hours=hours_ago)} if status else {}
    truth = Truth()

    _each_order(world, "meta", entries, truth)

    assert truth.wrong == expected


def test_what_was_counted_twice_is_told_at_any_moment(tmp_path: Path) -> None:
    world = a_world(tmp_path, **{"o-1": 2, "o-2": 1})

    assert twice(world) == ["meta: o-1 was counted 2 times"]


def test_what_nobody_owed_is_told(tmp_path: Path) -> None:
    world, truth = a_world(tmp_path, **{"o-1": 1, "o-9": 1}), Truth()

    _each_order(world, "meta", {"o-1": an_entry(world, "delivered", hours=1)}, truth)

    assert truth.wrong == ["meta: counted what nobody owed: {'o-9'}"]


def test_a_balance_is_right_in_orders_and_in_money(tmp_path: Path) -> None:
    world = a_world(tmp_path, **{"o-1": 1})
    entries = {"o-1": an_entry(world, "delivered", hours=1)}
    nothing: dict[str, Any] = {"orders": 0, "values": {}}
    [owed] = world.owed.values()

    def wrong(value: str, orders: int, left: dict[str, Any]) -> list[str]:
        classes = {"delivered": {"orders": orders, "values": {"EUR": value}}}
        told = {"name": "m", "remainder": left, "classes": classes, "days": []}
        truth = Truth()
        _balance(world, told, entries, truth)
        return truth.wrong

    assert wrong(owed, 1, nothing) == []
    assert wrong(owed, 2, nothing) == [
        "m: the report says {'delivered': 2}, the list Counter({'delivered': 1})"
    ]
    assert wrong("0.01", 1, nothing) == [
        f"m: {owed} EUR were owed, the report tells ['0.01']"
    ]
    assert wrong(owed, 1, {"orders": 1, "values": {}}) == [
        "m: all days leaves {'orders': 1, 'values': {}}"
    ]
