import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from capi_jobs.config import load
from tests.shop import PLATFORMS, Shop, an_order, orders, typed


def test_init_writes_a_configuration_that_loads(tmp_path: Path) -> None:
    said = typed("init", str(tmp_path / "new"))

    assert said.code == 0
    assert "capi-jobs check" in said.out
    assert len(load(tmp_path / "new" / "capi_jobs.toml").destinations) == 3


def test_init_replaces_nothing_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "capi_jobs.toml").write_text("mine")

    said = typed("init", str(tmp_path))

    assert (said.code, said.out) == (1, "")
    assert "is there already → --force replaces it" in said.err
    assert (tmp_path / "capi_jobs.toml").read_text() == "mine"
    assert typed("init", str(tmp_path), "--force").code == 0


def test_init_where_no_file_can_be_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    said = typed("init", str(tmp_path / "file" / "under"))

    assert said.code == 1
    assert "Not a directory" in said.err


def test_check_finds_a_sound_shop_sound(shop: Shop) -> None:
    shop.fill(orders(2)).run()

    said = shop.capi("check")

    assert "✗" not in said.out
    assert "keeps the contract" in said.out
    told = shop.capi("check", "--json").json
    assert {one["severity"] for one in told} == {"ok"}
    assert set(told[0]) == {"place", "severity", "code", "message", "ids"}


def test_check_names_all_faults_at_once(shop: Shop) -> None:
    shop.fill([an_order("x", completed_at="2026-11-20 12:00:00")])
    shop.configure(
        platforms=("meta", "tiktok"),
        orders='relation = "orders"\n[orders.columns]\nvalue = "total"',
        per_destination='api_version = "v19.0"',
    )
    (shop.folder / "token").unlink()
    (shop.folder / "expectations" / "orders.json").write_text("{")
    (shop.folder / "ledger.db").write_text("no database, but rather longer than one")

    told = shop.capi("check", "--json", code=1).json

    errors = {(one["place"], one["code"]) for one in told if one["severity"] == "error"}
    assert errors == {
        ("orders", "mapped_column_missing"),
        ("orders", "times_naive"),
        ("expectations", ""),
        ("ledger", ""),
        ("meta-web", ""),
        ("tiktok-web", ""),
    }
    versions = [one["message"] for one in told if "v19.0" in one["message"]]
    assert "meta v19.0 ended on 2026-05-21" in " ".join(versions)
    assert "tiktok v19.0 is not a version that capi-jobs knows" in " ".join(versions)


def test_check_tells_a_fault_that_lists_others_in_one_row(shop: Shop) -> None:
    (shop.folder / "token").unlink()

    told = shop.capi("check", code=1)

    [row] = [line for line in told.out.splitlines() if "secrets" in line]
    assert "1 fault - destination meta-web, token: " in row
    assert "\\n" not in row


def test_check_names_times_that_no_interval_reads(shop: Shop) -> None:
    shop.fill([an_order("old", completed_at="1960-01-01T00:00:00+00:00"), an_order()])

    told = shop.capi("check", "--json").json

    assert ["times_before_1970", ["old"]] in [[one["code"], one["ids"]] for one in told]


def test_check_makes_no_ledger(shop: Shop) -> None:
    shop.fill(orders(1))

    said = shop.capi("check")

    assert "the first run makes it" in said.out
    assert not (shop.folder / "ledger.db").exists()


def test_check_can_ask_platforms_about_the_tokens(shop: Shop) -> None:
    shop.configure(platforms=PLATFORMS).fill(orders(1))

    told = shop.capi("check", "--probe", "--json").json
    asked = [one["severity"] for one in told if "probe" in one["message"]]
    assert asked == ["ok", "ok", "ok"]

    (shop.folder / "token").write_text("a-wrong-one")
    told = shop.capi("check", "--probe", "--json", code=1).json
    refused = [one for one in told if one["severity"] == "error"]
    assert [one["place"] for one in refused] == [f"{name}-web" for name in PLATFORMS]
    assert "a-wrong-one" not in str(told)
    assert not any(shop.counted(name) for name in PLATFORMS)


def test_check_without_a_warehouse_says_what_is_needed(shop: Shop) -> None:
    text = shop.config.read_text()
    shop.config.write_text(re.sub(r"warehouse = .*\n|\[orders\]\n.*\n", "", text))

    for command in ("check", "plan", "run"):
        said = shop.capi(command, code=1)
        assert "[warehouse]" in said.out + said.err


def test_platforms_tell_their_limits() -> None:
    told = typed("platforms", "--json").json

    assert [one["name"] for one in told] == ["meta", "tiktok", "snapchat"]
    assert told[0]["events_per_batch_max"] == 1000
    assert told[0]["event_age_max"]["website"] == "7d"
    shown = typed("platforms").out
    assert "dedup_window" in shown
    assert "{" not in shown


def test_the_sandbox_prints_its_url_and_serves_until_stopped(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"do": "throttle", "platform": "meta"}]))
    command = [sys.executable, "-m", "capi_jobs", "sandbox", "--port", "0"]
    with subprocess.Popen(
        [*command, "--script", str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            counted = httpx.get(f"{url}/sandbox/counted").json()
            rules = httpx.get(f"{url}/sandbox/faults").json()
        finally:
            process.send_signal(signal.SIGINT)
        process.wait(20)

    assert set(counted) == {"meta", "tiktok", "snapchat"}
    assert [rule["rule"]["do"] if "rule" in rule else rule["do"] for rule in rules] == [
        "throttle"
    ]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--script", "{tmp}/none.json"], 1, "No such file"),
        (["--script", "{tmp}/bad.json"], 1, "is no script"),
        (["--host", "192.0.2.1"], 2, "loopback only"),
        (["--port", "http"], 2, "--port"),
    ],
    ids=["no script", "bad script", "open to all", "no port"],
)
def test_a_sandbox_that_cannot_start_says_why(
    tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    (tmp_path / "bad.json").write_text('[{"do": "explode"}]')

    said = typed("sandbox", *(word.format(tmp=tmp_path) for word in words))

    assert said.code == code
    assert says in said.err


def test_a_port_that_is_taken_is_said_plainly(shop: Shop) -> None:
    said = typed("sandbox", "--port", shop.url.rsplit(":", 1)[1])

    assert said.code == 1
    assert "Address already in use" in said.err


def test_a_demo_empties_only_the_folder_of_a_demo(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")

    said = typed("demo", "--folder", str(tmp_path))

    assert said.code == 1
    assert "is not empty and not of an earlier demo" in said.err
    assert (tmp_path / "mine").exists()
