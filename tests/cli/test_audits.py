import csv
import json
import sqlite3
import stat
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.shop import PERSONAL, TOKEN, Shop, an_order, orders

LOG = """
[[sent_events]]
relation = "pixel"
channel = "browser"
platform = "meta"
"""
EVENT = "event_id event_name event_time order_id value currency".split()


@pytest.fixture
def logged(shop: Shop) -> Shop:
    """A shop whose pixel keeps a log, empty yet."""
    with closing(sqlite3.connect(shop.folder / "shop.db")) as db, db:
        db.execute(f"CREATE TABLE pixel ({', '.join(EVENT)})")
    return shop.configure(extra=LOG)


def tell(shop: Shop, order: Mapping[str, object], **changes: object) -> None:
    """Let the pixel tell of an order."""
    row = {
        "event_id": order["order_id"],
        "event_name": "Purchase",
        "event_time": order["completed_at"],
        "order_id": order["order_id"],
        "value": order["value"],
        "currency": order["currency"],
        **changes,
    }
    marks = ", ".join("?" * len(EVENT))
    shop.change(f"INSERT INTO pixel VALUES ({marks})", *(row[name] for name in EVENT))  # noqa: S608 - question marks


def audited(shop: Shop, *words: str, code: int = 3) -> Any:  # noqa: ANN401
    told = shop.capi("audit", "-i", shop.days, "--json", *words, code=code).json
    [one] = told["destinations"]
    return one


def causes(one: Any) -> dict[str, int]:  # noqa: ANN401
    return {f"{g['kind']}/{g['cause']}": g["orders"] for g in one["findings"]}


def test_a_shop_that_is_counted_right_needs_nobody(logged: Shop) -> None:
    rows = orders(3)
    logged.fill(rows)
    for row in rows:
        tell(logged, row)

    one = audited(logged, code=0)

    assert (one["findings"], one["needs_person"]) == ([], False)
    assert one["balance"]["closes"] is True
    assert one["balance"]["classes"]["seen_browser"]["orders"] == 3


def test_what_is_owed_needs_the_next_run_and_nobody_else(logged: Shop) -> None:
    rows = orders(2)
    logged.fill(rows)
    tell(logged, rows[0])

    one = audited(logged, code=0)

    assert causes(one) == {"missing/never_fired": 1}
    assert one["rates"]["missing"] == {
        "orders": 1,
        "share": 0.5,
        "values": {"EUR": "19.90"},
        "earlier_shares": [],
    }


def test_findings_are_exported_with_their_orders_for_their_owner(logged: Shop) -> None:
    row = an_order("=1+1", status="refunded")
    logged.fill([row])
    tell(logged, row, value="1990")
    file = logged.folder / "found.csv"

    one = audited(logged, "--export", str(file))

    assert causes(one) == {"misfiring/refunded": 1}
    [line] = csv.DictReader(file.read_text("utf-8").splitlines())
    assert (line["destination"], line["cause"], line["order_id"]) == (
        "meta-web",
        "refunded",
        "'=1+1",  # a sheet shows it, and runs nothing
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_delivered_and_changed_is_exported_and_never_sent_again(
    logged: Shop,
) -> None:
    logged.fill(orders(3)).run()
    logged.change("UPDATE orders SET status = 'refunded' WHERE order_id = 'o-1'")
    logged.change("UPDATE orders SET value = '9.90' WHERE order_id = 'o-2'")
    file = logged.folder / "wrong.json"

    one = audited(logged, "--corrections", str(file))

    assert one["corrections"] == {
        "orders": 2,
        "groups": [
            {
                "cause": "refunded",
                "currency": "EUR",
                "orders": 1,
                "overstated": "19.90",
            },
            {"cause": "value", "currency": "EUR", "orders": 1, "overstated": "10.00"},
        ],
    }
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(line["order_id"], line["true_value"]) for line in lines] == [
        ("o-1", "0.00"),
        ("o-2", "9.90"),
    ]
    logged.run()
    assert logged.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}


def test_rates_are_set_beside_those_of_an_earlier_audit(logged: Shop) -> None:
    rows = orders(4)
    logged.fill(rows)
    said = logged.capi("audit", "-i", logged.days, "--json")
    file = logged.folder / "earlier.json"
    file.write_text(said.out)
    for row in rows[:3]:
        tell(logged, row)

    one = audited(logged, "--against", str(file), code=0)

    missing = one["rates"]["missing"]
    assert (missing["earlier_shares"], missing["share"]) == ([1.0], 0.25)
    screen = logged.capi("audit", "-i", logged.days, "--against", str(file)).out
    assert "↓ from 100.00%" in screen


def test_kept_audits_show_the_trend(logged: Shop) -> None:
    rows = [*orders(2), an_order("o-9", hours_ago=60)]
    logged.fill(rows)
    tell(logged, rows[0])
    now = datetime.now(UTC)
    ends = (now - timedelta(days=4), now - timedelta(days=2))
    before = "..".join(f"{end:%Y-%m-%dT%H:%M}" for end in ends)
    logged.capi("audit", "-i", before, "--keep")

    one = audited(logged, code=0)
    same = logged.capi("audit", "-i", before, "--json").json["destinations"][0]

    assert one["rates"]["missing"]["earlier_shares"] == [1.0]
    assert one["rates"]["misfiring"]["earlier_shares"] == [0.0]
    assert same["rates"]["missing"]["earlier_shares"] == []


