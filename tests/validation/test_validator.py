import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from capi_jobs.errors import ConfigFault
from capi_jobs.model import Order, RowFault
from capi_jobs.orders import read_order
from capi_jobs.platforms import NAMES, platform_named
from capi_jobs.validation import SuiteVerdict, Validator
from capi_jobs.validation.suites import shipped
from tests.validation.builders import NOW, SHA256, a_conversion, an_order

SECRET = "Sentinel"
# Dirt of every kind, each with something that must not be shown in it.
DIRTY_ROW = {
    "completed_at": f"{SECRET}-time",
    "value": f"{SECRET} 12",
    "currency": f"{SECRET}-currency",
    "items": f'[{{"name": "{SECRET}"',
    "email": f"{SECRET}@shop.example",
    "phone": f"+49 {SECRET}",
    "first_name": SECRET,
    "city": SECRET,
    "country": SECRET,
    "channel": SECRET,
    "event_name": f"{SECRET}\n",
    "status": SECRET,
    "ip": SECRET,
}


@pytest.fixture
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Catch what loggers are told at any level, as a careless program would."""
    quiet = logging.getLogger("great_expectations")
    before = quiet.level
    caplog.set_level(logging.DEBUG)
    quiet.setLevel(logging.DEBUG)
    yield caplog
    quiet.setLevel(before)


def shown(*verdicts: SuiteVerdict) -> str:
    return " ".join(repr(v) + json.dumps(asdict(v)) for v in verdicts)


def test_no_personal_data_is_in_a_verdict_or_a_log(
    validator: Validator, every_log: pytest.LogCaptureFixture
) -> None:
    rows = [DIRTY_ROW | {"order_id": f"A-{i}"} for i in range(3)]
    read = [read_order(row, timezone=None) for row in rows]
    faults = {i: f for i, f in enumerate(read) if isinstance(f, tuple)}
    orders = validator.orders(rows, faults, [None] * 3)
    dirty = an_order(email=SECRET, city=SECRET, country=SECRET, status=SECRET)
    read_orders = validator.orders([{}], {}, [dirty])
    bad = a_conversion(
        match_keys={"em": SECRET, "ct": SECRET},
        currency=SECRET,
        page_url=SECRET,
        source=SECRET,
    )
    conversions = validator.conversions([bad])
    assert all(v.held for v in (orders, conversions))
    assert SECRET not in shown(orders, read_orders, conversions)
    assert SECRET not in every_log.text


def test_a_rule_that_breaks_on_a_page_names_no_value(
    tmp_path: Path, every_log: pytest.LogCaptureFixture
) -> None:
    """The sample's event id can be parsed as JSON, the page's cannot."""
    rule = {
        "type": "expect_column_values_to_match_json_schema",
        "kwargs": {"column": "event_id", "json_schema": {"type": "number"}},
        "meta": {"rule": "numeric_event_id"},
    }
    write(tmp_path, orders=[rule])
    own = Validator(tmp_path, now=NOW)
    with pytest.raises(ConfigFault, match=r"on this page.*numeric_event_id") as caught:
        own.orders([{}], {}, [an_order(event_id=SECRET)])
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in every_log.text


def write(folder: Path, **suites: object) -> None:
    for name in ("orders", "conversions"):
        told = {"name": name, "expectations": suites.get(name, [])}
        (folder / f"{name}.json").write_bytes(orjson.dumps(told))


def test_an_unreadable_row_is_held_whatever_the_suite_says(tmp_path: Path) -> None:
    write(tmp_path)
    own = Validator(tmp_path, now=NOW)
    faults = {1: (RowFault("completed_at_naive", "no zone"), RowFault("b", "worse"))}
    found = own.orders([{}, {"order_id": "B"}], faults, [an_order(), None])
    assert found.failures == {1: ("completed_at_naive", "b")}
    assert found.messages == {"completed_at_naive": "no zone", "b": "worse"}
    assert [(r.rule, r.evaluated, r.failed, r.sample) for r in found.results] == [
        ("completed_at_naive", 2, 1, ("B",)),
        ("b", 2, 1, ("B",)),
    ]


def test_a_fault_that_the_suite_names_too_is_told_once(validator: Validator) -> None:
    row = {"order_id": "B", "value": "-1", "currency": "EUR", "email": "x"}
    row |= {"completed_at": "2026-11-22T10:00:00Z"}
    faults = read_order(row, timezone=None)
    assert isinstance(faults, tuple)
    found = validator.orders([{}, row], {1: faults}, [an_order(), None])
    assert found.failures == {1: ("value_negative",)}
    assert [r.failed for r in found.results if r.rule == "value_negative"] == [1]


def test_an_empty_page_holds_nothing(validator: Validator) -> None:
    orders, conversions = validator.orders([], {}, []), validator.conversions([])
    assert (orders.held, conversions.held) == (0, 0)
    assert {0} == {r.evaluated for r in orders.results + conversions.results}


def test_samples_are_few_and_short(validator: Validator) -> None:
    orders = [an_order(order_id=f"{i:03}" + "x" * 100, email=None) for i in range(50)]
    found = validator.orders([{}] * 50, {}, orders)
    result = next(r for r in found.results if r.rule == "identifiers_missing")
    assert [f"{i:03}" + "x" * 61 for i in range(20)] == list(result.sample)


def test_text_that_no_encoding_can_write_is_judged(validator: Validator) -> None:
    rows: list[dict[str, object]] = [{"order_id": "A\ud800"}, {"order_id": "A\udfff"}]
    found = validator.orders(rows, {}, [None, None])
    assert "order_id_duplicate" not in found.failures[0]
    assert json.dumps(asdict(found)).isascii()


def test_results_are_those_of_one_page_however_it_is_cut(validator: Validator) -> None:
    orders = [
        an_order(order_id=str(i), value=Decimal(i % 3 - 1), items=()) for i in range(9)
    ]
    whole = validator.orders([{}] * 9, {}, orders)
    cut = SuiteVerdict()
    for some in (orders[:4], orders[4:]):
        cut = cut.merge(validator.orders([{}] * len(some), {}, some))
    assert whole.results == cut.results
    assert (cut.rows, cut.held) == (9, 3)


def test_removing_a_rule_lets_its_rows_pass(tmp_path: Path) -> None:
    told = orjson.loads((shipped() / "orders.json").read_bytes())["expectations"]
    kept = [one for one in told if one["meta"]["rule"] != "currency_unknown"]
    write(tmp_path, orders=kept)
    row = {"order_id": "B", "value": "1", "currency": "ZZZ", "email": "x"}
    row |= {"completed_at": "2026-11-22"}
    own = Validator(tmp_path, now=NOW)
    assert own.orders([row], {}, [None]).failures == {}


def test_a_rule_of_the_user_holds_rows(tmp_path: Path) -> None:
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "value_number", "max_value": 100, "mostly": 0.5},
        "meta": {"rule": "value_above_ours", "says": "too much"},
    }
    pair = {
        "type": "expect_column_pair_values_to_be_equal",
        "kwargs": {"column_A": "order_id", "column_B": "event_id"},
        "severity": "warning",
    }
    write(tmp_path, orders=[rule, pair])
    own = Validator(tmp_path, now=NOW)
    dear = an_order(order_id="B", event_id="C", value=Decimal(101), items=())
    found = own.orders([{}] * 2, {}, [an_order(event_id="A-1"), dear])
    assert found.failures == {1: ("value_above_ours",)}
    unequal = "expect_column_pair_values_to_be_equal:order_id:event_id"
    counts = {r.rule: r.failed for r in found.results}
    assert counts == {"value_above_ours": 1, unequal: 1}


def test_a_condition_may_look_at_a_column_that_no_rule_names(tmp_path: Path) -> None:
    condition = {"type": "comparison", "column": {"name": "status"}, "operator": "=="}
    rule = {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {
            "column": "currency",
            "value_set": ["USD"],
            "row_condition": {**condition, "parameter": "paid"},
        },
        "meta": {"rule": "paid_in_dollars"},
    }
    write(tmp_path, orders=[rule])
    own = Validator(tmp_path, now=NOW)
    found = own.orders([{}] * 2, {}, [an_order(), an_order(status="paid")])
    assert found.failures == {1: ("paid_in_dollars",)}


def test_every_platforms_keys_are_known_unless_told_otherwise() -> None:
    own = Validator(now=NOW)
    for name in NAMES:
        for key in platform_named(name).match_keys:
            assert key in own._keys


def test_no_two_platforms_mean_different_fields_by_one_key() -> None:
    keys = [key for name in NAMES for key in platform_named(name).match_keys]
    fields = {key.key: key.field for key in keys}
    assert [key for key in keys if fields[key.key] != key.field] == []


def test_hashes_in_clear_are_found_with_every_platforms_keys() -> None:
    own = Validator(now=NOW)
    keys = {"em": SHA256, "country": "DE", "email": "ann@shop.example"}
    found = own.conversions([a_conversion(match_keys=keys)])
    assert found.failures == {0: ("match_keys_not_hashed",)}


def test_nothing_heavy_is_imported_before_the_first_page() -> None:
    """`capi-jobs --help` answers at once."""
    code = (
        "import sys; from datetime import UTC, datetime\n"
        "from capi_jobs.validation import Validator\n"
        "Validator(now=datetime.now(UTC))\n"
        "print({'pandas', 'great_expectations'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_great_expectations_is_quiet_when_it_is_loaded(tmp_path: Path) -> None:
    """It would write hundreds of lines into every log, and bars onto the terminal."""
    kind = "expect_column_values_to_not_be_null"
    write(tmp_path, orders=[{"type": kind, "kwargs": {"column": "order_id"}}])
    code = (
        "import logging, sys; from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout)\n"
        "from capi_jobs.validation import Validator\n"
        "Validator(Path(sys.argv[1]), now=datetime.now(UTC)).orders([{}], {}, [None])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")


def test_faults_of_an_order_hide_nobody_else(validator: Validator) -> None:
    orders: list[Order | None] = [None, an_order(order_id="B")]
    found = validator.orders([{}, {}], {0: (RowFault("x", "y"),)}, orders)
    assert list(found.failures) == [0]
    assert found.failures[0][0] == "x"


def test_threads_share_a_validator() -> None:
    own = Validator(now=NOW)
    pages = [[an_order(order_id=str(i), email=None)] for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda page: own.orders([{}], {}, page), pages))
    assert [one.failures for one in found] == [{0: ("identifiers_missing",)}] * 4
    samples = {r.sample for one in found for r in one.results if r.sample}
    assert samples == {(str(i),) for i in range(4)}
