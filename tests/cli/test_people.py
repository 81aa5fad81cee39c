import pytest

from tests.shop import Shop, an_order, orders

ASKS = "ask_first_run = true"
WHY = ("--because", "looks right")


@pytest.fixture
def asked(shop: Shop) -> Shop:
    """A shop whose first run found two orders and asks."""
    shop.configure(gate=ASKS).fill(orders(2))
    shop.run(code=3)
    return shop


def test_an_approval_delivers_what_was_shown(asked: Shop) -> None:
    told = asked.capi("approve", "latest", *WHY, "--json").json

    assert told["status"] == "done"
    assert told["destinations"][0]["sent"]["delivered"] == 2
    assert asked.counted() == {"o-1": 1, "o-2": 1}
    assert asked.classes() == {"delivered": 2}


def test_after_an_approval_runs_ask_no_more_and_send_nothing(asked: Shop) -> None:
    asked.capi("approve", "latest", *WHY)

    told = asked.run()

    assert told["destinations"][0]["sent"]["requests"] == 0


def test_the_gate_asks_again_when_more_is_missing_than_was_approved(
    asked: Shop,
) -> None:
    asked.fill([an_order("late")])

    said = asked.capi("approve", "latest", *WHY, code=3)

    assert "more is missing now than was approved" in said.out
    assert asked.counted() == {}
    told = asked.capi("approve", "latest", *WHY, "--json").json
    assert told["destinations"][0]["sent"]["delivered"] == 3


def test_the_gate_asks_again_when_the_value_has_grown(asked: Shop) -> None:
    asked.change("UPDATE orders SET value = '1900' WHERE order_id = 'o-1'")

    asked.capi("approve", "latest", *WHY, code=3)

    assert asked.counted() == {}


def test_what_was_mended_meanwhile_is_delivered_without_asking_again(
    asked: Shop,
) -> None:
    asked.change("DELETE FROM orders WHERE order_id = 'o-1'")

    told = asked.capi("approve", "latest", *WHY, "--json").json

    assert told["destinations"][0]["sent"]["delivered"] == 1


def test_an_approval_says_how_many_a_rule_holds(asked: Shop) -> None:
    asked.change("UPDATE orders SET value = '-1' WHERE order_id = 'o-1'")

    told = asked.capi("approve", "latest", *WHY, "--json").json

    assert told["destinations"][0]["held"] == {"value_negative": 1}
    assert asked.classes() == {"delivered": 1, "held": 1}


def test_a_run_can_be_named_by_its_beginning(asked: Shop) -> None:
    run_id = asked.run(code=3)["run_id"]

    told = asked.capi("approve", run_id[:-2], *WHY, "--json").json

    assert told["run_id"] == run_id


def test_a_beginning_that_fits_several_runs_is_refused_with_their_names(
    asked: Shop,
) -> None:
    run_id = asked.run(code=3)["run_id"]

    said = asked.capi("approve", "2", *WHY, code=1)

    assert "is the beginning of several runs" in said.err
    assert run_id in said.err


def test_an_unknown_run_is_refused_with_the_last_ones(asked: Shop) -> None:
    said = asked.capi("hold", "1999", *WHY, code=1)

    assert "there is no such run ['1999'] → the last ones are 20" in said.err


def test_a_decision_stands(asked: Shop) -> None:
    asked.capi("approve", "latest", *WHY, "--actor", "ana")

    said = asked.capi("hold", "latest", *WHY, code=1)

    assert "meta-web was approved by ana" in said.err


def test_a_run_that_is_held_sends_nothing(asked: Shop) -> None:
    said = asked.capi("hold", "latest", *WHY)

    assert said.out.endswith(": nothing is sent for meta-web\n")
    assert asked.counted() == {}
    assert asked.classes() == {"missing": 2}
    assert "was held by" in asked.capi("approve", "latest", *WHY, code=1).err


def test_a_held_run_as_json(asked: Shop) -> None:
    told = asked.capi("hold", "latest", *WHY, "--json").json

    assert (told["status"], told["destinations"]) == ("held", [])


def test_what_was_turned_down_is_no_measure_for_the_next_run(asked: Shop) -> None:
    asked.capi("hold", "latest", *WHY)

    (one,) = asked.run(code=3)["destinations"]

    assert one["gate_reasons"][0]["rule"] == "first_run"


@pytest.mark.parametrize("command", ["approve", "hold"])
def test_a_decision_needs_a_reason(asked: Shop, command: str) -> None:
    assert "--because" in asked.capi(command, "latest", code=2).err
    assert (
        "needs a name and a reason"
        in asked.capi(command, "latest", "--because", " ", code=1).err
    )


def test_one_destination_is_approved_and_the_run_waits_for_the_others(
    shop: Shop,
) -> None:
    shop.configure(gate=ASKS, platforms=("meta", "tiktok")).fill(orders(1))
    shop.run(code=3)

    told = shop.capi("approve", "latest", "-d", "tiktok-web", *WHY, "--json").json

    assert [one["name"] for one in told["destinations"]] == ["tiktok-web"]
    assert (shop.counted("meta"), shop.counted("tiktok")) == ({}, {"o-1": 1})
    runs = shop.capi("report", "--json").json["runs"]
    assert [run["status"] for run in runs] == ["waiting"]
    shop.capi("approve", "latest", *WHY)
    assert shop.counted("meta") == {"o-1": 1}
    runs = shop.capi("report", "--json").json["runs"]
    assert [run["status"] for run in runs] == ["done"]


def test_a_destination_that_the_run_has_not_is_refused(asked: Shop) -> None:
    said = asked.capi("approve", "latest", "-d", "x-web", *WHY, code=1)

    assert "the run has no destination x-web" in said.err


def test_an_approval_whose_delivery_broke_off_is_taken_up_again(asked: Shop) -> None:
    asked.faults({"do": "expire_token", "times": 1})
    said = asked.capi("approve", "latest", *WHY, code=1)
    assert "stopped" in said.out
    (asked.folder / "token").write_text("sandbox-renewed")

    told = asked.capi("approve", "latest", *WHY, "--json").json

    assert told["destinations"][0]["sent"]["delivered"] == 2
    assert asked.counted() == {"o-1": 1, "o-2": 1}
    runs = asked.capi("report", "--json").json["runs"]
    assert [run["status"] for run in runs] == ["done"]


def test_an_approval_taken_up_again_decides_what_still_asks(shop: Shop) -> None:
    shop.configure(gate=ASKS, platforms=("meta", "tiktok")).fill(orders(1))
    shop.run(code=3)
    shop.faults({"do": "expire_token", "platform": "meta", "times": 1})
    shop.capi("approve", "latest", "-d", "meta-web", *WHY, code=1)
    (shop.folder / "token").write_text("sandbox-renewed")

    shop.capi("approve", "latest", *WHY)

    assert (shop.counted("meta"), shop.counted("tiktok")) == ({"o-1": 1}, {"o-1": 1})


def test_without_its_token_nothing_is_sent_and_the_approval_stands(
    asked: Shop,
) -> None:
    (asked.folder / "token").rename(asked.folder / "elsewhere")
    asked.capi("approve", "latest", *WHY, code=1)
    (asked.folder / "elsewhere").rename(asked.folder / "token")

    told = asked.capi("approve", "latest", *WHY, "--json").json

    assert told["destinations"][0]["sent"]["delivered"] == 2
