import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.shop import PLATFORMS, TOKEN, Row, Shop, an_order

AS_OF = "2026-11-21T12:00:00+00:00"
TIME = "2026-11-20T10:00:00+00:00"


@pytest.fixture
def file(shop: Shop) -> Path:
    shop.configure(platforms=PLATFORMS)
    return shop.folder / "orders.json"


def _order(order_id: str = "o-1", **changes: object) -> Row:
    return {**an_order(order_id, completed_at=TIME), **changes}


def _preview(shop: Shop, file: Path, *more: str, platform: str = "meta") -> Any:  # noqa: ANN401
    return shop.capi(
        *("preview", "--destination", f"{platform}-web", "--orders", str(file)),
        *("--as-of", AS_OF, "--json", *more),
    ).json


def _events(told: Any) -> list[Any]:  # noqa: ANN401
    return [event for call in told["requests"] for event in call["body"]["data"]]


def _held(told: Mapping[str, Any]) -> dict[str, str]:
    return {one["order_id"]: one["rule"] for one in told["held"]}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_document_has_exactly_the_documented_shape(
    shop: Shop, file: Path, platform: str
) -> None:
    file.write_text(json.dumps([_order(), _order("bad", value="-1")]))

    told = _preview(shop, file, platform=platform)

    assert set(told) == {"requests", "held"}
    (call,) = told["requests"]
    assert set(call) == {"destination", "method", "url", "headers", "body"}
    assert (call["destination"], call["method"]) == (f"{platform}-web", "POST")
    assert call["url"].startswith(shop.url)
    assert "o-1" in json.dumps(call["body"])
    (held,) = told["held"]
    assert {"destination", "order_id", "rule", "message"} <= set(held)
    assert (held["order_id"], held["rule"]) == ("bad", "value_negative")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_secret_and_nothing_personal_is_shown(
    shop: Shop, file: Path, platform: str
) -> None:
    file.write_text(json.dumps([_order()]))

    shown = shop.capi(
        *("preview", "-d", f"{platform}-web", "--orders", str(file), "--as-of", AS_OF)
    )
    told = json.dumps(_preview(shop, file, platform=platform)) + shown.out + shown.err

    assert TOKEN not in told
    assert "***" in told
    assert "ada.secret@example.com" not in told


def test_the_secret_need_not_be_there(shop: Shop, file: Path) -> None:
    (shop.folder / "token").unlink()
    file.write_text(json.dumps([_order()]))

    assert len(_events(_preview(shop, file))) == 1


def test_neither_warehouse_nor_ledger_is_needed_or_made(shop: Shop, file: Path) -> None:
    text = shop.config.read_text()
    orders = '[orders]\nrelation = "orders"\n'
    text = text.replace('warehouse = "sqlite:///shop.db"\n', "").replace(orders, "")
    shop.config.write_text(text)
    (shop.folder / "shop.db").unlink()
    file.write_text(json.dumps([_order(), _order("r", status="refunded")]))

    told = _preview(shop, file)

    assert [one["event_id"] for one in _events(told)] == ["o-1"]
    assert _held(told) == {"r": "excluded_status"}
    assert not (shop.folder / "ledger.db").exists()
    assert shop.counted() == {}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("10.10", "10.10"),
        ("0.3", "0.3"),
        ("1e-9", "0.000000001"),
        ("1E+3", "1000"),
        ("19", "19"),
        ('"19.90"', "19.90"),
        ("123456789012.12", "123456789012.12"),
    ],
)
def test_money_is_exact(shop: Shop, file: Path, written: str, sent: str) -> None:
    file.write_text(json.dumps(_order(value="VALUE")).replace('"VALUE"', written))

    said = shop.capi(
        *("preview", "-d", "meta-web", "--orders", str(file)),
        *("--as-of", AS_OF, "--json"),
    )

    assert said.json["held"] == []
    body = said.out[said.out.index('"custom_data"') :]
    assert f'"value":{sent}' in body.replace('"value": ', '"value":')


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda rows: "\n".join(map(json.dumps, rows)),
        lambda rows: "\n\n" + "\r\n".join(map(json.dumps, rows)) + "\r\n\r\n",
        lambda rows: "\ufeff" + json.dumps(rows, indent=2),
        lambda rows: "\ufeff" + "\n".join(map(json.dumps, rows)),
    ],
    ids=["array", "lines", "Windows lines", "array with BOM", "lines with BOM"],
)
def test_a_file_is_an_array_or_one_order_a_line(
    shop: Shop, file: Path, write: Callable[[list[Row]], str]
) -> None:
    file.write_bytes(write([_order("a"), _order("b")]).encode())

    assert [one["event_id"] for one in _events(_preview(shop, file))] == ["a", "b"]


