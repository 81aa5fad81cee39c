from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import Shop, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with one destination, Meta's, and a warehouse that is empty yet."""
    with shop_in(tmp_path) as made:
        yield made.configure(platforms=("meta",))
