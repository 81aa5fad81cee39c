"""What goes wrong while platforms are asked is said, and the others go on."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from capi_jobs.jobs.verified import Verified
from capi_jobs.platforms.arrival import Trouble
from tests.jobs.arriving import PROMPT, lent, of_meta, run_with, verified
from tests.shop import Row, Shop, shop_in


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose orders were all delivered to Meta, once for many tests."""
    with shop_in(tmp_path_factory.mktemp("delivered")) as shop:
        yield run_with(shop, platforms=("meta",))


@pytest.fixture
def sent(delivered: Shop) -> Iterator[Shop]:
    """That shop; faults and configuration are mended after the test."""
    yield from lent(delivered)


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """All three platforms, each told what it needs to know."""
    with shop_in(tmp_path_factory.mktemp("platforms")) as shop:
        run_with(shop)
        text = shop.config.read_text()
        arrival = text.index(PROMPT, text.index('name = "tiktok-web"'))
        needs = PROMPT + 'advertiser = "7000"\ntimezone = "UTC"\n'
        rest = text[arrival + len(PROMPT) :]
        shop.config.write_text(text[:arrival] + needs + rest)
        yield shop


@pytest.fixture
def three(platforms: Shop) -> Iterator[Shop]:
    """That shop; faults and configuration are mended after the test."""
    yield from lent(platforms)


def says(found: Verified) -> Mapping[str, str]:
    return {one.name: one.says for one in found.destinations}


def test_each_platform_tells_what_it_can(three: Shop) -> None:
    """TikTok's and Snapchat's counts are of browser events, too: there are none."""
    assert says(verified(three)) == {
        "meta-web": "arrived",
        "tiktok-web": "arrived",
        "snapchat-web": "arrived",
    }


def test_a_loss_is_found_at_each_platform(tmp_path: Path) -> None:
    with shop_in(tmp_path) as shop:
        run_with(shop, {"do": "lose", "each": 40, "platform": "snapchat"})
        found = says(verified(shop))

    assert found["snapchat-web"] == "short by 5"
    assert found["meta-web"] == "arrived"


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        ({"do": "forbid"}, Trouble.FORBIDDEN),
        ({"do": "nonsense", "on": "read"}, Trouble.UNREADABLE),
        ({"do": "html", "on": "read"}, Trouble.DOWN),
        ({"do": "drop_before", "on": "read"}, Trouble.DOWN),
        ({"do": "throttle", "on": "read"}, Trouble.THROTTLED),
        ({"do": "other_zone"}, Trouble.NOT_POSSIBLE),
    ],
    ids=str,
)
def test_one_platforms_trouble_is_said_and_the_others_go_on(
    three: Shop, rule: Row, trouble: Trouble
) -> None:
    text = three.config.read_text()
    three.config.write_text(f"{text}[verify]\nattempts_max = 1\n")
    three.faults({**rule, "platform": "meta"})
    found = verified(three)

    [meta] = [one for one in found.destinations if one.name == "meta-web"]
    assert meta.untold is not None
    assert (meta.says, meta.untold.trouble) == ("cannot know", trouble)
    assert meta.why
    assert says(found)["tiktok-web"] == says(found)["snapchat-web"] == "arrived"
    assert not found.failed
    assert not found.needs_person


def test_a_refused_token_stops_its_destination_alone(three: Shop) -> None:
    three.faults({"do": "expire_token", "on": "read", "platform": "meta", "times": 1})
    (three.folder / "own_token").write_text("sandbox-of-its-own")
    text = three.config.read_text()
    three.config.write_text(text.replace("file:token", "file:own_token", 1))
    found = verified(three)

    [meta] = [one for one in found.destinations if one.name == "meta-web"]
    assert found.failed
    assert "token invalid" in str(meta.stopped)
    assert [bool(one.stopped) for one in found.destinations] == [True, False, False]


def test_a_read_token_that_is_missing_stops_its_destination_alone(
    three: Shop,
) -> None:
    text = three.config.read_text()
    missing = PROMPT + 'token = "env:NOBODY_SET_THIS"\n'
    three.config.write_text(text.replace(PROMPT, missing, 1))
    found = verified(three)

    [stopped] = [one.stopped for one in found.destinations if one.stopped]
    assert "NOBODY_SET_THIS" in str(stopped)
    assert says(found)["snapchat-web"] == "arrived"


def test_pages_are_all_read(sent: Shop) -> None:
    sent.faults({"do": "paginate", "count": 1})

    assert of_meta(sent).says == "arrived"


def test_hours_of_another_zone_are_understood(sent: Shop) -> None:
    sent.faults({"do": "other_zone", "zone": "Asia/Kolkata"})

    assert of_meta(sent).says == "arrived"


def test_hours_without_a_zone_are_read_in_the_one_that_is_set(shop: Shop) -> None:
    run_with(shop, arrival='timezone = "UTC"\n')
    shop.faults({"do": "other_zone"})

    assert of_meta(shop).says == "arrived"


def test_a_platform_that_lets_one_wait_is_asked_again(sent: Shop) -> None:
    sent.faults({"do": "throttle", "on": "read", "times": 1, "retry_after": 0})
    text = sent.config.read_text()
    sent.config.write_text(f'{text}[verify]\nwait_max = "0s"\n')
    found = of_meta(sent)

    assert found.says == "arrived"
    assert found.calls == 3  # stats twice, quality once


def test_of_a_platform_that_tells_no_quality_it_is_said(three: Shop) -> None:
    why = {one.name: one.quality_untold for one in verified(three).destinations}

    assert why["meta-web"] is None
    assert why["tiktok-web"] is not None
    assert why["snapchat-web"] is not None


def test_no_token_is_in_what_is_said_or_kept(three: Shop) -> None:
    found = verified(three)

    assert "sandbox-sEcReT" not in repr(found) + str(found.as_json())
    ledger = (three.folder / "ledger.db").read_bytes()
    assert b"sandbox-sEcReT" not in ledger
