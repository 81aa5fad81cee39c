"""Brings a ledger's tables to this version, once, however many processes open it.

The steps themselves are Alembic's, in migrations/versions; Alembic is imported only
when there is something to do.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

from capi_jobs.errors import LedgerIsNewer, LedgerMissing
from capi_jobs.ledger.door import LOCK_SCHEMA, Door, advisory_lock
from capi_jobs.ledger.schema import SCHEMA_REVISION, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION = table(VERSION_TABLE, column("version_num"))


def bring_up(door: Door, *, create: bool) -> None:
    """Migrate to SCHEMA_REVISION where the ledger is empty or older."""
    with door.snapshot() as connection:
        found = revision(connection)
    if found == SCHEMA_REVISION:
        return
    if found is None and not create:
        raise LedgerMissing(
            "there is no ledger in this database", do="the first run makes it"
        )
    door.in_transaction(_upgrade)


def revision(connection: Connection) -> str | None:
    """Return the newest migration that was made, None where there is no ledger."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(select(_VERSION.c.version_num)).scalar()
    return None if found is None else str(found)


def alembic_config() -> "Config":
    """Point Alembic at the migrations that ship in this package."""
    from alembic.config import Config  # noqa: PLC0415 - 0.1 s, rarely needed

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 0.1 s, rarely needed

    advisory_lock(connection, LOCK_SCHEMA)
    # Another process may have migrated while this one waited.
    found = revision(connection)
    _refuse_newer(found)
    if found != SCHEMA_REVISION:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def known_revisions() -> frozenset[str]:
    """Name all migrations that this version has."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - rarely needed

    scripts = ScriptDirectory.from_config(alembic_config())
    return frozenset(one.revision for one in scripts.walk_revisions())


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in known_revisions():
        raise LedgerIsNewer(
            f"the ledger has schema {found}; this capi-jobs knows {SCHEMA_REVISION}",
            do="upgrade capi-jobs",
        )
