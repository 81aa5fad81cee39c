"""`preview`: a file of orders → the exact requests, and every held order with its rule.

Needs a destination of the configuration, no warehouse and no ledger; sends nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import orjson

from capi_jobs.batching import batches
from capi_jobs.config import Destination, Settings
from capi_jobs.jobs.reading_files import read_rows
from capi_jobs.model import Call, Hold, Order, OrderKey, OwedAs, Prepared, RowFault
from capi_jobs.orders import event_id_of, read_order
from capi_jobs.orders.grouping import order_id_of
from capi_jobs.platforms import platform_named
from capi_jobs.preparation import Page, Preparer
from capi_jobs.validation import Validator

# What stands where a secret would be.
MASK = "***"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, and what would not and why."""

    destination: str
    calls: tuple[Call, ...]
    held: tuple[Hold, ...]
    ready: int


def as_document(previews: Sequence[Preview]) -> bytes:
    """Write the stable JSON of design 4.8; bodies are the exact bytes to be sent."""
    requests = [
        {
            "destination": one.destination,
            "method": call.method,
            "url": call.url,
            "headers": dict(call.headers),
            "body": orjson.Fragment(call.body),
        }
        for one in previews
        for call in one.calls
    ]
    held = [
        {
            "destination": one.destination,
            "order_id": hold.order_id,
            "rule": hold.rule,
            "rules": hold.rules,
            "message": hold.message,
        }
        for one in previews
        for hold in one.held
    ]
    document = {"requests": requests, "held": held}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def preview(
    settings: Settings, destination: Destination, file: Path, *, as_of: datetime
) -> Preview:
    """Prepare the orders of a file as a run at `as_of` would."""
    rows = read_rows(file)
    preparer = Preparer(
        settings,
        destination,
        Validator(
            settings.validation.expectations,
            now=as_of,
            match_keys=platform_named(destination.platform).match_keys,
        ),
    )
    named = [row for row in rows if order_id_of(row)]
    keys = list(_keys(named, settings))
    page = preparer.page(keys, named, now=as_of)
    young, late = _by_age(preparer, page.ready, as_of + settings.delivery.lease)
    return Preview(
        destination.name,
        tuple(_calls(preparer, young)),
        (
            *page.holds,
            *_unsent(destination.name, page),
            *late,
            *_nameless(destination.name, rows, settings),
        ),
        len(young),
    )


def _calls(preparer: Preparer, ready: Sequence[Prepared]) -> Iterator[Call]:
    destination = preparer.destination
    target = destination.target(MASK if destination.app_secret else None)
    for batch in batches(
        ready,
        events_max=preparer.limits.events_per_batch_max,
        bytes_max=preparer.limits.body_bytes_max,
        overhead=preparer.platform.overhead(target, MASK),
    ):
        call = preparer.platform.call([one.event for one in batch], target, MASK)
        # Where the token stands in the address, its mask came out in percent signs.
        yield replace(call, url=call.url.replace(quote(MASK, safe=""), MASK))


def _keys(
    rows: Sequence[Mapping[str, object]], settings: Settings
) -> Iterator[OrderKey]:
    """Give every order of the file its key, as reconcile would."""
    template = settings.orders.event_id_template if settings.orders else "{order_id}"
    keys: dict[str, OrderKey] = {}
    for row in rows:
        order = read_order(row, timezone=settings.orders_zone)
        order_id = order_id_of(row)
        keys.setdefault(order_id, _key(order_id, order, template))
    uses = Counter(key.event_id for key in keys.values() if key.event_id)
    for key in keys.values():
        shared = uses[key.event_id] > 1
        yield replace(key, fault=_SHARED) if shared else key


def _key(order_id: str, order: Order | tuple[RowFault, ...], template: str) -> OrderKey:
    if isinstance(order, tuple):
        return OrderKey(order_id, "", None, None, None, "", OwedAs.MISSING)
    return OrderKey(
        order_id,
        event_id_of(order, None, template),
        order.completed_at,
        None,
        order.value,
        order.currency,
        OwedAs.MISSING,
    )


def _by_age(
    preparer: Preparer, ready: Sequence[Prepared], latest: datetime
) -> tuple[list[Prepared], list[Hold]]:
    young, late = [], []
    for one in ready:
        made = one.conversion
        if preparer.limits.too_old(made.source, made.event_time, latest):
            late.append(_hold_of(one, "expired", "older than the platform takes"))
        else:
            young.append(one)
    return young, late


def _hold_of(one: Prepared, rule: str, message: str) -> Hold:
    entry = one.entry
    return Hold(
        entry.destination,
        entry.order_id,
        rule,
        message,
        (rule,),
        entry.day,
        entry.value,
        entry.currency,
    )


def _unsent(destination: str, page: Page) -> Iterator[Hold]:
    for order_id, reason in page.excluded.items():
        rule = f"excluded_{reason}"
        yield Hold(destination, order_id, rule, "not owed to anybody", (rule,))


def _nameless(
    destination: str, rows: Sequence[Mapping[str, object]], settings: Settings
) -> Iterator[Hold]:
    """Hold rows without an order id one by one: no two of them are the same order."""
    for row in rows:
        read = read_order(row, timezone=settings.orders_zone)
        if not order_id_of(row) and isinstance(read, tuple):
            rules = tuple(fault.rule for fault in read)
            yield Hold(destination, "", rules[0], read[0].message, rules)


_SHARED = RowFault("event_id_shared", "another order of the file has this event id")
