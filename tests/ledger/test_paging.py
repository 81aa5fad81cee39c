from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.pages import EntryRow
from capi_jobs.ledger.paging import PAGE_ROWS_MAX
from tests.ledger.building import Bench, an_entry


def test_pages_meet_without_gap_or_overlap(bench: Bench) -> None:
    """Even where many rows share the first column of the order."""
    bench.claim_these(
        [an_entry(n, event_time=an_entry(n // 3).event_time) for n in range(7)]
    )
    whole = bench.ledger.entries_page("meta")
    seen: list[EntryRow] = []
    after = None
    for _ in range(4):
        page = bench.ledger.entries_page("meta", after=after, limit=2)
        seen += page.rows
        after = page.after

    assert (after, tuple(seen)) == (None, whole.rows)
    assert len(seen) == 7


def test_a_full_last_page_is_the_last(bench: Bench) -> None:
    bench.claim(1, 2)

    assert bench.ledger.entries_page("meta", limit=2).after is None


def test_a_page_is_never_longer_than_its_bound(bench: Bench) -> None:
    bench.claim(*range(PAGE_ROWS_MAX + 2))

    page = bench.ledger.entries_page("meta", limit=10**9)

    assert (len(page.rows), page.after is None) == (PAGE_ROWS_MAX, False)
    assert len(bench.ledger.entries_page("meta", limit=-5).rows) == 1


def test_a_row_that_is_new_since_does_not_shift_the_pages(bench: Bench) -> None:
    bench.claim(1, 2, 3)
    first = bench.ledger.entries_page("meta", limit=1)
    bench.claim(9, event_time=an_entry(3).event_time + timedelta(hours=1))

    rest = bench.ledger.entries_page("meta", after=first.after)

    assert [row.entry.order_id for row in rest.rows] == ["o2", "o1"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mark=st.one_of(
        st.text(max_size=40), st.sampled_from(["WyIxIl0", "e30", "W" * 5_000])
    )
)
def test_a_mark_that_nobody_gave_is_refused(ledger: Ledger, mark: str) -> None:
    with pytest.raises(DecisionRefused, match="mark"):
        ledger.entries_page("meta", after=mark)


def test_a_mark_of_another_list_is_refused(bench: Bench) -> None:
    bench.claim(1)
    bench.now += timedelta(minutes=1)
    bench.claim(2)
    mark = bench.ledger.entries_page("meta", limit=1).after

    with pytest.raises(DecisionRefused, match="mark"):
        bench.ledger.batches_page("r1", after=mark)
