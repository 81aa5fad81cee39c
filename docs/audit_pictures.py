"""Draw docs/pictures/audit.svg and trace.svg: `python docs/audit_pictures.py`.

A made-up month with every kind of break is audited by the commands themselves; rich
draws what they print. No font is fetched: the reader's own is used.
"""
# ruff: noqa: INP001, TID251 - a program, not a package; it sets the demo's token

import io
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from capi_jobs.cli import audits, screen
from capi_jobs.demo.config import TOKEN, TOKEN_VARIABLE, demo_config
from capi_jobs.demo.month import make_month
from capi_jobs.jobs.clock import ClockAsOf

PICTURES = Path(__file__).parent / "pictures"
WIDTH = 96
# The first screen: what comes below is more of the same.
LINES = 34
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
_PLUGIN = """
[[sent_events]]
relation = "plugin_events"
channel = "server"

[[destinations]]"""


def main(folder: Path, pictures: Path) -> None:
    """Make the month, type both commands as of that day, draw what they print."""
    vars(audits)["clock_of"] = lambda _: ClockAsOf(_NOW)
    month = make_month(folder / "shop.db", f"sqlite:///{folder}/ledger.db", now=_NOW)
    config = folder / "capi_jobs.toml"
    text = demo_config(folder, 1)
    config.write_text(text.replace("[[destinations]]", _PLUGIN, 1))
    os.environ[TOKEN_VARIABLE] = TOKEN
    days = "2026-10-24..2026-11-22"
    _draw(
        pictures / "audit.svg",
        f"capi-jobs audit --interval {days} --destination meta-web",
        lambda: audits.audit(interval=days, destination=["meta-web"], config=config),
    )
    order = min(month.truth["misaligned/local_currency"])
    _draw(
        pictures / "trace.svg",
        f"capi-jobs trace {order} --destination meta-web",
        lambda: audits.trace(order, destination=["meta-web"], config=config),
    )


def _draw(file: Path, typed: str, command: Callable[[], None]) -> None:
    screen.out = _recording()
    with suppress(typer.Exit):
        command()
    printed = screen.out.export_text(styles=True).strip("\n").splitlines()
    picture = _recording()
    for line in printed[:LINES]:
        picture.print(Text.from_ansi(line), soft_wrap=True)
    svg = picture.export_svg(title=f"$ {typed}", unique_id=file.stem)
    file.parent.mkdir(exist_ok=True)
    file.write_text(_FONT.sub("", svg), "utf-8")


def _recording() -> Console:
    return Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made), PICTURES)
