"""What each batch holds, counted, so that pages and reports need not read entries."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import Money, exact_sum

revision = "0007"
down_revision = "0006"

_GROUP = ("batch_id", "destination", "day", "currency", "owed_as")


def upgrade() -> None:
    """Make the table and count what there is: a second for 500,000 entries."""
    _table()
    _fill()


def _table() -> None:
    op.create_table(
        "ledger_batch_counts",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("owed_as", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("value", Money(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["ledger_batches.batch_id"],
            name=op.f("fk_ledger_batch_counts_batch_id"),
        ),
        sa.PrimaryKeyConstraint(
            "batch_id",
            "day",
            "currency",
            "owed_as",
            name=op.f("pk_ledger_batch_counts"),
        ),
    )
    op.create_index(
        "ix_ledger_batch_counts_destination_day",
        "ledger_batch_counts",
        ["destination", "day"],
    )


def _fill() -> None:
    """Keep writers out meanwhile: what they add would not be counted."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("LOCK TABLE ledger_entries IN SHARE ROW EXCLUSIVE MODE")
    entries = sa.table(
        "ledger_entries", *map(sa.column, _GROUP), sa.column("value", Money())
    )
    counts = sa.table(
        "ledger_batch_counts",
        *map(sa.column, _GROUP),
        *map(sa.column, ("orders", "value")),
    )
    group = [entries.c[name] for name in _GROUP]
    counted = sa.select(*group, sa.func.count(), exact_sum(entries.c.value))
    op.execute(
        sa.insert(counts).from_select(
            [*_GROUP, "orders", "value"], counted.group_by(*group)
        )
    )
