"""The pictures of audit and trace are what the commands print."""

from pathlib import Path

import pytest

from capi_jobs.cli import audits, door, screen
from capi_jobs.demo.config import TOKEN, TOKEN_VARIABLE
from docs import audit_pictures


def test_the_pictures_are_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python docs/audit_pictures.py` draws them anew."""
    # The program sets these for itself; here they end with the test.
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.setattr(audits, "clock_of", door.clock_of)
    monkeypatch.setattr(screen, "out", screen.out)

    audit_pictures.main(tmp_path, tmp_path / "pictures")

    for name in ("audit.svg", "trace.svg"):
        drawn = (tmp_path / "pictures" / name).read_text("utf-8")
        shown = (audit_pictures.PICTURES / name).read_text("utf-8")
        assert drawn == shown, name
