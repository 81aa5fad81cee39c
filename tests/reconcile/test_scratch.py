from pathlib import Path

import duckdb
import pytest

from capi_jobs import duck
from capi_jobs.reconcile.scratch import cursor, keep, scratch


def scratched(space: duckdb.DuckDBPyConnection) -> Path:
    return duck.folder(space) / "scratch.duckdb"


def test_tables_are_on_disk_and_gone_with_the_block() -> None:
    with duck.workspace(32) as space:
        with scratch(space):
            space.execute("CREATE TABLE rows AS SELECT i FROM range(200_000) t(i)")
            assert scratched(space).stat().st_size > 200_000

        assert not scratched(space).exists()
        with pytest.raises(duckdb.CatalogException):
            space.execute("FROM rows")


def test_macros_are_found_there_and_what_is_kept_stays() -> None:
    with duck.workspace(32) as space:
        keep(space)
        with scratch(space):
            space.execute("CREATE TABLE rows AS SELECT tidy(' a ') AS id")
            space.execute("CREATE TABLE kept.main.due AS FROM rows")

        assert space.execute("FROM kept.main.due").fetchall() == [("a",)]
        folder = duck.folder(space)
        assert (folder / "kept.duckdb").exists()

    assert not folder.exists()


def test_what_failed_leaves_nothing_behind() -> None:
    with duck.workspace(32) as space:
        with pytest.raises(ZeroDivisionError), scratch(space):
            1 / 0  # noqa: B018

        assert not scratched(space).exists()


def test_the_folder_of_temporary_files_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "it's; --"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))

    with duck.workspace(32) as space, scratch(space):
        assert scratched(space).is_relative_to(odd)
        assert scratched(space).exists()


def test_a_cursor_finds_the_same_tables() -> None:
    with duck.workspace(32) as space, scratch(space):
        space.execute("CREATE TABLE rows AS SELECT tidy(' a ') AS id")

        with cursor(space) as reading:
            assert reading.sql("FROM rows").fetchall() == [("a",)]
