from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.counts import miscounted
from capi_jobs.ledger.journal import entries_of
from capi_jobs.ledger.schema import batch_counts, entries
from capi_jobs.lifecycle import Event
from capi_jobs.model import Entry, OwedAs
from tests.ledger.building import Bench, an_entry

# What no row of an entry may hold is refused before, see test_claims.py.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60
)
ENTRIES = st.builds(
    Entry,
    destination=st.just("meta"),
    event_name=TEXTS,
    event_id=TEXTS,
    order_id=TEXTS,
    event_time=st.datetimes(timezones=st.just(UTC)),
    day=st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    value=st.decimals(-(10**30), 10**30, places=9),
    currency=TEXTS,
    owed_as=st.sampled_from(OwedAs),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(ENTRIES, max_size=5, unique_by=lambda e: (e.event_id, e.order_id))
)
def test_whatever_an_entry_holds_comes_back_as_it_went_in(
    ledger: Ledger, wanted: list[Entry]
) -> None:
    # The last example's.
    ledger.in_transaction(lambda c: c.execute(delete(batch_counts)))
    ledger.in_transaction(lambda c: c.execute(delete(entries)))
    claim = Bench(ledger).claim_these(wanted)

    with ledger.snapshot() as connection:
        kept = entries_of(connection, claim.batch_id)
        assert miscounted(connection) == []
    assert set(kept) == set(claim.entries)


def test_a_thousand_entries_are_kept_each_once(ledger: Ledger) -> None:
    wanted = [an_entry(number) for number in range(1_000)]

    claim = Bench(ledger).claim_these(wanted)

    assert claim.entries == tuple(wanted)


def test_amounts_keep_their_written_form(ledger: Ledger) -> None:
    """10.10 is not 10.1 in a report."""
    entry = replace(an_entry(1), value=Decimal("10.10"))
    claim = Bench(ledger).claim_these([entry])

    with ledger.snapshot() as connection:
        (kept,) = entries_of(connection, claim.batch_id)
    assert str(kept.value) == "10.10"


def test_a_claim_and_its_answer_cost_few_round_trips(ledger: Ledger) -> None:
    """Beside threads that compute, each is two waits for the interpreter's lock."""
    said: list[str] = []

    def note(*told: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        if not str(told[2]).startswith("BEGIN"):
            said.append(str(told[2]))

    bench = Bench(ledger)
    event.listen(ledger.engine, "before_cursor_execute", note)
    claim = bench.claim(*range(100))
    claimed = len(said)
    bench.settle(claim.batch_id, Event.ACCEPTED)

    # PostgreSQL: lock, what bars, batch and entries, counts and history.
    expected = (5, 3) if ledger.is_sqlite else (4, 2)
    assert expected == (claimed, len(said) - claimed)
