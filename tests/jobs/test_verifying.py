"""What was delivered is set beside what the sandbox says it counted.

A run sends now, so that the tests' destinations are late by nothing (`delay`).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from capi_jobs.config import load
from capi_jobs.jobs import verifying
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import Unwatched, opened
from capi_jobs.jobs.verified import Verification, Verified
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from capi_jobs.platforms.arrival import Trouble
from capi_jobs.sandbox import SandboxSettings
from tests.shop import Row, Shop, an_order, orders, shop_in

PROMPT = '[destinations.arrival]\ndelay = "0s"\n'
ORDERS = 200


def verified(shop: Shop, interval: DataInterval | None = None) -> Verified:
    with opened(load(shop.config), SystemClock()) as house:
        span = interval or verifying.recent(house)
        return verifying.verify(
            house, span, house.settings.destinations, watcher=Unwatched()
        )


def of_meta(shop: Shop) -> Verification:
    return next(one for one in verified(shop).destinations if one.name == "meta-web")


def kept(shop: Shop, metric: str) -> list[Reading]:
    with opened(load(shop.config), SystemClock()) as house:
        return house.ledger.readings("meta-web", metric=metric)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose orders were all delivered to Meta, once for many tests."""
    with shop_in(tmp_path_factory.mktemp("delivered")) as shop:
        yield run_with(shop, platforms=("meta",))


@pytest.fixture
def sent(delivered: Shop) -> Iterator[Shop]:
    """That shop; faults and configuration are mended after the test."""
    yield from lent(delivered)


def lent(shop: Shop) -> Iterator[Shop]:
    config = shop.config.read_text()
    yield shop
    shop.config.write_text(config)
    httpx.delete(f"{shop.url}/sandbox/faults").raise_for_status()


def run_with(shop: Shop, *faults: Row, arrival: str = "", **changes: Any) -> Shop:  # noqa: ANN401
    """Send all orders while the sandbox goes wrong as told."""
    shop.configure(per_destination=PROMPT + arrival, **changes)
    shop.fill(orders(ORDERS))
    if faults:
        shop.faults(*faults)
    shop.run()
    return shop


# ── Arrived or not ──────────────────────────────────────────────────────────────


def test_what_was_counted_has_arrived(sent: Shop) -> None:
    found = of_meta(sent)

    assert found.says == "arrived"
    assert not found.alarm
    assert found.judged is not None
    counts = (found.judged.delivered, found.judged.due, found.judged.theirs)
    assert counts == (ORDERS, ORDERS, ORDERS)


@pytest.mark.parametrize(("each", "lost"), [(100, 2), (50, 4), (200, 1)])
def test_a_silent_loss_is_reported_with_its_number(
    shop: Shop, each: int, lost: int
) -> None:
    run_with(shop, {"do": "lose", "each": each})
    found = verified(shop)

    assert sum(shop.counted().values()) == ORDERS - lost
    assert [one.says for one in found.destinations] == [f"short by {lost}"]
    assert found.needs_person is (lost > 1)  # half a percent is tolerated


def test_hours_that_go_by_event_time_are_found_out_and_named(tmp_path: Path) -> None:
    settings = SandboxSettings(stats_by_event_time=True)
    with shop_in(tmp_path, settings) as shop:
        run_with(shop, {"do": "lose", "each": 100}, platforms=("meta",))
        found = of_meta(shop)

    assert found.says == "short by 2"
    assert found.why.endswith(
        "its hours fit when they happened (arrival.counted_by is not set)"
    )


def test_a_reading_that_is_set_is_taken_and_not_said(shop: Shop) -> None:
    run_with(shop, arrival='counted_by = "receipt"\n')

    assert of_meta(shop).why == ""


def test_nothing_is_said_before_the_delay_is_over(shop: Shop) -> None:
    shop.configure(per_destination="").fill(orders(3))
    shop.run()

    assert of_meta(shop).says == "too early"


def test_an_interval_that_is_over_tells_of_itself_alone(sent: Shop) -> None:
    now = datetime.now(UTC)
    before = DataInterval(now - timedelta(days=3), now - timedelta(days=2))
    [found] = verified(sent, before).destinations

    assert found.judged is not None
    assert (found.judged.delivered, found.judged.theirs) == (0, 0)


def test_an_interval_of_the_future_is_too_early(sent: Shop) -> None:
    now = datetime.now(UTC)
    ahead = DataInterval(now + timedelta(days=1), now + timedelta(days=2))
    [found] = verified(sent, ahead).destinations

    assert found.says == "too early"
    assert found.why == "the platform can tell nothing of that time yet"


def test_copies_of_browser_events_are_not_called_short(tmp_path: Path) -> None:
    """Here the platform leaves out copies that it recognised."""
    with shop_in(tmp_path, SandboxSettings(stats_after_dedup=True)) as shop:
        shop.configure(platforms=("meta",), per_destination=PROMPT)
        shop.fill([an_order("o-1"), an_order("o-2")])
        pixel = {"platform": "meta", "account": "1234567890", "event_id": "o-2"}
        httpx.post(f"{shop.url}/sandbox/pixel", json=pixel).raise_for_status()
        shop.change(
            "CREATE TABLE log (event_id, event_name, event_time, order_id, platform)"
        )
        now = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
        shop.change("INSERT INTO log VALUES ('o-2', 'Purchase', ?, 'o-2', 'meta')", now)
        config = shop.config.read_text()
        log = '[[sent_events]]\nrelation = "log"\nchannel = "browser"\n'
        enrich = config.replace(
            'channels = ["web"]', 'channels = ["web"]\non_browser_seen = "enrich"'
        )
        shop.config.write_text(enrich + log)
        shop.run()
        found = of_meta(shop)

    assert found.says == "cannot know"
    assert found.why.startswith("1 fewer, but 1 are second copies")


