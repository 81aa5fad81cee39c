import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, table, text, update

from capi_jobs.errors import LedgerIsNewer, LedgerUnavailable
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.counts import miscounted
from capi_jobs.ledger.migrate import alembic_config, revision
from capi_jobs.ledger.schema import (
    METADATA,
    SCHEMA_REVISION,
    VERSION_TABLE,
    history,
    holds,
)
from capi_jobs.lifecycle import Status
from tests.ledger.building import Bench


def set_revision(ledger: Ledger, number: str) -> None:
    version = table(VERSION_TABLE, column("version_num"))
    ledger.in_transaction(
        lambda c: c.execute(update(version).values(version_num=number))
    )


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())

    assert scripts.get_heads() == [SCHEMA_REVISION]


def test_migrations_make_the_tables_that_the_code_knows(database_url: str) -> None:
    with Ledger.open(database_url) as ledger, ledger.snapshot() as connection:
        options = {
            "version_table": VERSION_TABLE,
            "compare_type": True,
            "include_object": lambda _thing, name, *_: (
                ledger.is_sqlite or name not in _OF_SQLITE
            ),
        }
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, METADATA) == []


def test_opening_again_changes_nothing(database_url: str) -> None:
    with Ledger.open(database_url) as ledger:
        Bench(ledger).claim(1)

    with Ledger.open(database_url, create=False) as ledger:
        assert len(list(ledger.entries())) == 1


def test_an_older_ledger_is_migrated_and_keeps_its_rows(database_url: str) -> None:
    with Ledger.open(database_url) as ledger:
        Bench(ledger).claim(1)
        later = [METADATA.tables[f"ledger_{name}"] for name in _LATER]
        METADATA.drop_all(ledger.engine, later)
        for table_of in (holds, history):
            for index in table_of.indexes:
                if index.name in _LATER_INDEXES:
                    index.drop(ledger.engine)
        set_revision(ledger, "0001")

    with Ledger.open(database_url) as ledger:
        assert len(list(ledger.entries())) == 1
        assert ledger.recent_runs(1) == []
        with ledger.snapshot() as connection:
            assert miscounted(connection) == []
        assert ledger.status_counts() == {("meta", Status.IN_FLIGHT): 1}


# What later migrations than 0001 make.
_LATER = (
    "runs run_destinations balances baselines validations coverage slices readings"
    " audits batch_counts audit_causes audit_orders"
).split()
_LATER_INDEXES = {
    "ix_ledger_history_person",
    "ix_ledger_holds_open_day",
    "ix_ledger_holds_open_rule",
}
# Alembic does not look at `ddl_if`.
_OF_SQLITE = {"ix_ledger_holds_open_rule"}


def test_a_newer_ledger_is_refused(database_url: str) -> None:
    with Ledger.open(database_url) as ledger:
        set_revision(ledger, "9999")

    with pytest.raises(LedgerIsNewer, match=r"schema 9999.*upgrade capi-jobs"):
        Ledger.open(database_url)


def test_an_empty_database_is_no_ledger_unless_one_may_be_made(
    database_url: str,
) -> None:
    with pytest.raises(LedgerUnavailable, match=r"no ledger.*first run makes it"):
        Ledger.open(database_url, create=False)


def test_a_ledger_that_is_not_to_be_made_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"

    with pytest.raises(LedgerUnavailable, match="no ledger"):
        Ledger.open(f"sqlite:///{file}", create=False)

    assert not file.exists()


def test_many_may_open_a_new_ledger_at_once(database_url: str) -> None:
    def count(_: int) -> int:
        with Ledger.open(database_url) as ledger:
            return len(list(ledger.entries()))

    with ThreadPoolExecutor(6) as openers:
        assert list(openers.map(count, range(6))) == [0] * 6


def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next attempt finds an empty database, not half a ledger."""
    whole = command.upgrade

    def torn(*args: object) -> None:
        whole(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", torn)
        with pytest.raises(KeyboardInterrupt):
            Ledger.open(database_url)

    with pytest.raises(LedgerUnavailable, match="no ledger"):
        Ledger.open(database_url, create=False)
    Ledger.open(database_url).close()


def test_the_tables_of_a_warehouse_in_the_same_database_are_left_alone(
    database_url: str,
) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE runs (id integer)"))
        connection.execute(text("CREATE TABLE alembic_version (x integer)"))
    engine.dispose()

    with Ledger.open(database_url) as ledger, ledger.snapshot() as connection:
        assert revision(connection) == SCHEMA_REVISION


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        Bench(ledger).claim(1)
        modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}

    assert modes == {0o600}
