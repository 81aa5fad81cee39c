"""A demo's folder is made new; a folder of someone else's is left as it is."""

from pathlib import Path

import pytest

from capi_jobs.demo.folder import fresh_folder
from capi_jobs.errors import CapiJobsError


def test_a_second_demo_replaces_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    fresh_folder(folder)
    (folder / "shop.db").touch()
    fresh_folder(folder)
    assert not (folder / "shop.db").exists()
    assert folder.is_dir()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    fresh_folder(tmp_path)
    assert tmp_path.is_dir()


def test_what_is_not_of_a_demo_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CapiJobsError, match="not of an earlier demo"):
        fresh_folder(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