@pytest.mark.parametrize("text", ["", "[]", '{"destinations": [{"name": 1}]}'])
def test_a_file_that_is_no_audit_is_refused(logged: Shop, text: str) -> None:
    file = logged.folder / "earlier.json"
    file.write_text(text)

    said = logged.capi("audit", "--against", str(file), code=1)

    assert "earlier.json is no earlier audit" in said.err


def test_an_interval_without_orders_says_so(logged: Shop) -> None:
    said = logged.capi("audit", "-i", "2020-01-01", code=3)

    assert "No orders in this interval: there is nothing to compare." in said.out
    assert "there are no orders in this interval" in said.out


def test_an_audit_makes_no_ledger_and_changes_none(logged: Shop) -> None:
    logged.fill(orders(1))

    logged.capi("audit", "-i", logged.days)

    assert not (logged.folder / "ledger.db").exists()


def test_the_screen_shows_kinds_causes_and_what_to_do(logged: Shop) -> None:
    rows = [an_order("o-1", status="pending"), an_order("o-2")]
    logged.fill(rows)
    for row in rows:
        tell(logged, row)

    said = logged.capi("audit", "-i", logged.days, code=3)

    assert "2 orders: 1 misfiring." in said.out
    assert "fire on payment, not on checkout" in said.out
    assert "✓ the books close" in said.out
    assert "█" in said.out


# ── trace ───────────────────────────────────────────────────────────────────────


def traced(shop: Shop, order: str, code: int = 0) -> Any:  # noqa: ANN401
    told = shop.capi("trace", order, "--json", code=code).json
    [told["one"]] = told["destinations"]
    return told


def test_a_delivered_order_is_followed_to_its_receipt(logged: Shop) -> None:
    logged.fill(orders(1)).run()

    told = traced(logged, "o-1")

    assert told["one"]["decision"]["class"] == "delivered"
    assert told["one"]["counted"] == {"least": 1, "most": 1, "unsure": []}
    [entry] = told["one"]["entries"]
    assert (entry["status"], entry["event_id"]) == ("delivered", "o-1")
    assert [move["event"] for move in told["history"]] == ["claimed", "accepted"]
    assert told["history"][1]["trace_id"]


def test_the_break_and_its_cause_are_named(logged: Shop) -> None:
    row = an_order()
    logged.fill([row])
    tell(logged, row, value="1990")

    told = traced(logged, "o-1", code=3)

    [finding] = told["one"]["findings"]
    assert (finding["kind"], finding["cause"]) == ("misaligned", "cents")
    assert [event["value"] for event in told["one"]["events"]] == ["1990"]
    screen = logged.capi("trace", "o-1", code=3).out
    assert "✗ misaligned cents: the value was sent in the wrong unit" in screen


def test_a_held_order_tells_its_rule(logged: Shop) -> None:
    logged.fill([an_order(value="-5")]).run()

    told = traced(logged, "o-1", code=3)

    assert told["one"]["decision"]["class"] == "held"
    assert told["one"]["hold"]["rule"] == "value_negative"
    assert "held by value_negative" in logged.capi("trace", "o-1", code=3).out


def test_a_persons_word_is_told(logged: Shop) -> None:
    logged.fill([an_order(value="-5")]).run()
    words = ("--because", "asked not to", "--actor", "dora", "-d", "meta-web", "o-1")
    logged.capi("quarantine", "block", *words)

    told = traced(logged, "o-1")

    assert told["one"]["override"]["decision"] == "block"
    assert "dora said block: asked not to" in logged.capi("trace", "o-1").out


def test_an_event_without_an_order_can_be_traced(logged: Shop) -> None:
    tell(logged, an_order("XX-999999"))

    told = traced(logged, "XX-999999", code=3)

    assert (told["order"], told["known"]) == (None, True)
    assert [one["cause"] for one in told["one"]["findings"]] == ["no_order"]


def test_an_order_that_nobody_knows_says_where_to_look(logged: Shop) -> None:
    said = logged.capi("trace", "nope", code=1)

    assert "No row of the orders, no log and no entry of the ledger" in said.out
    assert "capi-jobs check" in said.out


def test_nothing_of_the_customer_is_shown(logged: Shop) -> None:
    row = an_order()
    logged.fill([row]).run()
    tell(logged, row)

    for words in (("trace", "o-1"), ("trace", "o-1", "--json")):
        said = logged.capi(*words)
        assert [p for p in (*PERSONAL, TOKEN) if p in said.out + said.err] == []
        assert "email" in said.out


def test_a_loop_of_copies_fills_no_more_than_a_screen(logged: Shop) -> None:
    row = an_order()
    logged.fill([row])
    for n in range(60):
        at = datetime.now(UTC) - timedelta(hours=30, seconds=-n)
        tell(logged, row, event_time=at.isoformat())

    said = logged.capi("trace", "o-1")

    assert len(said.out.splitlines()) < 40
    assert "41 more: --json" in said.out
