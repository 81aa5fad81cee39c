"""Ids, pairs and the time between them."""

from datetime import timedelta

from capi_jobs.audit.health import Channel
from tests.audit.building import WINDOW, at, audit, entry, event, order, server


def test_ids_are_counted_by_channel() -> None:
    events = [event(), event(event_id=None), server(), event("DE-1", event_id="x")]

    with audit([order()], events) as made:
        told = made.health.channels

    assert told == (
        Channel(channel="browser", events=3, with_id=2),
        Channel(channel="server", events=1, with_id=1),
    )


def test_pairs_have_one_name_and_id_and_a_time_between_them() -> None:
    orders = [order(f"DE-100{n}") for n in range(1, 5)]
    events = [
        event("DE-1001"),
        server("DE-1001", event_time=at(seconds=9)),
        event("DE-1002"),
        server("DE-1002", event_time=at(hours=50)),
        event("DE-1003", event_id="px"),
        server("DE-1003"),
        event("DE-1004"),
    ]

    with audit(orders, events) as made:
        health = made.health

    assert (health.both, health.paired, health.within_window) == (3, 2, 1)
    assert (health.apart_min, health.apart_max) == (
        timedelta(seconds=4),
        timedelta(hours=50, seconds=-5),
    )
    assert health.window == WINDOW


def test_our_own_copy_pairs_with_the_browsers() -> None:
    with audit([order()], [event()], entries=[entry()]) as made:
        assert (made.health.both, made.health.paired) == (1, 1)


def test_without_events_there_is_nothing_to_pair() -> None:
    with audit([order()]) as made:
        health = made.health

    assert (health.channels, health.both, health.apart_median) == ((), 0, None)
