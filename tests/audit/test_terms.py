import pytest

from capi_jobs.audit.terms import DIALECTS, flat
from capi_jobs.platforms import NAMES, platform_named


@pytest.mark.parametrize(
    "name", ["Purchase", "PURCHASE", "Place an Order", "order_completed", "order-paid"]
)
def test_a_purchase_is_known_however_it_is_written(name: str) -> None:
    assert flat(name) in DIALECTS


@pytest.mark.parametrize(
    "name", ["InitiateCheckout", "add_to_cart", "PageView", "START_CHECKOUT", "Lead"]
)
def test_a_step_before_a_purchase_is_none(name: str) -> None:
    assert flat(name) not in DIALECTS


@pytest.mark.parametrize("platform", NAMES)
def test_the_platforms_own_names_of_a_purchase_are_known(platform: str) -> None:
    one = platform_named(platform)
    purchase = one.event_names.get("Purchase", "Purchase")

    spellings = {purchase, *(k for k, v in one.aliases.items() if v == purchase)}
    assert {flat(name) for name in spellings} <= DIALECTS
