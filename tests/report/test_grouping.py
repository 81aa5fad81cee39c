from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from capi_jobs.report.amounts import Amount
from capi_jobs.report.contents import GROUPS_MAX, SAMPLES_MAX, Group
from capi_jobs.report.grouping import Gathered, Member, grouped
from tests.report.building import NOON


def a_member(key: str, number: int = 0) -> Member[str]:
    since = NOON + timedelta(hours=number)
    return Member(key, f"o{number}", Decimal(10), "EUR", since)


def written(key: str, found: Gathered) -> Group:
    return Group(
        reason=key,
        amount=found.amount,
        samples=tuple(found.samples),
        oldest=found.oldest,
        says="",
        do=(),
    )


def test_orders_of_one_reason_stand_together_with_their_oldest() -> None:
    groups = grouped([a_member("a", 3), a_member("b"), a_member("a", 1)], written)
    first = groups.shown[0]
    assert (first.reason, first.samples) == ("a", ("o3", "o1"))
    assert Amount.of(2, Decimal(20), "EUR") == first.amount
    assert NOON + timedelta(hours=1) == first.oldest


def test_samples_are_few_and_counts_are_whole() -> None:
    (group,) = grouped((a_member("a", n) for n in range(500)), written).shown
    assert len(group.samples) == SAMPLES_MAX
    assert group.amount.orders == 500


def test_a_flood_of_reasons_is_bounded_and_counted() -> None:
    def flood() -> Iterator[Member[str]]:
        for n in range(5_000):
            yield a_member(f"reason {n}")
            yield a_member("the usual one")

    groups = grouped(flood(), written)
    assert len(groups.shown) == GROUPS_MAX
    assert groups.shown[0].reason == "the usual one"
    assert groups.shown[0].amount.orders == 5_000
    assert groups.orders == 10_000


def test_a_hold_without_a_readable_value_counts_as_an_order() -> None:
    member = Member("a", "o1", None, "", None)
    (group,) = grouped([member], written).shown
    assert Amount.of(1, Decimal(0), "") == group.amount
    assert group.oldest is None
