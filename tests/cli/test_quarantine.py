import csv
import io
import stat
from pathlib import Path

import pytest

from tests.shop import Shop, an_order, orders

TOO_MUCH = '[{"sku": "tea", "quantity": 1, "unit_price": "900"}]'
WHY = ("--because", "the owner says so")


@pytest.fixture
def held(shop: Shop) -> Shop:
    """A shop with three orders held, and one sent."""
    shop.fill(
        [*orders(1), an_order("b-1", value="-5.50"), an_order("b-2", value="NaN")]
    )
    # The one rule of these that a person may overrule: the platform takes it.
    shop.configure(rules=("value_negative", "items_sum_implausible"))
    shop.fill([an_order("=1+2", value="1", items=TOO_MUCH)])
    shop.run()
    return shop


def test_held_orders_are_listed_one_a_line(held: Shop) -> None:
    lines = held.capi("quarantine", "list", "--json").lines

    by_order = {line["order_id"]: line for line in lines}
    assert set(by_order) == {"b-1", "b-2", "=1+2"}
    assert by_order["b-1"]["destination"] == "meta-web"
    assert by_order["b-1"]["rule"] == "value_negative"
    assert by_order["b-1"]["rules"] == ["value_negative"]
    assert (by_order["b-1"]["value"], by_order["b-1"]["currency"]) == ("-5.50", "EUR")
    assert by_order["b-2"]["value"] is None


def test_people_see_the_list_and_what_to_do(held: Shop) -> None:
    said = held.capi("quarantine", "list")

    assert "3 orders are held" in said.out
    assert "quarantine release|block ORDER" in said.out
    assert "value_not_a_number" in said.out


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["--rule", "value_negative"], ["b-1"]),
        (["--limit", "1"], ["=1+2"]),
        (["--destination", "meta-web", "--rule", "items_not_json"], []),
    ],
)
def test_the_list_can_be_narrowed(
    held: Shop, words: list[str], listed: list[str]
) -> None:
    lines = held.capi("quarantine", "list", "--json", *words).lines

    assert [line["order_id"] for line in lines] == listed


def test_an_empty_quarantine_is_said(shop: Shop) -> None:
    assert shop.capi("quarantine", "list").out == "Nothing is held.\n"
    assert shop.capi("quarantine", "list", "--json").out == ""


def test_one_held_order_is_shown_whole(held: Shop) -> None:
    (one,) = held.capi("quarantine", "show", "b-1", "--json").json

    assert one["message"]
    assert one["first_seen_at"] <= one["last_seen_at"]
    assert "value_negative" in held.capi("quarantine", "show", "b-1").out


def test_an_order_that_is_not_held_is_said_to_be_so(held: Shop) -> None:
    said = held.capi("quarantine", "show", "o-1", code=1)

    assert said.out == "This order is not held.\n"
    assert held.capi("quarantine", "show", "o-1", "--json", code=1).json == []


def test_an_export_is_safe_to_open_in_a_sheet_and_private(
    held: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "held.csv"
    file.touch(0o644)

    held.capi("quarantine", "export", str(file))

    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert [row["order_id"] for row in rows] == ["'=1+2", "b-1", "b-2"]
    assert [row["value"] for row in rows] == ["1.00", "-5.50", ""]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_export_can_go_to_stdout(held: Shop) -> None:
    said = held.capi("quarantine", "export", "-", "--rule", "value_not_a_number")

    assert said.out.splitlines()[0].startswith("destination,order_id,rule")
    assert len(said.out.splitlines()) == 2
    assert said.err == "1 held order written\n"


def test_an_export_that_cannot_be_written_is_told(held: Shop) -> None:
    said = held.capi("quarantine", "export", str(held.folder), code=1)

    assert "Is a directory" in said.err


def test_what_is_released_goes_out_with_the_next_run(held: Shop) -> None:
    said = held.capi("quarantine", "release", "=1+2", *WHY)
    held.change("UPDATE orders SET value = '1' WHERE order_id = 'b-1'")

    held.run()

    assert said.out.startswith("meta-web: 1 order released")
    assert held.counted() == {"o-1": 1, "b-1": 1, "=1+2": 1}
    assert held.held() == {"b-2": "value_not_a_number"}
    assert held.classes() == {"delivered": 3, "held": 1}


def test_what_cannot_be_read_is_held_again_after_its_release(held: Shop) -> None:
    held.capi("quarantine", "release", "b-2", *WHY)

    held.run()

    assert held.held()["b-2"] == "value_not_a_number"


def test_what_is_blocked_is_excluded_and_never_sent(held: Shop) -> None:
    held.capi("quarantine", "block", "b-1", "--destination", "meta-web", *WHY)
    held.change("UPDATE orders SET value = '1' WHERE order_id = 'b-1'")

    held.run()

    assert held.counted() == {"o-1": 1}
    assert set(held.held()) == {"b-2", "=1+2"}
    assert held.classes() == {"delivered": 1, "held": 2, "excluded": 1}


def test_a_block_is_taken_back_by_a_release(shop: Shop) -> None:
    """Else a slip of the finger would lose an order for ever."""
    shop.fill([an_order("o-1")])
    shop.capi("quarantine", "block", "o-1", *WHY)
    shop.run()
    assert shop.classes() == {"excluded": 1}

    shop.capi("quarantine", "release", "o-1", *WHY)
    shop.run()

    assert shop.classes() == {"delivered": 1}


def test_an_order_can_be_blocked_before_anything_holds_it(shop: Shop) -> None:
    shop.fill(orders(2))
    shop.capi("quarantine", "block", "o-2", *WHY)

    shop.run()

    assert shop.counted() == {"o-1": 1}


def test_all_of_a_rule_or_of_a_file_can_be_decided(held: Shop, tmp_path: Path) -> None:
    held.fill([an_order("b-3", value="-1")]).run()
    said = held.capi("quarantine", "release", "--rule", "value_negative", *WHY)
    assert said.out.startswith("meta-web: 2 orders released")

    (tmp_path / "ids").write_text("b-2\n\n")
    said = held.capi("quarantine", "block", "--file", str(tmp_path / "ids"), *WHY)
    assert said.out.startswith("meta-web: 1 order blocked")
    assert set(held.held()) == {"=1+2"}


def test_releasing_what_is_not_held_is_refused(held: Shop) -> None:
    said = held.capi("quarantine", "release", "o-1", "tpyo", *WHY, code=1)

    assert "none of these is held → see `capi-jobs quarantine list`" in said.err


@pytest.mark.parametrize("command", ["release", "block"])
def test_a_decision_names_orders_and_a_reason(held: Shop, command: str) -> None:
    assert "name orders" in held.capi("quarantine", command, *WHY, code=2).err
    assert "--because" in held.capi("quarantine", command, "b-1", code=2).err
    unknown = held.capi("quarantine", command, "b-1", "-d", "x", *WHY, code=2)
    assert "no such destination" in unknown.err
