"""`validation`: the expectations of a run as a table, JSON, CSV and Data Docs."""

import csv
import stat

from tests.shop import PERSONAL, TOKEN, Shop, an_order, orders

RULES = ("value_negative", "currency_unknown", "coverage_email")
HOSTILE = '=HYPERLINK("x")<script>alert(1)</script>$x'


def _judged(shop: Shop) -> Shop:
    """A shop whose run held one order of four."""
    bad = an_order(HOSTILE, value="-5")
    shop.configure(rules=RULES).fill([*orders(3), bad]).run()
    return shop


def test_what_found_something_is_shown_and_told_with_its_words(shop: Shop) -> None:
    _judged(shop)

    shown = shop.capi("validation").out
    (told,) = shop.capi("validation", "--json").json

    assert "value_negative" in shown
    assert "currency_unknown" not in shown
    assert told["destination"] == "meta-web"
    worst = told["rules"][0]
    names = ("rule", "failed", "evaluated", "broken", "change", "order_ids", "ask")
    assert {name: worst[name] for name in names} == {
        "rule": "value_negative",
        "failed": 1,
        "evaluated": 4,
        "broken": True,
        "change": None,
        "order_ids": [HOSTILE],
        "ask": "the owner of the orders' view",
    }


def test_the_csv_is_private_and_runs_nothing_in_a_sheet(shop: Shop) -> None:
    file = _judged(shop).folder / "rules.csv"

    shop.capi("validation", "--csv", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="", encoding="utf-8") as read:
        rows = {row["rule"]: row for row in csv.DictReader(read)}
    assert rows["value_negative"]["order_ids"] == f"'{HOSTILE}"
    assert rows["currency_unknown"]["within_limit"] == "yes"


def test_data_docs_are_written_with_order_ids_alone(shop: Shop) -> None:
    folder = _judged(shop).folder / "docs"

    said = shop.capi("validation", "--data-docs", str(folder))

    assert f"open {folder}/index.html" in said.err
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    written = [one.read_text("utf-8") for one in folder.rglob("*.html")]
    assert len(written) == 5  # the first page, and two of each suite
    assert any("value_negative: the value is below zero" in one for one in written)
    whole = "".join(written)
    assert "order =HYPERLINK" in whole
    assert "<script>alert" not in whole
    assert not [word for word in (*PERSONAL, TOKEN, "-5.") if word in whole]


def test_data_docs_are_private_in_a_folder_that_is_open_to_all(shop: Shop) -> None:
    folder = _judged(shop).folder / "docs"
    folder.mkdir()
    folder.chmod(0o755)

    shop.capi("validation", "--data-docs", str(folder))

    modes = {stat.S_IMODE(one.stat().st_mode) & 0o077 for one in folder.rglob("*")}
    assert modes == {0}


def test_a_run_that_validated_nothing_there_is_refused(shop: Shop) -> None:
    shop.configure(platforms=("meta", "tiktok"))
    shop.fill(orders(1)).run("-d", "meta-web")

    assert (
        "validated nothing" in shop.capi("validation", "-d", "tiktok-web", code=1).err
    )
    assert "no such run" in shop.capi("validation", "r-7", code=1).err
