import pytest

from tests.jobs.reuploading.building import Desk
from tests.shop import Shop, orders


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """A desk in a shop that is empty yet."""
    return Desk(shop)


@pytest.fixture
def sent(shop: Shop, database_url: str) -> Desk:
    """A shop that has delivered three orders; its ledger on either database."""
    shop.configure(ledger=database_url).fill(orders(3)).run()
    return Desk(shop)