def test_items_are_an_array_or_its_text(shop: Shop, file: Path) -> None:
    items = [{"sku": "tea", "name": "Tea", "quantity": 2, "unit_price": "9.95"}]
    as_text = _order("b", items=json.dumps(items))
    file.write_text(json.dumps([_order("a", items=items), as_text]))

    first, second = _events(_preview(shop, file))

    assert first["custom_data"]["contents"] == second["custom_data"]["contents"]
    assert first["custom_data"]["contents"][0]["quantity"] == 2


def test_numbers_and_booleans_are_read_as_text_is(shop: Shop, file: Path) -> None:
    rows = [_order("17", value="5"), _order("no", consent="false")]
    rows += [_order("x"), _order("no2", consent=False)]
    rows[2]["order_id"], rows[2]["value"] = 18, 5
    file.write_text(json.dumps(rows))

    told = _preview(shop, file)

    assert [one["event_id"] for one in _events(told)] == ["17", "18"]
    values = [one["custom_data"]["value"] for one in _events(told)]
    assert values == [5, 5]
    assert set(_held(told)) == {"no", "no2"}


def test_every_held_order_has_its_rule(shop: Shop, file: Path) -> None:
    shop.configure(rules=None)
    nobody = dict.fromkeys(("email", "phone", "first_name", "last_name", "city", "ip"))
    rows = [
        _order("nan", value="NaN"),
        _order("text", value="ten"),
        _order("float", value=1 / 3),
        _order("currency", currency="EURO"),
        _order("items", items="[{"),
        {**_order("naive"), "completed_at": "2026-11-20 10:00:00"},
        {**_order("ancient"), "completed_at": "1969-12-31T23:00:00Z"},
        {**_order("future"), "completed_at": "2027-01-01T00:00:00Z"},
        {**_order("old"), "completed_at": "2026-11-01T00:00:00Z"},
        _order("nobody", **nobody),
        _order("new\nline"),
        _order("test", is_test=True),
        _order("twice", value="1"),
        _order("twice", value="2"),
        {"order_id": "empty"},
        {},
        {"value": "1"},
    ]
    file.write_text(json.dumps(rows))

    told = _preview(shop, file)

    assert told["requests"] == []
    by_order = _held(told)
    assert by_order == {
        "nan": "value_not_a_number",
        "text": "value_not_a_number",
        "float": "value_too_precise",
        "currency": "currency_unknown",
        "items": "items_not_json",
        "naive": "completed_at_naive",
        "ancient": "completed_at_before_1970",
        "future": "completed_at_in_future",
        "old": "expired",
        "nobody": "identifiers_missing",
        "new\nline": "order_id_has_control_characters",
        "test": "excluded_test",
        "twice": "order_id_ambiguous",
        "empty": by_order["empty"],
        "": "order_id_missing",
    }
    assert by_order["empty"].endswith("_missing")
    assert [one["order_id"] for one in told["held"]].count("") == 2


