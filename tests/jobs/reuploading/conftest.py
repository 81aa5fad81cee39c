import pytest

from tests.jobs.reuploading.building import Desk
from tests.shop import Shop


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """A desk in a shop that is empty yet."""
    return Desk(shop)
