"""Bad rows of every kind, in each kind of warehouse: held by name, nothing is lost."""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import psycopg
import pytest

from tests import postgres
from tests.shop import COLUMNS, PERSONAL, TOKEN, Row, Shop, an_order, shop_in

RECENT = datetime.now(UTC) - timedelta(hours=20)
LONG = "9" * 400
# What is wrong, and the rule that is expected to hold it; None: it is sent.
BAD: Mapping[str, tuple[Row, str | None]] = {
    "good": ({}, None),
    "value-nan": ({"value": "NaN"}, "value_not_a_number"),
    "value-inf": ({"value": "Infinity"}, "value_not_a_number"),
    "value-minus": ({"value": "-1.00"}, "value_negative"),
    "value-text": ({"value": "n/a"}, "value_not_a_number"),
    "value-400": ({"value": LONG}, "value_too_large"),
    "value-none": ({"value": None}, "value_missing"),
    "value-tiny": ({"value": "0.000000001"}, None),
    "currency-unknown": ({"currency": "XXQ"}, "currency_unknown"),
    "currency-none": ({"currency": None}, "currency_missing"),
    "items-no-json": ({"items": "{not json"}, "items_not_json"),
    "o'quote\"": ({}, None),
    "emoji-🛒": ({}, None),
    "new\nline": ({}, "order_id_has_control_characters"),
    "x" * 10_000: ({}, "order_id_too_long"),
    "time-none": ({"completed_at": None}, "completed_at_missing"),
    # Lies in no interval that can be asked for; `check` and `preview` name it.
    "time-1960": ({"completed_at": "1960-01-01T00:00:00+00:00"}, "-"),
    "time-future": (
        {"completed_at": (RECENT + timedelta(hours=30)).isoformat()},
        "completed_at_in_future",
    ),
    "nobody": (
        dict.fromkeys(("email", "phone", "first_name", "last_name", "city", "ip")),
        "identifiers_missing",
    ),
    "refund": ({"status": "refunded"}, "-"),
    "test-order": ({"is_test": "true"}, "-"),
    "twice-equal": ({}, None),
    "twice-differing": ({}, "order_id_ambiguous"),
}


def _rows() -> list[Row]:
    rows = [
        an_order(order_id, hours_ago=20, **changes)
        for order_id, (changes, _) in BAD.items()
    ]
    by_id = {row["order_id"]: row for row in rows}
    twin = {**by_id["twice-differing"], "value": "20.90"}
    return [*rows, dict(by_id["twice-equal"]), twin, an_order("", hours_ago=20)]


def _sqlite(shop: Shop, uri: str) -> None:
    shop.fill([*_rows(), an_order("nul\0byte", hours_ago=20)])
    shop.configure()


def _values() -> list[list[object]]:
    return [[row.get(name) for name in COLUMNS] for row in _rows()]


def _postgres(shop: Shop, uri: str) -> None:
    columns = ", ".join(f"{name} text" for name in COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE orders ({columns})".encode())
        connection.cursor().executemany(
            f"INSERT INTO orders VALUES ({marks})".encode(),  # noqa: S608 - marks
            _values(),
        )
    url = uri.replace("postgresql://", "postgresql+psycopg://", 1)
    shop.configure(warehouse=url, ledger=url)


def _csv(shop: Shop, uri: str) -> None:
    with (shop.folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *_values()])
    shop.configure(warehouse="duckdb:///", orders='relation = "orders.csv"')


def _parquet(shop: Shop, uri: str) -> None:
    columns = ", ".join(f"{name} VARCHAR" for name in COLUMNS)
    marks = ", ".join(["?"] * len(COLUMNS))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE orders ({columns})")
        connection.executemany(
            f"INSERT INTO orders VALUES ({marks})",  # noqa: S608 - marks
            _values(),
        )
        connection.execute(f"COPY orders TO '{shop.folder / 'orders.parquet'}'")
    shop.configure(warehouse="duckdb:///", orders='relation = "orders.parquet"')


FILLED = {"sqlite": _sqlite, "postgres": _postgres, "csv": _csv, "parquet": _parquet}


class Ran(NamedTuple):
    """A shop after two runs, and what each of them told."""

    shop: Shop
    first: Mapping[str, Any]
    second: Mapping[str, Any]


@pytest.fixture(scope="module", params=FILLED)
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ran]:
    kind: str = request.param
    with ExitStack() as stack:
        uri = ""
        if kind == "postgres":
            server = request.getfixturevalue("postgres_server")
            uri = stack.enter_context(postgres.database(server))
        made = stack.enter_context(shop_in(tmp_path_factory.mktemp(kind)))
        made.platforms = ("meta",)
        # The interval ends with the day after tomorrow, and so does the future here.
        made.rules = None
        made.gate += "\nbad_rows_share_max = 1.0"
        FILLED[kind](made, uri)
        yield Ran(made, *(made.run()["destinations"][0] for _ in range(2)))


def test_every_bad_row_is_held_by_name_and_the_good_ones_are_sent(ran: Ran) -> None:
    shop = ran.shop
    sent = {order for order, (_, rule) in BAD.items() if rule is None}
    assert shop.counted() == dict.fromkeys(sent, 1)
    assert ran.second["sent"]["requests"] == 0

    held = shop.held()
    wanted = {o: rule for o, (_, rule) in BAD.items() if rule and rule != "-"}
    long_one = next(one for one in held if one.startswith("xxx"))
    held["x" * 10_000] = held.pop(long_one)
    assert {o: r for o, r in held.items() if o in wanted} == wanted
    others = {o: r for o, r in held.items() if o not in wanted}
    nul = {"nul␀byte"} if "nul" in "".join(others) else set()
    assert sorted(others.values()) == sorted(
        ["order_id_missing", *["order_id_has_control_characters"] * len(nul)]
    )
    assert sum(ran.first["held"].values()) == len(held)

    classes = shop.classes()
    assert classes == {
        "delivered": len(sent),
        "excluded": 2,
        "held": len(held),
    }


def test_nothing_personal_is_in_ledger_report_or_export(ran: Ran) -> None:
    shop = ran.shop
    report = shop.folder / "report.html"
    said = [
        shop.capi("report", "--html", str(report)),
        shop.capi("quarantine", "list"),
        shop.capi("quarantine", "export", "-"),
        shop.capi("ledger", "list", "--json"),
    ]
    kept = report.read_text() + "".join(one.out + one.err for one in said)
    kept += "".join(
        path.read_bytes().decode("latin-1") for path in shop.folder.glob("ledger.db*")
    )

    for secret in (*PERSONAL, TOKEN, "93.184.216.34"):
        assert secret not in kept
    assert json.dumps(LONG)[1:50] not in kept
