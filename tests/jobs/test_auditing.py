"""Which logs an audit reads, and by which words it compares."""

from datetime import UTC, datetime, timedelta
from json import loads

from capi_jobs.config import load
from capi_jobs.jobs.auditing import logs_of, terms
from capi_jobs.jobs.clock import ClockAsOf
from capi_jobs.jobs.house import opened
from capi_jobs.model import DataInterval
from tests.shop import Shop, an_order, orders

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
DAY = DataInterval(NOW - timedelta(days=1), NOW)
LOGS = """
[[sent_events]]
relation = "events"
channel = "browser"

[[sent_events]]
relation = "events"
channel = "server"
platform = "meta"

[[sent_events]]
relation = "tiktok_events"
channel = "server"
platform = "tiktok"

[[sent_events]]
relation = "of_one"
channel = "server"
destination = "meta-web"
"""


def test_logs_that_may_tell_of_a_destination_are_read_each_under_its_own_name(
    shop: Shop,
) -> None:
    shop.configure(extra=LOGS, platforms=("meta", "tiktok"))
    with opened(load(shop.config), ClockAsOf(NOW), to_look=True) as house:
        meta, tiktok = house.settings.destinations
        named = [list(logs_of(house, one)) for one in (meta, tiktok)]

    assert named == [["events", "events (1)", "of_one"], ["events", "tiktok_events"]]


def test_statuses_are_compared_in_lower_case_and_names_as_the_platform_does(
    shop: Shop,
) -> None:
    extra = '[audit]\ncancelled_statuses = [" Storniert"]\nreopened_after = "2d"'
    shop.configure(extra=extra, platforms=("tiktok",))
    with opened(load(shop.config), ClockAsOf(NOW), to_look=True) as house:
        made = terms(house, house.settings.destinations[0], DAY)

    assert made.cancelled_statuses == {"storniert"}
    assert made.reopened_after == timedelta(days=2)
    assert made.names["completepayment"] == "purchase"
    assert (made.destination, made.platform) == ("tiktok-web", "tiktok")


ASKS = "ask_first_run = true\nask_without_sent_events = false\nmissing_floor = 9999"


def causes(shop: Shop) -> dict[str, tuple[str, str]]:
    """Each order's cause and detail; trace says what the audit says."""
    shop.capi(
        "audit", "-i", shop.days, "--export", str(shop.folder / "f.jsonl"), code=3
    )
    lines = (shop.folder / "f.jsonl").read_text().splitlines()
    told = {row["order_id"]: (row["cause"], row["detail"]) for row in map(loads, lines)}
    for order_id, said in told.items():
        code = 0 if said[0] == "never_fired" else 3
        traced = shop.capi("trace", order_id, "--json", code=code).json
        [finding] = traced["destinations"][0]["findings"]
        assert said == (finding["cause"], finding["detail"])
    return told


def test_an_order_whose_run_was_stopped_says_so_until_one_goes_on(shop: Shop) -> None:
    shop.configure(gate=ASKS).fill(orders(2))
    run_id = shop.run(code=3)["run_id"]
    waiting = {f"o-{n}": ("run_waiting", f"{run_id} asks") for n in (1, 2)}
    assert causes(shop) == waiting

    shop.capi("hold", run_id, "--because", "a sale is on", "--actor", "dora")
    shop.fill([an_order("late", hours_ago=0)])
    held = ("run_held", f"{run_id} held by dora: a sale is on")
    # Nobody has looked at what was completed since.
    assert causes(shop) == {"o-1": held, "o-2": held, "late": ("never_fired", "")}

    again = shop.run(code=3)["run_id"]
    asks = ("run_waiting", f"{again} asks")
    assert causes(shop) == {"o-1": asks, "o-2": asks, "late": asks}
    shop.capi("approve", again, "--because", "over")
    assert causes(shop) == {}
