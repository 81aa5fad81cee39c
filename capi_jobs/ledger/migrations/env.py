"""Runs migrations on the connection and in the transaction of ledger/migrate.py."""

from alembic import context

from capi_jobs.ledger.findings import runs
from capi_jobs.ledger.schema import VERSION_TABLE


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave a warehouse in the same database alone."""
    return kind != "table" or (name or "").startswith("ledger_")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=runs.metadata,  # all tables: those of schema.py come with it,
    version_table=VERSION_TABLE,
    include_name=include_name,
    compare_type=True,
    render_as_batch=True,  # SQLite alters a table by copying it
    transaction_per_migration=False,
)
context.run_migrations()
