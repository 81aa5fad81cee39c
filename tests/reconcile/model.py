"""Reconcile as a few plain loops: slow, obvious, and without any SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.reconcile.keys import AGE_MAX, DAY, LEASE, WINDOW, Row

RANKS = {"in_flight": 1, "in_doubt": 2, "resending": 2, "delivered": 3, "rejected": 4}
CLASS_OF_RANK = {1: "in_flight", 2: "in_doubt", 3: "delivered", 4: "rejected"}


class World(NamedTuple):
    """All that is known."""

    orders: Sequence[Row]
    events: Sequence[Row]
    entries: Sequence[Row]
    older: Sequence[Row]
    holds: Sequence[Row]
    overrides: dict[str, str]
    now: datetime
    enrich: bool


class Known(NamedTuple):
    """An order as one."""

    order_id: str
    row: Row
    is_ambiguous: bool

    @property
    def event_id(self) -> str:
        return self.row["event_id"] or self.order_id

    @property
    def is_excluded(self) -> bool:
        return self.row["consent"] == "0"


def judge(world: World) -> dict[str, tuple[str, str | None, str | None]]:
    """Return the class of each order, and the id and fault of what is due."""
    orders = _orders(world)
    entries = [*world.entries, *_looked_up(orders, world)]
    return {o.order_id: _class(o, orders, entries, world) for o in orders}


def _looked_up(orders: list[Known], world: World) -> list[Row]:
    """Return older entries that have an id of an order that is still open."""
    is_open = [order for order in orders if _is_open(order, world)]
    order_ids = {order.order_id for order in is_open}
    event_ids = {order.event_id for order in is_open}
    return [
        entry
        for entry in world.older
        if entry["order_id"] in order_ids or entry["event_id"] in event_ids
    ]


def _is_open(order: Known, world: World) -> bool:
    if order.is_excluded or any(
        entry["order_id"] == order.order_id for entry in world.entries
    ):
        return False
    seen = [event for event in world.events if _tells_of(event, order)]
    if any(event["channel"] == "server" for event in seen):
        return False
    return not seen or (world.enrich and _is_fresh(_first(seen, order), world))


def _orders(world: World) -> list[Known]:
    grouped: dict[str, list[Row]] = {}
    for row in world.orders:
        time = datetime.fromisoformat(str(row["completed_at"]))
        if DAY.start <= time < DAY.end:
            grouped.setdefault(str(row["order_id"]), []).append(row)
    return [_order(order_id, rows) for order_id, rows in grouped.items()]


def _order(order_id: str, rows: list[Row]) -> Known:
    sendable = [row for row in rows if row["consent"] != "0"]
    differ = any(row != rows[0] for row in rows)
    return Known(order_id, (sendable or rows)[0], differ and bool(sendable))


def _class(
    order: Known, orders: list[Known], entries: list[Row], world: World
) -> tuple[str, str | None, str | None]:
    own = [RANKS[str(e["status"])] for e in entries if e["order_id"] == order.order_id]
    if own:
        return CLASS_OF_RANK[min(own)], None, None
    decision = world.overrides.get(order.order_id)
    if order.is_excluded or decision == "block":
        return "excluded", None, None
    fault = _fault(order, orders, entries)
    seen = [e for e in world.events if _tells_of(e, order)]
    if any(event["channel"] == "server" for event in seen):
        return "seen_server", None, None
    late = _time(order.row, "completed_at") < world.now + LEASE - AGE_MAX
    if seen:
        hindered = fault or late or not world.enrich
        event = _first(seen, order)
        taken = [e for e in entries if e["event_id"] == event["event_id"]]
        if hindered or taken or not _is_fresh(event, world):
            return "seen_browser", None, None
        return "seen_browser", event["event_id"], None
    rules = [h["rule"] for h in world.holds if h["order_id"] == order.order_id]
    if rules and (fault or decision != "release"):
        return "held", order.event_id, fault
    return ("expired", None, None) if late else ("missing", order.event_id, fault)


def _fault(order: Known, orders: list[Known], entries: list[Row]) -> str | None:
    if order.is_ambiguous:
        return "order_id_ambiguous"
    alike = [o for o in orders if o.event_id == order.event_id and not o.is_excluded]
    taken = [e for e in entries if e["event_id"] == order.event_id]
    return "event_id_shared" if len(alike) > 1 or taken else None


def _tells_of(event: Row, order: Known) -> bool:
    return event["order_id"] == order.order_id or event["event_id"] == order.event_id


def _first(seen: list[Row], order: Known) -> Row:
    """Return the event under the order's own id, or under any; of these the first."""
    own = order.row["event_id"]

    def rank(event: Row) -> tuple[int, datetime, str]:
        event_id = event["event_id"]
        known = 0 if event_id and event_id == own else 1 if event_id else 2
        return known, _time(event, "event_time"), event_id or ""

    return min((e for e in seen if e["channel"] == "browser"), key=rank)


def _is_fresh(event: Row, world: World) -> bool:
    return world.now + LEASE <= _time(event, "event_time") + WINDOW


def _time(row: Row, name: str) -> datetime:
    return datetime.fromisoformat(str(row[name]))


# Spans to `now` at which an answer changes, and a microsecond to either side.
MOMENTS = [
    edge + timedelta(microseconds=beside)
    for edge in (AGE_MAX - LEASE, WINDOW - LEASE, timedelta(days=1))
    for beside in (-1, 0, 1)
]
