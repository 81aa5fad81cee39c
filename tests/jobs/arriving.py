"""A shop that has sent, a platform that is asked, and others that send there, too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from capi_jobs.config import load
from capi_jobs.jobs import verifying
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import Unwatched, opened
from capi_jobs.jobs.verified import Verification, Verified
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from tests.shop import Row, Shop, client, orders

PROMPT = '[destinations.arrival]\ndelay = "0s"\n'
ORDERS = 200


def verified(shop: Shop, interval: DataInterval | None = None) -> Verified:
    with opened(load(shop.config), SystemClock()) as house:
        span = interval or verifying.recent(house)
        return verifying.verify(
            house, span, house.settings.destinations, watcher=Unwatched()
        )


def of_meta(shop: Shop) -> Verification:
    return next(one for one in verified(shop).destinations if one.name == "meta-web")


def kept(shop: Shop, metric: str) -> list[Reading]:
    with opened(load(shop.config), SystemClock()) as house:
        return house.ledger.readings("meta-web", metric=metric)


def lent(shop: Shop) -> Iterator[Shop]:
    config = shop.config.read_text()
    yield shop
    shop.config.write_text(config)
    client().delete(f"{shop.url}/sandbox/faults").raise_for_status()


def run_with(shop: Shop, *faults: Row, arrival: str = "", **changes: Any) -> Shop:  # noqa: ANN401
    """Send all orders while the sandbox goes wrong as told."""
    shop.configure(per_destination=PROMPT + arrival, **changes)
    shop.fill(orders(ORDERS))
    if faults:
        shop.faults(*faults)
    shop.run()
    return shop


def others_send(shop: Shop, count: int, **body: str) -> None:
    """Another sender sends events of its own to the same dataset."""
    event = {
        "event_name": "Purchase",
        "event_time": int(datetime.now(UTC).timestamp()),
        "action_source": "website",
        "event_source_url": "https://shop.example/",
        "user_data": {"em": ["5e" * 32], "client_user_agent": "Mozilla/5.0"},
        "custom_data": {"value": 1, "currency": "EUR"},
    }
    events = [{**event, "event_id": f"other-{n}"} for n in range(count)]
    answer = client().post(
        f"{shop.url}/v26.0/1234567890/events",
        json={"data": events, "access_token": "other", **body},
    )
    answer.raise_for_status()
