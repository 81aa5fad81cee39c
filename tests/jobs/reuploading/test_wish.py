from datetime import UTC, datetime
from typing import Any

import pytest

from capi_jobs.config import Settings, load
from capi_jobs.errors import ConfigFault
from capi_jobs.jobs.reuploading import CHOICES, ORDERS_MAX, Wish, pasted_ids
from tests.shop import Shop

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.fixture
def settings(shop: Shop) -> Settings:
    return load(shop.configure(platforms=("meta", "tiktok")).config)


def read(settings: Settings, **changes: Any) -> Wish:  # noqa: ANN401
    told = {"because": "they lost it", "order_ids": ["o-1"], **changes}
    return Wish.read(settings, now=NOW, **told)


def faults(settings: Settings, **changes: Any) -> list[str]:  # noqa: ANN401
    with pytest.raises(ConfigFault) as refused:
        read(settings, **changes)
    return [line.strip() for line in str(refused.value).splitlines()[1:-1]]


def test_a_wish_leaves_alone_what_is_known_unless_it_says_otherwise(
    settings: Settings,
) -> None:
    assert read(settings) == Wish(
        destinations=("meta-web", "tiktok-web"),
        because="they lost it",
        order_ids=("o-1",),
    )


def test_destinations_are_those_of_the_configuration_in_its_order(
    settings: Settings,
) -> None:
    assert read(settings, destinations=["tiktok-web"]).destinations == ("tiktok-web",)
    both = read(settings, destinations=["tiktok-web", "meta-web"])
    assert both.destinations == ("meta-web", "tiktok-web")


def test_ids_lose_blanks_and_repeats(settings: Settings) -> None:
    assert read(settings, order_ids=[" a", "b ", "a", " "]).order_ids == ("a", "b")


def test_an_interval_is_read_as_elsewhere(settings: Settings) -> None:
    found = read(settings, order_ids=(), interval="2026-11-20..2026-11-21")

    assert str(found.interval) == "2026-11-20T00:00:00+00:00..2026-11-22T00:00:00+00:00"
    assert found.wanted.interval == found.interval


def test_every_fault_is_told_at_once(settings: Settings) -> None:
    told = faults(
        settings,
        because=" ",
        destinations=["meta-wbe"],
        interval="2026-13-01",
        delivered="maybe",
        held="again",
    )

    assert [fault.partition(":")[0] for fault in told] == [
        "delivered",
        "held",
        "destination",
        "interval",
        "orders",
        "because",
    ]
    assert "choose of meta-web, tiktok-web" in told[2]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"order_ids": []}, "name order ids or an interval", id="neither"),
        pytest.param({"order_ids": ["  "]}, "name order ids", id="blank ids"),
        pytest.param({"interval": "yesterday"}, "not both", id="both"),
        pytest.param({"because": "x" * 2_001}, "longer than 2,000", id="long reason"),
    ],
)
def test_what_cannot_be_done_is_refused(
    settings: Settings, changes: dict[str, Any], says: str
) -> None:
    [fault] = faults(settings, **changes)

    assert says in fault


def test_as_many_ids_as_the_limit_are_taken_and_one_more_is_refused(
    settings: Settings,
) -> None:
    ids = [f"o-{n}" for n in range(ORDERS_MAX + 1)]

    assert len(read(settings, order_ids=ids[:-1]).order_ids) == ORDERS_MAX
    [fault] = faults(settings, order_ids=ids)
    assert "100,001 order ids are more than 100,000; take an interval" in fault


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_is_taken(settings: Settings, name: str) -> None:
    for choice in CHOICES[name]:
        assert getattr(read(settings, **{name: choice}), name) == choice


def test_pasted_ids_are_one_a_line() -> None:
    assert pasted_ids("a\r\n b c \n\n\nd") == ["a", "b c", "d"]


def test_a_digest_tells_every_wish_from_another_and_names_no_order(
    settings: Settings,
) -> None:
    def digest(*ids: str, **more: Any) -> str:  # noqa: ANN401
        return read(settings, order_ids=ids, **more).digest

    same = {digest("o-1", "o-2"), digest("o-2", "o-1", "o-1")}
    others = {
        digest("o-1"),
        digest("o-1", "o-2", because="why not"),
        digest("o-1", "o-2", may_count_twice=True),
        digest(interval="2026-11-20"),
        digest(interval="2026-11-21"),
        *(digest("o-1", "o-2", **{name: CHOICES[name][-1]}) for name in CHOICES),
    }

    assert (len(same), len(others), len(same | others)) == (1, 9, 10)
    assert "o-1" not in same.pop()
