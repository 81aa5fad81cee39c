import pytest

from tests.jobs.steps.building import Night
from tests.shop import Shop


@pytest.fixture
def night(shop: Shop) -> Night:
    """The day of Meta's destination in a shop that is empty yet."""
    return Night(shop)
