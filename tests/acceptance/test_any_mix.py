"""Whatever mix of breaks, runs, kills and lost answers: the audit's books close.

Every example is a month of a shop with its own breaks, worked by runs that die at a
commit or around a call, lose answers, or are stopped by a person. What each audit says
is compared with the truth that was kept apart, with the ledger, and with what the
platforms counted. More of them: `MIXES=50 pytest tests/acceptance/test_any_mix.py`.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from capi_jobs.demo.breaks import BREAKS
from capi_jobs.demo.config import TOKEN, TOKEN_VARIABLE
from capi_jobs.ledger.values import Decision, Gate, RunDestination
from capi_jobs.lifecycle import Status
from capi_jobs.sandbox import running
from tests.acceptance.dying import LOST_AFTER, LOST_BEFORE, NEVER
from tests.acceptance.mixing import (
    NOW,
    Audited,
    Found,
    Known,
    Mix,
    Step,
    sandbox_settings,
)
from tests.simulator import FakeClock

# A mix takes nine seconds, so that a failing one is told as it is and not made small.
MIXES = int(os.environ.get("MIXES", "5"))
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

# Named as a pattern from four orders on; a shared id needs two of them. Of what runs
# cannot see, enough that some are young enough to be sent.
PATTERNS = {
    f"misaligned/{cause}"
    for cause in "tax_included tax_left_out constant_factor shipping_included"
    " shipping_left_out time_zone".split()
}
# Runs cannot see that somebody told them, so that they are told again: docs/audit.md.
UNSEEN = ("misaligned/event_name", "misaligned/id_format")
COUNTS = {
    "duplicated/orders_share_id": (0, 2),
    **dict.fromkeys(PATTERNS, (0, 4, 5)),
    **dict.fromkeys(UNSEEN, (0, 4, 9)),
}
# One of them is audited after each step, all of them at the end.
DESTINATIONS = ("meta-web", "tiktok-web", "snapchat-web")
# Some hundred commits and calls are a run of three destinations.
MOMENTS = 130
LEASE, WINDOW, AGE = timedelta(minutes=1), timedelta(days=2), timedelta(days=7)
SECOND = timedelta(seconds=1)

# Owed, and told by nobody: what becomes of them is decided by runs and by time.
OWED = {
    f"missing/{cause}"
    for cause in ("never_fired", "run_held", "run_waiting", "quarantined", "expired")
}

MONTHS = st.fixed_dictionaries(
    {one.kind: st.sampled_from(COUNTS.get(one.kind, (0, 1, 2, 3))) for one in BREAKS}
)
STEPS = st.lists(
    st.builds(
        Step,
        dies_at=st.none() | st.integers(1, MOMENTS),
        fates=st.lists(
            st.sampled_from(["", "", "", LOST_AFTER, LOST_BEFORE, NEVER]),
            min_size=1,
            max_size=5,
        ),
        gate=st.sampled_from(["pass", "pass", "pass", "hold", "wait"]),
        # Around the boundaries; uniform times miss them.
        later=st.sampled_from(
            [SECOND, LEASE, LEASE + SECOND, WINDOW - LEASE, WINDOW, AGE - WINDOW]
        ),
    ),
    min_size=1,
    max_size=3,
)
CLOCK = FakeClock(NOW)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as patch,
        running(sandbox_settings(CLOCK)) as url,
    ):
        patch.setenv(TOKEN_VARIABLE, TOKEN)
        yield url


@settings(max_examples=MIXES, phases=PHASES)
@given(MONTHS, st.integers(1, 1_000), st.sampled_from(["skip", "enrich"]), STEPS)
def test_the_balance_closes_and_each_order_has_one_column_and_the_true_cause(
    sandbox: str, each: Mapping[str, int], seed: int, seen: str, steps: list[Step]
) -> None:
    CLOCK.jump(NOW - CLOCK.now())
    with tempfile.TemporaryDirectory() as folder:
        mix = Mix(Path(folder), sandbox, CLOCK)
        mix.make(each, seed, seen)
        before = mix.known()
        for number, step in enumerate(steps):
            mix.take(step)
            look(mix, before, DESTINATIONS[number])
        mix.take(Step(None, [""], "pass", SECOND))
        for found in look(mix, before):
            assert set(found) & OWED <= {"missing/expired"}  # nothing is left to send


def look(mix: Mix, before: Mapping[str, Known], *names: str) -> list[Found]:
    """What must always be true; what was found."""
    told = []
    for one in mix.audited(*names):
        books_close(mix, one)
        nothing_is_counted_twice(mix, before[one.name], one.known)
        found = {kind: ids for kind, ids in one.found.items() if kind not in OWED}
        assert found == {k: ids for k, ids in told_by_others(mix, one).items() if ids}
        owed_has_one_reason(mix, before[one.name], one)
        told.append(one.found)
    return told


def books_close(mix: Mix, now: Audited) -> None:
    assert now.report.remainder == ()
    assert [day.day for day in now.report.days if not day.closes] == []
    assert now.report.total.orders.orders == mix.month.orders
    columns = now.report.total.classes.values()
    assert sum(column.orders for column in columns) == mix.month.orders
    causes = Counter(
        (kind.partition("/")[0], order)
        for kind, ids in now.found.items()
        for order in ids
    )
    assert [key for key, times in causes.items() if times > 1] == []


def nothing_is_counted_twice(mix: Mix, before: Known, now: Known) -> None:
    """A run adds nothing to what was counted, and delivered means counted."""
    unseen = {order for kind in UNSEEN for order in mix.truth[kind]}
    twice = {
        order: (before.counted.get(order, 0), times)
        for order, times in now.counted.items()
        if times > max(1, before.counted.get(order, 0) + (order in unseen))
    }
    assert twice == {}
    assert delivered(now) - set(before.statuses) <= set(now.counted)


def delivered(known: Known) -> set[str]:
    return {o for o, status in known.statuses.items() if status is Status.DELIVERED}


def told_by_others(mix: Mix, now: Audited) -> dict[str, frozenset[str]]:
    """The truth, and what has become of it by what was sent since."""
    truth = {kind: ids for kind, ids in mix.truth.items() if kind not in OWED}
    doubts = (Status.IN_DOUBT, Status.RESENDING)
    truth["missing/in_doubt"] = frozenset(
        order for order, status in now.known.statuses.items() if status in doubts
    )
    named, written = (truth[kind] & delivered(now.known) for kind in UNSEEN)
    truth["misaligned/event_name"] -= named
    truth["duplicated/two_names"] |= named
    # Those that were found by their event id were sent under the same.
    truth["duplicated/two_ids"] |= written & now.found.get(
        "duplicated/two_ids", frozenset()
    )
    return truth


def owed_has_one_reason(mix: Mix, before: Known, now: Audited) -> None:
    owed = {order for kind in OWED for order in mix.truth[kind]}
    nowhere = {kind: now.found.get(kind, frozenset()) for kind in OWED}
    told = [order for ids in nowhere.values() for order in ids]
    assert sorted(told) == sorted(owed - set(now.known.statuses))
    assert [order for order in told if now.known.counted.get(order)] == []
    assert mix.truth["missing/expired"] <= nowhere["missing/expired"]
    latest = now.known.latest
    if latest.run_id != before.latest.run_id:
        why = {f"missing/{_why(latest)}", "missing/expired", "missing/quarantined"}
        assert [kind for kind, ids in nowhere.items() if ids and kind not in why] == []


def _why(latest: RunDestination) -> str:
    if latest.gate is Gate.ASK:
        return "run_held" if latest.decision is Decision.HELD else "run_waiting"
    return "never_fired"