def test_times_that_clocks_skip_or_that_lack_a_zone_are_read_in_the_shops(
    shop: Shop, file: Path
) -> None:
    shop.configure(orders='relation = "orders"\ntimezone = "Europe/Berlin"')
    rows = [
        {**_order("gap"), "completed_at": "2026-03-29 02:30:00"},
        {**_order("local"), "completed_at": "2026-03-29 12:00:00"},
    ]
    file.write_text(json.dumps(rows))

    told = _preview(shop, file, "--as-of", "2026-03-30T00:00:00Z")

    (event,) = _events(told)
    noon = datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert (event["event_id"], event["event_time"]) == ("local", noon.timestamp())
    assert _held(told) == {"gap": "completed_at_in_dst_gap"}


def test_another_time_decides_what_is_too_old(shop: Shop, file: Path) -> None:
    file.write_text(json.dumps([_order()]))

    assert _held(_preview(shop, file, "--as-of", "2026-11-30T00:00:00Z")) == {
        "o-1": "expired"
    }


def test_batches_are_cut_as_a_run_would(shop: Shop, file: Path) -> None:
    shop.configure(per_destination="events_per_batch_max = 2")
    file.write_text(json.dumps([_order(f"o-{n}") for n in range(5)]))

    told = _preview(shop, file)

    assert [len(call["body"]["data"]) for call in told["requests"]] == [2, 2, 1]


def test_all_destinations_are_shown_unless_one_is_named(shop: Shop, file: Path) -> None:
    file.write_text(json.dumps([_order()]))

    told = shop.capi("preview", "--orders", str(file), "--as-of", AS_OF, "--json").json

    names = [call["destination"] for call in told["requests"]]
    assert names == ["meta-web", "tiktok-web", "snapchat-web"]


def test_people_see_requests_and_what_is_held(shop: Shop, file: Path) -> None:
    file.write_text(
        json.dumps([_order(f"o-{n}") for n in range(9)] + [_order("b", value="x")])
    )

    said = shop.capi(
        "preview", "-d", "meta-web", "--orders", str(file), "--as-of", AS_OF
    )

    assert "POST http://127.0.0.1" in said.out
    assert "more lines; --json shows all" in said.out
    assert "meta-web: 9 would be sent, 1 would not" in said.out
    assert "value_not_a_number" in said.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not json", "line 1 of orders.json is not JSON"),
        (b'{"order_id": "a"}\n{"order_id"', "line 2 of orders.json is not JSON"),
        (b"[{]", "orders.json is not JSON"),
        (b"[" * 100_000, "orders.json is not JSON"),
        (b'["a", {}, 7]', "holds values that are no orders ['1', '3']"),
        (b'{"order_id": "caf\xe9"}', "is not UTF-8 at byte 17"),
        (b"\xff\xfe[\x00", "is not UTF-8 at byte 0"),
    ],
    ids=["text", "broken line", "broken", "deep", "no orders", "latin", "utf-16"],
)
def test_a_file_that_holds_no_orders_is_named_with_its_fault(
    shop: Shop, file: Path, content: bytes, says: str
) -> None:
    file.write_bytes(content)

    said = shop.capi("preview", "--orders", str(file), "--json", code=1)

    assert says in said.err
    assert "→" in said.err
    assert said.out == ""


def test_a_file_that_is_not_there_is_named(shop: Shop, file: Path) -> None:
    said = shop.capi("preview", "--orders", str(file), code=1)

    assert "cannot be read: No such file" in said.err
    said = shop.capi("preview", "--orders", str(file.parent), code=1)
    assert "cannot be read: Is a directory" in said.err


def test_a_file_that_is_too_large_is_not_read(
    shop: Shop, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capi_jobs.jobs.reading_files.FILE_BYTES_MAX", 1_000)
    file.write_text(json.dumps([_order(f"o-{n}") for n in range(9)]))

    said = shop.capi("preview", "--orders", str(file), code=1)

    assert "is larger than 1,000 bytes → split it" in said.err


@pytest.mark.parametrize("content", ["", "[]", "\n \n"])
def test_a_file_without_orders_needs_no_request(
    shop: Shop, file: Path, content: str
) -> None:
    file.write_text(content)

    assert _preview(shop, file) == {"requests": [], "held": []}
