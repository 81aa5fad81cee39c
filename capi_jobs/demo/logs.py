"""What the shop's other senders logged: the browser's pixel, and a server of theirs.

Most orders stand in them already; the rest is what the tool has to find. Logs have dirt
of their own, and each piece of it is noted as truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from capi_jobs.demo.dirt import EXCLUDED
from capi_jobs.demo.orders import OLD, DemoOrder, Row, utc_text
from capi_jobs.demo.truth import Truth


@dataclass(frozen=True, slots=True)
class Platform:
    """How much of the shop one platform has seen. Shares are percent, made up."""

    name: str
    destination: str
    browser: int  # of web orders, by its pixel
    server: int  # of web orders the pixel lost, by another sender
    both: int  # of those the pixel has, by the other sender as well
    age_max: timedelta  # of an event it still takes, from its documents
    event_names: tuple[str, ...] = ("Purchase",)


PLATFORMS = (
    Platform("meta", "meta-web", 70, 50, 5, OLD),
    # Its pixel was set up before the event was renamed, on half of the pages. How old
    # an event TikTok takes is not confirmed: the strict reading is a week.
    Platform("tiktok", "tiktok-web", 66, 40, 0, OLD, ("CompletePayment", "Purchase")),
    Platform("snapchat", "snapchat-web", 58, 45, 8, OLD, ("PURCHASE",)),
)
OFF_WEB_SERVER = 40  # of app, store and phone orders, by the other sender

OTHER_ID = 5  # of browser events: an id that the order does not know
NO_ORDER_ID = 6  # of browser events of orders that know their event id
TWICE = 3  # of browser events: the thank-you page was loaded again
# Orders that exist in no warehouse: deleted, or another shop's under the same pixel.
UNKNOWN_ORDERS = 120
# Checkouts of orders that the pixel then lost: no purchase, although they name one.
CHECKOUTS = 20


@dataclass(slots=True)
class Logs:
    """Rows of the two log tables."""

    browser: list[Row] = field(default_factory=list)
    server: list[Row] = field(default_factory=list)


def write_logs(orders: list[DemoOrder], truth: Truth, seed: int) -> Logs:
    """Both logs for every platform. None has what cannot be sent."""
    logs = Logs()
    for platform in PLATFORMS:
        rng = Random(f"{seed}-logs-{platform.name}")
        for order in orders:
            if platform.name not in order.held_by:
                _log(order, platform, logs, truth, rng)
        logs.browser.extend(_unknown_orders(orders, platform, truth, rng))
    return logs


def _log(
    order: DemoOrder, platform: Platform, logs: Logs, truth: Truth, rng: Random
) -> None:
    """By the pixel, by the other sender, by both or by nobody."""
    web = order.row["channel"] == "web"
    browser = web and _in(rng, platform.browser)
    server = _in(rng, _server_share(platform, web=web, browser=browser))
    if browser:
        logs.browser.extend(_browser_events(order, platform, truth, rng))
        truth.note(f"browser_{platform.name}", order.order_id)
    if server:
        logs.server.append(_server_event(order, platform, rng))
        truth.note(f"server_{platform.name}", order.order_id)
    if web and not browser and not server:
        truth.note(f"unseen_{platform.name}", order.order_id)
        if order.dirt not in EXCLUDED and order.now - order.at < platform.age_max:
            truth.note(f"owed_{platform.name}", order.order_id)
        if truth.count(f"log_checkout_{platform.name}") < CHECKOUTS:
            logs.browser.append(_checkout(order, platform, rng))
            truth.note(f"log_checkout_{platform.name}", order.order_id)


def _server_share(platform: Platform, *, web: bool, browser: bool) -> int:
    if not web:
        return OFF_WEB_SERVER
    return platform.both if browser else platform.server


def _browser_events(
    order: DemoOrder, platform: Platform, truth: Truth, rng: Random
) -> Iterator[Row]:
    known = order.row["event_id"]
    row = _event(order, rng) | {
        "event_name": rng.choice(platform.event_names),
        "event_id": known or f"px-{rng.getrandbits(64):016x}",
        "platform": platform.name,
    }
    if known and _in(rng, NO_ORDER_ID):
        row["order_id"] = None
        truth.note(f"log_no_order_id_{platform.name}", order.order_id)
    elif known and _in(rng, OTHER_ID):
        row["event_id"] = f"px-{rng.getrandbits(64):016x}"
        truth.note(f"log_other_id_{platform.name}", order.order_id)
    yield row
    if _in(rng, TWICE):
        truth.note(f"log_twice_{platform.name}", order.order_id)
        later = order.at + timedelta(seconds=rng.randrange(2, 300))
        yield row | {"event_time": utc_text(min(later, order.now))}


def _server_event(order: DemoOrder, platform: Platform, rng: Random) -> Row:
    """The other sender knows orders, not pixels: it makes its ids of order numbers."""
    return _event(order, rng) | {
        "event_name": platform.event_names[-1],
        "event_id": order.row["event_id"] or order.order_id,
        "destination": platform.destination,
    }


def _event(order: DemoOrder, rng: Random) -> Row:
    at = min(order.at + timedelta(seconds=rng.randrange(1, 20)), order.now)
    return {
        "event_time": utc_text(at),
        "order_id": order.order_id,
        "value": order.row["value"],
        "currency": order.row["currency"],
    }


def _checkout(order: DemoOrder, platform: Platform, rng: Random) -> Row:
    return _event(order, rng) | {
        "event_name": "InitiateCheckout",
        "event_id": f"co-{rng.getrandbits(64):016x}",
        "platform": platform.name,
    }


def _unknown_orders(
    orders: list[DemoOrder], platform: Platform, truth: Truth, rng: Random
) -> Iterator[Row]:
    for number in range(UNKNOWN_ORDERS):
        like = rng.choice(orders)
        # Numbers from before the shop's first one.
        order_id = f"{like.market.country}-{900_001 + number}"
        truth.note(f"log_unknown_order_{platform.name}", order_id)
        yield _event(like, rng) | {
            "order_id": order_id,
            "event_name": platform.event_names[-1],
            "event_id": f"px-{rng.getrandbits(64):016x}",
            "platform": platform.name,
        }


def _in(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent
