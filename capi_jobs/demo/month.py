"""A month of a shop in which every kind of break was made, a known number of times.

For the audit: what was done is kept apart, in the table `demo_truth` and in the result;
the tool reads neither. How each break is made stands in `breaks.py`, what capi-jobs
itself sent in that month in `month_books.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from capi_jobs.demo.breaks import AMBIGUOUS, BREAKS, Break
from capi_jobs.demo.month_books import Books, keep_books
from capi_jobs.demo.month_logs import Logs
from capi_jobs.demo.orders import DemoOrder, clean_orders
from capi_jobs.demo.shop import SEED
from capi_jobs.demo.store import ORDER_COLUMNS, store
from capi_jobs.demo.truth import Truth

SPAN = timedelta(days=31)
ORDERS = 4_000
# Patterns that many orders share are named from twenty on.
EACH = 24
# What of the others is told by the pixel alone, by pixel and server, by the server
# alone; the rest capi-jobs sent. Shares are percent, made up.
_SEEN = {"browser": 45, "both": 25, "server": 15, "ours": 15}
_EVENT = "event_id event_name event_time order_id value currency items platform".split()
LAYOUT = {
    "completed_orders": ORDER_COLUMNS,
    "browser_events": _EVENT,
    "server_events": _EVENT,
    "plugin_events": _EVENT,
    "demo_truth": ["kind", "order_id"],
}


@dataclass(frozen=True, slots=True)
class Month:
    """What was made."""

    path: Path
    orders: int
    interval: tuple[datetime, datetime]  # holds every order, half-open
    truth: Mapping[str, frozenset[str]]  # kind/cause → order ids


def make_month(  # noqa: PLR0913 - how large, and how broken
    path: Path,
    ledger_url: str,
    *,
    now: datetime,
    orders: int = ORDERS,
    each: int | Mapping[str, int] = EACH,
    seed: int = SEED,
    ambiguous: bool = False,
) -> Month:
    """Write a SQLite warehouse and a ledger; `ambiguous` adds what nobody can tell.

    `each` says how often every break is made, or by kind how often; others are not.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    rng = Random(f"{seed}-month")
    made = [
        order
        for order in clean_orders(orders, now, seed, SPAN)
        if order.row["channel"] == "web"
    ]
    truth, logs, books = Truth(), Logs(rng=rng), Books()
    whole = _break(made, (*BREAKS, *(AMBIGUOUS if ambiguous else ())), each, rng)
    for order in made:
        if kind := whole.get(order.order_id):
            truth.note(kind.kind, kind.make(order, logs, books))
        else:
            _fine(order, logs, books, rng)
    kept = [order for order in made if order.order_id not in books.gone]
    store(
        path,
        {
            "completed_orders": [order.row for order in kept],
            **logs.tables,
            "demo_truth": truth.rows(),
        },
        LAYOUT,
    )
    keep_books(ledger_url, books, now)
    return Month(
        path=path,
        orders=len(kept),
        interval=(now - SPAN, now),
        truth={kind: frozenset(ids) for kind, ids in truth.kinds.items()},
    )


def _break(
    orders: list[DemoOrder],
    kinds: tuple[Break, ...],
    each: int | Mapping[str, int],
    rng: Random,
) -> dict[str, Break]:
    """Choose the orders of each kind; none has two."""
    chosen: dict[str, Break] = {}
    for kind in kinds:
        count = each if isinstance(each, int) else each.get(kind.kind, 0)
        free = [o for o in orders if o.order_id not in chosen and kind.fits(o)]
        for order in rng.sample(free, count):
            chosen[order.order_id] = kind
    return chosen


def _fine(order: DemoOrder, logs: Logs, books: Books, rng: Random) -> None:
    way = rng.choices(list(_SEEN), list(_SEEN.values()))[0]
    if way in {"browser", "both"}:
        logs.browser(order)
    if way in {"server", "both"}:
        logs.server(order)
    if way == "ours":
        books.delivered.append(order)