# ── Others ──────────────────────────────────────────────────────────────────────


def others_send(shop: Shop, count: int, **body: str) -> None:
    """Another sender sends events of its own to the same dataset."""
    event = {
        "event_name": "Purchase",
        "event_time": int(datetime.now(UTC).timestamp()),
        "action_source": "website",
        "event_source_url": "https://shop.example/",
        "user_data": {"em": ["5e" * 32], "client_user_agent": "Mozilla/5.0"},
        "custom_data": {"value": 1, "currency": "EUR"},
    }
    events = [{**event, "event_id": f"other-{n}"} for n in range(count)]
    answer = httpx.post(
        f"{shop.url}/v26.0/1234567890/events",
        json={"data": events, "access_token": "other", **body},
    )
    answer.raise_for_status()


def test_more_than_ours_shows_that_others_send(shop: Shop) -> None:
    run_with(shop)
    others_send(shop, 30)
    found = of_meta(shop)

    assert found.says == "cannot know"
    assert "30 more than all that is known to be sent" in found.why


def test_less_than_ours_is_short_whoever_else_sends(shop: Shop) -> None:
    run_with(shop, {"do": "lose", "each": 10})
    others_send(shop, 5)

    assert of_meta(shop).says == "short by 15"


def test_our_agent_tells_ours_from_theirs(shop: Shop) -> None:
    run_with(shop, {"do": "lose", "each": 100}, arrival='agent = "shop-1.0"\n')
    others_send(shop, 30, partner_agent="another-2.0")

    assert of_meta(shop).says == "short by 2"


def test_a_log_of_the_other_sender_is_counted_in(shop: Shop) -> None:
    run_with(shop)
    others_send(shop, 3)
    shop.change(
        "CREATE TABLE log (event_id, event_name, event_time, order_id, platform)"
    )
    now = datetime.now(UTC).isoformat()
    for n in range(3):
        shop.change(
            "INSERT INTO log VALUES (?, 'Purchase', ?, NULL, 'meta')", f"other-{n}", now
        )
    log = '[[sent_events]]\nrelation = "log"\nchannel = "server"\n'
    shop.config.write_text(shop.config.read_text() + log)

    assert of_meta(shop).says == "arrived"


def test_a_log_that_cannot_be_read_is_said_and_the_rest_goes_on(sent: Shop) -> None:
    log = '[[sent_events]]\nrelation = "gone"\nchannel = "server"\n'
    sent.config.write_text(sent.config.read_text() + log)
    found = of_meta(sent)

    assert found.says == "arrived"
    assert "what others sent is not known" in found.why


# ── Store orders ────────────────────────────────────────────────────────────────


def test_store_orders_of_a_tag_are_read_from_uploads(shop: Shop) -> None:
    run_with(
        shop,
        {"do": "lose", "each": 100},
        arrival='upload_tag = "stores"\n',
    )
    assert of_meta(shop).says == f"short by {ORDERS}"  # none is a store's order


def test_a_mixed_destination_is_not_called_short(shop: Shop) -> None:
    shop.configure(per_destination=PROMPT).fill([an_order("s-1"), *orders(3)])
    shop.change("ALTER TABLE orders ADD COLUMN channel")
    shop.change("UPDATE orders SET channel = iif(order_id = 's-1', 'store', 'web')")
    text = shop.config.read_text()
    shop.config.write_text(text.replace('channels = ["web"]\n', ""))
    shop.faults({"do": "lose", "when": {"order_id": ["s-1"]}})
    shop.run()
    found = of_meta(shop)

    assert found.says == "cannot know"
    assert "physical_store events may not stand in these counts" in found.why


# ── Trouble ─────────────────────────────────────────────────────────────────────


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


# ── What is kept ────────────────────────────────────────────────────────────────


def test_what_was_said_is_kept_hour_by_hour(shop: Shop) -> None:
    run_with(shop, {"do": "lose", "each": 100})
    of_meta(shop)
    [row] = kept(shop, "events")

    told = (row.ours, row.theirs, row.short, row.verdict, row.event_name)
    assert told == (Decimal(200), Decimal(198), 2, "short", "Purchase")
    assert row.end - row.start == timedelta(hours=1)


def test_a_later_word_takes_the_place_of_the_earlier(shop: Shop) -> None:
    run_with(shop)
    of_meta(shop)
    others_send(shop, 1)
    of_meta(shop)
    [row] = kept(shop, "events")

    assert (row.theirs, row.verdict) == (Decimal(201), "cannot_know")


def test_the_platforms_match_quality_is_kept_beside_our_forecast(sent: Shop) -> None:
    found = of_meta(sent)
    [score] = [one for one in found.quality if one.metric == "match_quality"]
    [row] = kept(sent, "match_quality")
    [email] = [one for one in found.quality if one.metric == "coverage.em"]

    assert score.ours is not None
    assert Decimal(0) < score.ours < Decimal(10)
    assert (row.ours, row.theirs) == (score.ours, score.theirs)
    assert (email.ours, email.theirs) == (Decimal("100.0"), Decimal("100.0"))


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
