"""Our own destinations that share an account know of each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from capi_jobs.config import load
from capi_jobs.jobs import verifying
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import Unwatched, opened
from tests.shop import Shop, orders, shop_in

PROMPT = '[destinations.arrival]\ndelay = "0s"\n'


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two destinations of one dataset: the second sends under a name of its own."""
    with shop_in(tmp_path_factory.mktemp("shared")) as shop:
        shop.configure(platforms=("meta",), per_destination=PROMPT)
        text = shop.config.read_text()
        second = text[text.index("[[destinations]]") :].replace("meta-web", "meta-two")
        names = 'event_names = { Purchase = "Bought" }\n[destinations.arrival]'
        second = second.replace("[destinations.arrival]", names)
        shop.config.write_text(text + second)
        shop.fill(orders(20))
        shop.run()
        yield shop


def verdicts(shop: Shop) -> dict[str, str]:
    with opened(load(shop.config), SystemClock()) as house:
        chosen = house.settings.destinations
        span = verifying.recent(house)
        found = verifying.verify(house, span, chosen, watcher=Unwatched())
    return {one.name: one.says for one in found.destinations}


def test_events_of_other_names_are_told_apart(shared: Shop) -> None:
    assert verdicts(shared) == {"meta-web": "arrived", "meta-two": "arrived"}


def test_events_of_one_name_are_counted_together(tmp_path: Path) -> None:
    """Both send the same orders; the sandbox tells of copies, too."""
    with shop_in(tmp_path) as shop:
        shop.configure(platforms=("meta",), per_destination=PROMPT)
        text = shop.config.read_text()
        second = text[text.index("[[destinations]]") :].replace("meta-web", "meta-two")
        shop.config.write_text(text + second)
        shop.fill(orders(20))
        shop.run()

        assert verdicts(shop) == {"meta-web": "arrived", "meta-two": "arrived"}
