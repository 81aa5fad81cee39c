"""What platforms tell of matching is told once, the last word on each figure."""

from datetime import timedelta
from decimal import Decimal

from capi_jobs.report.qualities import platform_figures, weight
from tests.report.building import NOON, Shop, a_score


def test_the_platforms_figures_are_those_of_its_last_day(shop: Shop) -> None:
    before, midnight = NOON - timedelta(days=1), a_score().start
    email = a_score(metric="coverage.email", theirs=Decimal(81))
    shop.ledger.keep_readings(
        [
            a_score(start=midnight - timedelta(days=1), taken_at=before),
            a_score(start=midnight - timedelta(days=1), metric="coverage.ip"),
            a_score(),
            email,
            a_score(metric="coverage.phone", theirs=None),
            a_score(metric="events"),
            a_score(destination="tiktok"),
        ]
    )

    assert platform_figures(shop.ledger, "meta") == (email, a_score())
    assert platform_figures(shop.ledger, "snap") == ()


def test_identifiers_of_a_group_weigh_alike_and_others_nothing() -> None:
    assert (weight("fbc"), weight("madid"), weight("shoe_size")) == (150, 150, 0)
