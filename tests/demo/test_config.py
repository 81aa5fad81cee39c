"""The demo's configuration is one that the tool takes."""

import tomllib
from pathlib import Path

from capi_jobs.config import read
from capi_jobs.demo.config import LEDGER_FILE, SHOP_FILE, demo_config


def test_it_is_taken_and_names_three_destinations(tmp_path: Path) -> None:
    table = tomllib.loads(demo_config(tmp_path, port=8123))
    settings = read(table, tmp_path / "capi_jobs.toml")
    assert settings.warehouse is not None
    assert f"sqlite:///{tmp_path / SHOP_FILE}" == settings.warehouse.url
    assert f"sqlite:///{tmp_path / LEDGER_FILE}" == settings.ledger.url
    expected = [("meta-web", "meta"), ("tiktok-web", "tiktok")]
    expected.append(("snapchat-web", "snapchat"))
    assert expected == [(d.name, d.platform) for d in settings.destinations]
    addresses = {d.base_url for d in settings.destinations}
    assert {"http://127.0.0.1:8123"} == addresses


def test_the_file_holds_the_text_and_no_secret(tmp_path: Path) -> None:
    text = demo_config(tmp_path, port=1)
    assert text == (tmp_path / "capi_jobs.toml").read_text("utf-8")
    tokens = [line for line in text.splitlines() if line.startswith("token")]
    assert tokens == ['token = "env:CAPI_DEMO_TOKEN"'] * 3
