"""Batches and entries, their history, and the quarantine."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import Id, Money, UtcDateTime

revision = "0001"
down_revision = None

# SQLite counts up by itself only where the type is exactly INTEGER.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("ended_at IS NULL")
_FORGOTTEN = sa.text("forgotten_at IS NOT NULL")


def upgrade() -> None:
    """Make every table, those that others refer to first."""
    _batches()
    _entries()
    _history()
    _removed()
    _holds()
    _overrides()


def _batches() -> None:
    op.create_table(
        "ledger_batches",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("first_sent_at", UtcDateTime(), nullable=True),
        sa.Column("last_sent_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_ledger_batches")),
    )
    op.create_index(
        "ix_ledger_batches_destination_status",
        "ledger_batches",
        ["destination", "status"],
    )
    op.create_index("ix_ledger_batches_run_id", "ledger_batches", ["run_id"])


def _entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("event_name", sa.String(), nullable=False),
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("event_time", UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", Money(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("owed_as", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("forgotten_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["ledger_batches.batch_id"],
            name=op.f("fk_ledger_entries_batch_id"),
        ),
        sa.PrimaryKeyConstraint(
            "destination", "event_name", "event_id", name=op.f("pk_ledger_entries")
        ),
    )
    op.create_index("ix_ledger_entries_batch_id", "ledger_entries", ["batch_id"])
    op.create_index(
        "ix_ledger_entries_destination_day", "ledger_entries", ["destination", "day"]
    )
    op.create_index(
        "ix_ledger_entries_destination_event_time",
        "ledger_entries",
        ["destination", "event_time"],
    )
    op.create_index(
        "ix_ledger_entries_forgotten_at",
        "ledger_entries",
        ["forgotten_at"],
        postgresql_where=_FORGOTTEN,
        sqlite_where=_FORGOTTEN,
    )
    op.create_index(
        "uq_ledger_entries_order",
        "ledger_entries",
        ["destination", "order_id", "event_name"],
        unique=True,
    )


def _history() -> None:
    op.create_table(
        "ledger_history",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("order_id", Id(), nullable=True),
        sa.Column("event_id", Id(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_history")),
    )
    op.create_index("ix_ledger_history_at", "ledger_history", ["at"])
    op.create_index("ix_ledger_history_batch_id", "ledger_history", ["batch_id"])
    op.create_index("ix_ledger_history_order_id", "ledger_history", ["order_id"])


def _removed() -> None:
    op.create_table(
        "ledger_removed",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("owed_as", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("value", Money(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_removed")),
    )
    op.create_index(
        "ix_ledger_removed_destination_day", "ledger_removed", ["destination", "day"]
    )


def _holds() -> None:
    op.create_table(
        "ledger_holds",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("value", Money(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("run_first_seen", sa.String(), nullable=False),
        sa.Column("run_last_seen", sa.String(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_how", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_holds")),
    )
    op.create_index("ix_ledger_holds_order_id", "ledger_holds", ["order_id"])
    op.create_index(
        "uq_ledger_holds_open",
        "ledger_holds",
        ["destination", "order_id"],
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def _overrides() -> None:
    op.create_table(
        "ledger_overrides",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_overrides")),
    )
    op.create_index(
        "uq_ledger_overrides_open",
        "ledger_overrides",
        ["destination", "order_id", "rule"],
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
