import re
from pathlib import Path

import pytest

from capi_jobs.config import KEYS, load
from docs import generate

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "configuration.md").read_text("utf-8")
EXAMPLE = DOCS / "examples" / "capi_jobs.toml"
# Each stands beside its other way of saying it, and only one may be given.
EITHER_OR = re.compile(r"^#(?=query = )", re.MULTILINE)
SET = re.compile(r"^#(?=\w+ = )", re.MULTILINE)


@pytest.fixture(autouse=True)
def _shop_db(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "postgresql+psycopg://reader:pw@db.example/shop")


def with_all_settings() -> str:
    text = EITHER_OR.sub("# ", EXAMPLE.read_text("utf-8"))
    return SET.sub("", text)


def test_the_example_loads_as_it_is() -> None:
    names = [d.name for d in load(EXAMPLE).destinations]

    assert names == ["meta-web", "tiktok-stores", "snapchat-web"]


def test_the_example_loads_with_every_setting_switched_on(tmp_path: Path) -> None:
    file = tmp_path / "capi_jobs.toml"
    file.write_text(with_all_settings())

    assert load(file).destinations[0].dedup_window is not None


def test_what_is_commented_out_in_the_example_is_the_default(tmp_path: Path) -> None:
    """Of what is not said of a single destination or log."""
    file = tmp_path / "capi_jobs.toml"
    file.write_text(with_all_settings())
    switched_on, as_it_is = load(file), load(EXAMPLE)

    for name in ("gate", "delivery", "orders", "audit", "airflow"):
        assert getattr(switched_on, name) == getattr(as_it_is, name)
    assert switched_on.ledger.retention == as_it_is.ledger.retention


@pytest.mark.parametrize("section", KEYS)
def test_the_example_and_the_page_hold_every_setting(section: str) -> None:
    example = EXAMPLE.read_text("utf-8")
    tables = {name for name in KEYS if name}
    for key in KEYS[section]:
        table = f"{section}.{key}".lstrip(".")
        if table in tables:
            assert re.search(rf"^\[+{re.escape(table)}\]", example, re.MULTILINE)
            continue
        assert re.search(rf"^#?{key} = |^\[{section}\.{key}\]", example, re.MULTILINE)
        assert f"| `{key}` |" in PAGE


def test_every_setting_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", generate.settings(), re.MULTILINE)

    assert [key for key, row in rows if not row.split(" | ")[2].strip()] == []
    assert len(rows) > len(KEYS["destinations"])
