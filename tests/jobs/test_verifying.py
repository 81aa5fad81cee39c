"""What was delivered is set beside what the sandbox says it counted.

A run sends now, so that the tests' destinations are late by nothing (`delay`). What
goes wrong while asking is in test_verifying_trouble.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from capi_jobs.model import DataInterval
from capi_jobs.sandbox import SandboxSettings
from tests.jobs.arriving import (
    ORDERS,
    PROMPT,
    kept,
    lent,
    of_meta,
    others_send,
    run_with,
    verified,
)
from tests.shop import Shop, an_order, orders, shop_in


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose orders were all delivered to Meta, once for many tests."""
    with shop_in(tmp_path_factory.mktemp("delivered")) as shop:
        yield run_with(shop, platforms=("meta",))


@pytest.fixture
def sent(delivered: Shop) -> Iterator[Shop]:
    """That shop; faults and configuration are mended after the test."""
    yield from lent(delivered)


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


def log_others(shop: Shop, count: int) -> None:
    """Let a log tell what another server sent just now."""
    shop.change(
        "CREATE TABLE log (event_id, event_name, event_time, order_id, platform)"
    )
    now = datetime.now(UTC).isoformat()
    for n in range(count):
        told = (f"other-{n}", now)
        shop.change("INSERT INTO log VALUES (?, 'Purchase', ?, NULL, 'meta')", *told)
    log = '[[sent_events]]\nrelation = "log"\nchannel = "server"\n'
    shop.config.write_text(shop.config.read_text() + log)


def test_a_log_of_the_other_sender_is_counted_in(shop: Shop) -> None:
    run_with(shop)
    others_send(shop, 3)
    log_others(shop, 3)

    assert of_meta(shop).says == "arrived"


def test_counts_of_our_agent_need_no_log_of_others(shop: Shop) -> None:
    run_with(shop, arrival='agent = "shop-1.0"\n')
    log_others(shop, 3)

    assert of_meta(shop).says == "arrived"


def test_a_log_that_cannot_be_read_is_said_and_the_rest_goes_on(sent: Shop) -> None:
    log = '[[sent_events]]\nrelation = "gone"\nchannel = "server"\n'
    sent.config.write_text(sent.config.read_text() + log)
    found = of_meta(sent)

    assert found.says == "arrived"
    assert "what others sent is not known" in found.why


# ── Store orders ────────────────────────────────────────────────────────────────


def test_store_orders_of_a_tag_are_read_from_uploads(shop: Shop) -> None:
    shop.configure(per_destination=PROMPT + 'upload_tag = "stores"\n')
    shop.fill(orders(20))
    shop.change("ALTER TABLE orders ADD COLUMN channel DEFAULT 'store'")
    text = shop.config.read_text()
    shop.config.write_text(text.replace('channels = ["web"]', 'channels = ["store"]'))
    shop.faults({"do": "lose", "each": 10})
    shop.run()
    others_send(shop, 5)

    assert of_meta(shop).says == "short by 2"


def test_a_tag_that_no_store_order_had_tells_of_nothing(shop: Shop) -> None:
    run_with(shop, arrival='upload_tag = "stores"\n')

    assert of_meta(shop).says == f"short by {ORDERS}"


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
