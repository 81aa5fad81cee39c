import stat
from pathlib import Path

from tests.shop import Shop, an_order, orders


def test_the_report_as_json_closes_and_has_every_order_in_one_class(
    shop: Shop,
) -> None:
    shop.fill([*orders(2), an_order("bad", value="-5"), an_order("no", consent="no")])
    shop.run()

    told = shop.capi("report", "--json").json

    assert (told["closes"], told["timezone"]) == (True, "UTC")
    (one,) = told["destinations"]
    assert one["orders"] == 4
    assert one["recovered"] == {"orders": 2, "values": {"EUR": "39.80"}}
    assert shop.classes() == {"delivered": 2, "held": 1, "excluded": 1}


def test_the_page_is_one_private_file_without_network(shop: Shop) -> None:
    shop.fill(orders(1)).run()
    file = shop.folder / "report.html"

    said = shop.capi("report", "--html", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    page = file.read_text("utf-8")
    assert "meta-web" in page
    assert 'src="http' not in page
    assert said.err == f"report written to {file}\n"
    assert "the books close" in said.out


def test_an_older_page_is_replaced_and_made_private(shop: Shop) -> None:
    file = shop.folder / "report.html"
    file.write_text("x" * 1_000_000)
    file.chmod(0o666)

    shop.capi("report", "--html", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.read_text("utf-8").endswith("xxx")


def test_a_pipe_takes_the_page_too(shop: Shop) -> None:
    shop.capi("report", "--html", str(Path("/dev/null")))

    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_the_report_tells_the_days_asked_for(shop: Shop) -> None:
    told = shop.capi("report", "-i", "2026-11-20..2026-11-21", "--json").json

    assert (told["first_day"], told["last_day"]) == ("2026-11-20", "2026-11-21")
