"""What a run keeps of its holds, and how far an approval goes."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.config import load
from capi_jobs.errors import LedgerUnavailable
from capi_jobs.jobs import running
from capi_jobs.jobs.house import opened
from capi_jobs.ledger import Ledger
from capi_jobs.model import DataInterval
from capi_jobs.preparation import kept
from capi_jobs.preparation.kept import KEPT_BYTES_MAX, KEPT_FOR
from tests.shop import Row, Shop, an_order

WHY = ("--because", "looks right")
LOG = """
[[sent_events]]
relation = "log"
channel = "{channel}"
"""


def with_log(shop: Shop, channel: str, *order_ids: str) -> None:
    """Let a log tell that others sent these."""
    shop.change(
        "CREATE TABLE IF NOT EXISTS log"
        " (event_id, event_name, event_time, order_id, platform)"
    )
    now = datetime.now(UTC) - timedelta(hours=30)
    for each in order_ids:
        shop.change(
            "INSERT INTO log VALUES (?, 'Purchase', ?, ?, 'meta')",
            each,
            now.isoformat(),
            each,
        )
    shop.configure(extra=shop.extra, orders=shop.orders)
    config = shop.config.read_text()
    shop.config.write_text(config + LOG.format(channel=channel))


@pytest.fixture
def held(shop: Shop) -> Shop:
    """A shop that has sent one order and holds another."""
    shop.fill([an_order("o-1"), an_order("o-2", value="-5.00")])
    shop.run()
    return shop


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param("value = '-6.00'", {"delivered": 1, "held": 1}, id="still bad"),
        pytest.param("value = '6.00'", {"delivered": 2}, id="mended"),
        pytest.param("currency = 'USD'", {"delivered": 1, "held": 1}, id="currency"),
        pytest.param("completed_at = NULL", {"delivered": 1, "held": 1}, id="no time"),
        pytest.param(
            "status = 'cancelled'", {"delivered": 1, "excluded": 1}, id="excluded"
        ),
    ],
)
def test_the_books_close_when_a_held_row_changes(
    held: Shop, change: str, expected: dict[str, int]
) -> None:
    held.change(f"UPDATE orders SET {change} WHERE order_id = 'o-2'")  # noqa: S608

    held.run()

    assert held.classes() == expected
    assert len(held.held()) == expected.get("held", 0)


def test_a_hold_ends_when_the_order_is_gone_or_was_sent_by_others(held: Shop) -> None:
    with_log(held, "server", "o-2")
    held.run()

    assert held.held() == {}
    held.capi("quarantine", "block", "o-2", "-d", "meta-web", *WHY)
    assert held.classes() == {"delivered": 1, "seen_server": 1}


def test_a_hold_ends_when_its_row_is_no_longer_there(held: Shop) -> None:
    held.change("DELETE FROM orders WHERE order_id = 'o-2'")

    held.run()

    assert held.held() == {}
    assert held.classes() == {"delivered": 1}


def test_an_approval_does_not_send_what_was_held_when_it_was_shown(shop: Shop) -> None:
    """More would be sent than a person saw; the next run sends it."""
    shop.configure(gate="ask_first_run = true")
    bad: list[Row] = [an_order(f"b-{n}", page_url=None) for n in range(3)]
    shop.fill([an_order("o-1"), *bad])
    shop.run(code=3)
    shop.change("UPDATE orders SET page_url = 'https://shop.example/thanks'")

    shop.capi("approve", "latest", *WHY)
    shop.report()

    assert shop.counted() == {"o-1": 1}
    shop.run()
    assert shop.counted() == {"o-1": 1, "b-0": 1, "b-1": 1, "b-2": 1}


def test_an_approval_is_not_asked_again_for_rows_that_are_never_sent(
    shop: Shop,
) -> None:
    """An enrichment that a rule keeps back is due by its key alone, for ever."""
    shop.configure(
        gate="ask_first_run = true", per_destination='on_browser_seen = "enrich"'
    )
    shop.fill([an_order("o-1"), an_order("o-2", value="-5.00")])
    with_log(shop, "browser", "o-2")
    shop.run(code=3)

    shop.capi("approve", "latest", *WHY)

    assert shop.counted() == {"o-1": 1}
    assert shop.classes() == {"delivered": 1, "seen_browser": 1}


def test_what_is_in_doubt_and_blocked_is_not_sent_again(shop: Shop) -> None:
    """Nobody knows whether it counted; but a person said: never."""
    shop.fill([an_order("o-1"), an_order("o-2")])
    shop.faults({"do": "error_500", "platform": "meta", "times": 2})
    shop.run(code=3)
    shop.capi("quarantine", "block", "o-1", "-d", "meta-web", *WHY)

    shop.run(code=3)

    assert shop.counted() == {"o-2": 1}
    assert shop.classes() == {"delivered": 1, "in_doubt": 1}


def test_the_books_close_when_an_order_in_doubt_changes(shop: Shop) -> None:
    """Its copy counts with the value that was sent, whatever the row says by now."""
    shop.fill([an_order("o-1", value="10.00")])
    shop.faults({"do": "error_500", "platform": "meta", "times": 4})
    shop.run(code=3)
    shop.change("UPDATE orders SET value = '7.00', currency = 'USD'")

    shop.run(code=3)
    shop.run()

    assert shop.classes() == {"delivered": 1}


def test_the_books_close_when_what_others_sent_is_imported_after_a_run(
    shop: Shop,
) -> None:
    """Some of it may be held or excluded, and none of it need have a value."""
    shop.configure(gate="ask_first_run = true")
    shop.fill([an_order("o-1"), an_order("o-2", value="-5.00")])
    shop.run(code=3)
    sent = [
        {
            "destination": "meta-web",
            "order_id": order_id,
            "event_id": order_id,
            "event_time": (datetime.now(UTC) - timedelta(hours=30)).isoformat(),
        }
        for order_id in ("o-1", "o-2", "of no order")
    ]
    (shop.folder / "sent.json").write_text(json.dumps(sent))

    shop.capi("ledger", "import", str(shop.folder / "sent.json"), *WHY)

    assert shop.classes() == {"missing": 1, "held": 1}
    shop.run()
    assert shop.classes() == {"delivered": 2}
    assert shop.counted() == {}


def test_what_breaks_one_destination_is_not_said_of_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.configure(platforms=("meta", "tiktok")).fill([an_order("o-1")])
    begin = Ledger.start_delivery

    def away(ledger: Ledger, run_id: str, destination: str, *, now: datetime) -> None:
        if destination == "tiktok-web":
            raise LedgerUnavailable("away")
        begin(ledger, run_id, destination, now=now)

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "start_delivery", away)
        shop.capi("run", "-i", shop.days, code=1)

    [run] = shop.capi("report", "--json").json["runs"]
    statuses = {one["name"]: one["status"] for one in run["destinations"]}
    assert statuses == {"meta-web": "done", "tiktok-web": "failed"}
    assert run["status"] == "failed"
    assert (shop.counted("meta"), shop.counted("tiktok")) == ({"o-1": 1}, {})


def test_the_books_close_when_a_run_breaks_off_among_its_holds(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run before had not seen the order that is held."""

    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("away")

    shop.fill([an_order("o-1")]).run()
    shop.fill([an_order("o-2", value="-5.00")])
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record_assessment", away)
        shop.capi("run", "-i", shop.days, code=1)

    assert shop.classes() == {"delivered": 1, "held": 1}


