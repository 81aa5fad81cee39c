from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_jobs.reconcile import parting
from tests.reconcile import model
from tests.reconcile.keys import NOON, Row, entry, event, held, hold, keys, order
from tests.reconcile.keys import reconciled as reconcile
from tests.reconcile.model import MOMENTS, World

# Few names, so that they meet; enrichments that share an id have a test of their own.
IDS = st.sampled_from(["a", "b", "c"])
EVENT_IDS = st.sampled_from([None, "a", "b", "e1"])
TIMES = st.sampled_from(
    [
        NOON + timedelta(hours=hours, microseconds=beside)
        for hours in (-12, 0, 12)
        for beside in (-1, 0, 1)
    ]
).map(lambda time: time.isoformat())


def rows(build: Callable[..., Row], **fields: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401
    return st.lists(st.builds(build, **fields), max_size=4)


ORDERS = rows(
    order,
    order_id=IDS,
    event_id=EVENT_IDS,
    completed_at=TIMES,
    consent=st.sampled_from(["1", "1", "0"]),
)
EVENTS = rows(
    event,
    channel=st.sampled_from(["browser", "server"]),
    order_id=st.none() | IDS,
    event_id=st.sampled_from([None, "a", "e1", "px"]),
    event_time=TIMES,
)
ENTRIES = rows(
    entry,
    order_id=IDS | st.just("other"),
    event_id=st.sampled_from(["a", "e1", "e2"]),
    status=st.sampled_from(sorted(model.RANKS)),
)
WORLDS = st.builds(
    World,
    orders=ORDERS,
    events=EVENTS,
    entries=ENTRIES,
    older=ENTRIES,
    holds=rows(hold, order_id=IDS),
    overrides=st.dictionaries(IDS, st.sampled_from(["block", "release"]), max_size=2),
    now=st.sampled_from([NOON + moment for moment in MOMENTS]),
    enrich=st.booleans(),
)


@contextmanager
def parts(cut: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if cut:
            patch.setattr(parting, "_IDS_PER_MB", 0.002)
            patch.setattr(parting, "_NUMBERS_PER_MB", 0.002)
        yield


@settings(max_examples=60)
@given(WORLDS, st.booleans())
def test_every_order_has_the_class_that_plain_loops_give(
    world: World,
    cut: bool,
) -> None:
    """And exactly one: counts add up; all rows joined at once, or one by one."""
    expected = model.judge(world)
    with (
        parts(cut),
        reconcile(
            world.orders,
            events=world.events,
            entries=world.entries,
            older=world.older,
            holds=world.holds,
            overrides=world.overrides,
            now=world.now,
            on_browser_seen="enrich" if world.enrich else "skip",
        ) as found,
    ):
        totals = {c.value: n for c, n in found.totals.items() if n}
        due = keys(found) | held(found)

    counted: dict[str, int] = {}
    for name, _, _ in expected.values():
        counted[name] = counted.get(name, 0) + 1
    assert counted == totals
    assert _due(expected) == {
        i: (k.event_id, k.fault and k.fault.rule) for i, k in due.items()
    }


def _due(
    expected: dict[str, tuple[str, str | None, str | None]],
) -> dict[str, tuple[str, str | None]]:
    enriched = [i for name, i, _ in expected.values() if name == "seen_browser" and i]
    return {
        order_id: (event_id, fault)
        for order_id, (name, event_id, fault) in expected.items()
        if event_id and not (name == "seen_browser" and enriched.count(event_id) > 1)
    }
