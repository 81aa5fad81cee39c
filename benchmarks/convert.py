"""Print what one order costs to read, to convert and to write, per platform.

    python -m benchmarks convert [--write]

Orders come from the demo shop: twelve countries, some twelve match keys each. At the
end, those of Meta have eleven, nine of them hashed, and Meta's own SDK builds the same;
`--write` puts that into docs/performance.md.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import thread_time
from typing import TypeVar

from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.gender import Gender
from facebook_business.adobjects.serverside.user_data import UserData

from benchmarks import telling
from capi_jobs.conversion import Converter
from capi_jobs.demo.orders import clean_orders
from capi_jobs.model import Conversion, Order
from capi_jobs.orders import read_order
from capi_jobs.platforms import Platform, platform_named
from capi_jobs.preparation.preparer import STRIDE
from tests import slowly

BEGIN, END = "<!-- built: begin -->", "<!-- built: end -->"
ORDERS = 20_000
# As many as a run takes through a step together; a round is so short that the best one
# is one that nobody disturbed.
PAGE = STRIDE
T = TypeVar("T")
ROUNDS = 5
SOURCES = {"meta": "", "tiktok": "web", "snapchat": "web"}
# Events per core-second, for Meta, of eleven match keys.
TARGET = 100_000
ELEVEN = (
    "email phone first_name last_name city zip country gender customer_id ip user_agent"
).split()
_OTHERS = ("state", "date_of_birth", "fbc", "fbp", "fbclid", "madid")


def main() -> None:
    rows = [order.row for order in clean_orders(ORDERS, datetime.now(UTC), seed=1)]
    read = [read_order(row, timezone=None) for row in rows]
    web = [o for o in read if isinstance(o, Order) and o.channel == "web"]
    took = _best(rows, lambda page: [read_order(row, timezone=None) for row in page])
    _print("read", took)
    for name in SOURCES:
        _platform(name, web)
    text = _beside_the_sdk(web)
    print(f"\n{text}")
    if "--write" in sys.argv[1:]:
        telling.write(text, "python -m benchmarks convert", (BEGIN, END))


def _platform(name: str, orders: Sequence[Order]) -> None:
    platform, converter = platform_named(name), _converter(name)
    ready = _converted(converter, orders)
    keys = sum(len(conversion.match_keys) for conversion in ready) / len(ready)
    converting = _best(orders, lambda page: _converted(converter, page))
    _print(f"{name}: convert ({keys:.1f} keys)", converting)
    writing = _best(ready, lambda page: [platform.event(one) for one in page])
    _print(f"{name}: write the event", writing)


def _converter(name: str) -> Converter:
    return Converter(
        platform_named(name),
        destination=name,
        source=SOURCES[name],
        default_country=None,
        event_names={},
        build_fbc=True,
    )


def _converted(converter: Converter, orders: Sequence[Order]) -> list[Conversion]:
    made = converter.convert(orders, [order.order_id for order in orders])
    return [one for one in made if isinstance(one, Conversion)]


# ── Eleven match keys, beside Meta's SDK ────────────────────────────────────────────


def _beside_the_sdk(web: Sequence[Order]) -> str:
    platform, converter = platform_named("meta"), _converter("meta")
    orders = [replace(one, **dict.fromkeys(_OTHERS)) for one in web]  # type: ignore[arg-type]
    orders = [one for one in orders if all(getattr(one, name) for name in ELEVEN)]
    _check(platform, _converted(converter, orders), orders)

    def build(page: Sequence[Order]) -> list[bytes]:
        return [platform.event(one) for one in _converted(converter, page)]

    first, ours = _once(orders, build), _best(orders, build)
    theirs = _best(orders, lambda page: [_by_the_sdk(one) for one in page])
    told = {
        "capi-jobs, each order once": first,
        f"capi-jobs, best of {ROUNDS} rounds": ours,
        f"Meta's SDK, best of {ROUNDS} rounds": theirs,
        "target": 1 / TARGET,
    }
    lines = [
        f"{len(orders):,} orders of eleven match keys, nine hashed, to the bytes",
        "of Meta's event, which are those that the slow way writes; one core.",
        "",
        "| | µs of CPU an event | events a core-second |",
        "|---|--:|--:|",
        *(
            f"| {name} | {cpu * 1e6:.1f} | {1 / cpu:,.0f} |"
            for name, cpu in told.items()
        ),
        "",
        f"{theirs / ours:.1f} times as fast as the SDK.",
    ]
    return "\n".join(lines)


def _check(
    platform: Platform, made: Sequence[Conversion], orders: Sequence[Order]
) -> None:
    for one, order in zip(made, orders, strict=True):
        keys = slowly.match_keys(order, platform.match_keys, None)
        expected = slowly.event("meta", replace(one, match_keys=keys))
        if len(keys) != len(ELEVEN) or expected != platform.event(one):
            raise SystemExit(f"{order.order_id}: not what the slow way writes")


def _by_the_sdk(order: Order) -> str:
    user = UserData(
        email=order.email,
        # It raises an exception at dots.
        phone=re.sub(r"\D", "", str(order.phone)),
        first_name=order.first_name,
        last_name=order.last_name,
        city=order.city,
        zip_code=order.zip,
        country_code=order.country,
        gender=Gender.FEMALE if str(order.gender)[0] == "f" else Gender.MALE,
        external_id=order.customer_id,
        client_ip_address=order.ip,
        client_user_agent=order.user_agent,
    )
    contents = [
        Content(
            product_id=item.sku,
            quantity=item.quantity,
            item_price=float(item.unit_price or 0),
            title=item.name,
        )
        for item in order.items
    ]
    event = Event(
        event_name=order.event_name,
        event_time=int(order.completed_at.timestamp()),
        event_id=order.order_id,
        event_source_url=order.page_url,
        action_source=ActionSource.WEBSITE,
        user_data=user,
        custom_data=CustomData(
            value=float(order.value),
            currency=order.currency,
            order_id=order.order_id,
            contents=contents,
        ),
    )
    return json.dumps(event.normalize())


# ── Time ────────────────────────────────────────────────────────────────────────────


def _once(each: Sequence[T], work: Callable[[Sequence[T]], object]) -> float:
    """Return CPU seconds for one, none of which was touched just before."""
    return sum(_seconds(work, page) for page in _pages(each)) / len(each)


def _best(each: Sequence[T], work: Callable[[Sequence[T]], object]) -> float:
    """Return CPU seconds for one: of every page its best round."""
    found = [min(_seconds(work, page) for _ in range(ROUNDS)) for page in _pages(each)]
    return sum(found) / len(each)


def _pages(each: Sequence[T]) -> list[Sequence[T]]:
    return [each[i : i + PAGE] for i in range(0, len(each), PAGE)]


def _seconds(work: Callable[[Sequence[T]], object], page: Sequence[T]) -> float:
    start = thread_time()
    work(page)
    return thread_time() - start


def _print(what: str, seconds: float) -> None:
    print(f"{what:32} {seconds * 1e6:6.1f} µs {1 / seconds:10,.0f} /s")


if __name__ == "__main__":
    main()
