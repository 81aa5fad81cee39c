from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from capi_jobs.ledger.columns import (
    ID_BYTES_MAX,
    DecimalSum,
    Money,
    UtcDateTime,
    few_values,
    kept_id,
)
from capi_jobs.ledger.schema import entries
from tests.ledger.building import Bench

SQLITE: Dialect = sqlite.dialect()
POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def as_text(moment: datetime) -> str:
    return str(UtcDateTime().process_bind_param(moment, SQLITE))


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    one, other = one.astimezone(UTC), other.astimezone(UTC)

    assert (one < other) is (as_text(one) < as_text(other))


@given(st.datetimes(timezones=st.timezones()))
def test_times_come_back_as_the_same_moment(moment: datetime) -> None:
    back = UtcDateTime().process_result_value(as_text(moment), SQLITE)

    assert back == moment.astimezone(UTC)


def test_postgres_times_come_back_in_utc() -> None:
    there = datetime(2026, 11, 20, 21, tzinfo=timezone(timedelta(hours=9)))

    back = UtcDateTime().process_result_value(there, POSTGRES)

    assert back is not None
    assert back.isoformat() == "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_naive_times_are_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="aware"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_amounts_are_finite(dialect: Dialect, value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        Money().process_bind_param(Decimal(value), dialect)


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=9)))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    total = DecimalSum()
    for amount in amounts:
        total.step(str(Money().process_bind_param(amount, SQLITE)))

    as_integers = sum(int(amount.scaleb(9)) for amount in amounts)
    expected = Decimal(as_integers).scaleb(-9) if amounts else None
    found = total.finalize()
    assert (None if found is None else Decimal(found)) == expected


def test_a_sum_that_cannot_be_exact_is_no_sum() -> None:
    total = DecimalSum()
    total.step("1e2000")

    with pytest.raises(Inexact):
        total.step("1")


def test_nothing_adds_up_to_nothing() -> None:
    total = DecimalSum()
    total.step(None)

    assert total.finalize() is None


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
    )
)
def test_ids_of_bounded_length_are_kept_as_they_are(text: str) -> None:
    fits = len(text.encode()) <= ID_BYTES_MAX

    assert (kept_id(text) == text) is fits


@given(st.text())
def test_what_is_kept_is_bounded_and_stays_what_it_is(text: str) -> None:
    kept = kept_id(text)

    assert len(kept.encode()) <= ID_BYTES_MAX
    assert kept_id(kept) == kept


def test_long_ids_that_begin_alike_are_told_apart() -> None:
    long = "x" * 10_000

    assert kept_id(long + "1") != kept_id(long + "2")
    assert kept_id("a\x00") != kept_id("a␀")


def test_the_few_values_of_a_column_are_named_in_order(bench: Bench) -> None:
    bench.claim(1, 2, event_name="Subscribe")
    bench.claim(3, 4)
    bench.claim(5, destination="tiktok", event_name="Lead")
    name, here = entries.c.event_name, entries.c.destination

    with bench.ledger.snapshot() as connection:
        assert few_values(connection, here) == ["meta", "tiktok"]
        assert few_values(connection, name, here == "meta") == ["Purchase", "Subscribe"]
        assert few_values(connection, name, here == "snapchat") == []