class AtDelivery:
    """A run's clock and watcher: when delivery begins, a row changes, time passes."""

    def __init__(self, shop: Shop, later: timedelta) -> None:
        self.shop, self.later, self.ahead = shop, later, timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def stage(self, destination: str, stage: str, total: int | None) -> None:
        del destination, total
        if stage == "deliver":
            self.shop.change("UPDATE orders SET status = 'cancelled'")
            self.ahead = self.later

    def reached(self, destination: str, done: int) -> None:
        """Nobody looks."""


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param(timedelta(0), {"o-1": 1}, id="at once: read once"),
        pytest.param(KEPT_FOR + timedelta(minutes=1), {}, id="later: read again"),
    ],
)
@pytest.mark.parametrize("room", [KEPT_BYTES_MAX, 0], ids=["in memory", "sealed"])
def test_a_run_sends_what_it_looked_at_or_looks_again(
    shop: Shop,
    later: timedelta,
    expected: dict[str, int],
    room: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "KEPT_BYTES_MAX", room)
    shop.fill([an_order("o-1")])
    now = datetime.now(UTC)
    interval = DataInterval(now - timedelta(days=2), now)
    during = AtDelivery(shop, later)

    with opened(load(shop.config), during) as house:
        chosen = house.settings.destinations
        running.run(house, interval, chosen, actor="olga", watcher=during)

    assert shop.counted() == expected


def test_nothing_is_sent_to_a_version_that_has_ended(shop: Shop) -> None:
    shop.fill([an_order("o-1")])
    shop.configure(platforms=("meta",), per_destination='api_version = "v19.0"')

    told = shop.capi("run", "-i", shop.days, "--json", code=1)

    [one] = told.json["destinations"]
    assert "ended" in one["sent"]["stopped"]
    assert one["sent"]["requests"] == 0
    shop.configure(per_destination="")
    shop.run()
    assert shop.counted() == {"o-1": 1}
