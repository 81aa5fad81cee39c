"""Entries in doubt → conversions to send again, read anew from the warehouse."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from capi_jobs.jobs.house import House
from capi_jobs.jobs.preparing import prepare
from capi_jobs.ledger.values import EventKey, key_of
from capi_jobs.model import DataInterval, Entry, OrderKey, OwedAs, Prepared
from capi_jobs.preparation import Preparer

# When the browser's copy was counted stands in no ledger. A pixel that fired more than
# half a deduplication window (a day) before its order was complete is none we know.
_SURE_SHARE = 0.5
# Intervals are half-open: this takes the last order in.
_INSTANT = timedelta(microseconds=1)


def rebuilt(
    house: House, preparer: Preparer, entries: Sequence[Entry]
) -> Mapping[EventKey, Prepared | str]:
    """Read entries' orders again; ids, time and value stay as they were first sent."""
    times = [entry.event_time for entry in entries]
    now = house.clock.now()
    keys = [
        OrderKey(
            entry.order_id,
            entry.event_id,
            entry.event_time,
            entry.day,
            # Frozen: whatever the row says by now, the copy says what was sent.
            None,
            "",
            OwedAs(entry.owed_as),
            send_until=_send_until(preparer, entry),
        )
        for entry in entries
    ]
    span = DataInterval(min(times), max(times) + _INSTANT)
    page = prepare(house, preparer, keys, span, now)
    blocked = house.blocked(
        preparer.destination.name, [entry.order_id for entry in entries]
    )
    by_order = {entry.order_id: entry for entry in entries}
    again: dict[EventKey, Prepared | str] = {
        key_of(by_order[one.entry.order_id]): preparer.frozen(
            one, by_order[one.entry.order_id]
        )
        for one in page.ready
    }
    for held in page.holds:
        again[key_of(by_order[held.order_id])] = f"a rule holds the order: {held.rule}"
    for order_id, reason in page.excluded.items():
        again[key_of(by_order[order_id])] = f"no longer to be sent: {reason}"
    for order_id in blocked:
        again[key_of(by_order[order_id])] = "no longer to be sent: blocked"
    return again


def _send_until(preparer: Preparer, entry: Entry) -> datetime | None:
    """An enrichment meets the browser's copy, or counts twice: not long after it."""
    if entry.owed_as is not OwedAs.ENRICHMENT:
        return None
    return entry.event_time + preparer.limits.dedup_window * _SURE_SHARE
