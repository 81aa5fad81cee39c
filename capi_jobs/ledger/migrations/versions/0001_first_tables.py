"""First tables: batches and entries, their history, quarantine, runs."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import Id, Money, UtcDateTime

revision = "0001"
down_revision = None

# SQLite counts up by itself only where the type is exactly INTEGER.
_OPEN = sa.text("ended_at IS NULL")
_FORGOTTEN = sa.text("forgotten_at IS NOT NULL")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table, those that others refer to first."""
    _batches()
    _history()
    _holds()
    _overrides()
    _runs()
    _balances()
    _baselines()
    _coverage()
    _entries()
    _run_destinations()
    _validations()


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


def _runs() -> None:
    op.create_table(
        "ledger_runs",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("interval_start", UtcDateTime(), nullable=False),
        sa.Column("interval_end", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_ledger_runs")),
    )
    op.create_index("ix_ledger_runs_started_at", "ledger_runs", ["started_at"])


def _balances() -> None:
    op.create_table(
        "ledger_balances",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("class", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("value", Money(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ledger_runs.run_id"], name=op.f("fk_ledger_balances_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_balances")),
    )
    op.create_index(
        "ix_ledger_balances_run", "ledger_balances", ["run_id", "destination", "day"]
    )


def _baselines() -> None:
    op.create_table(
        "ledger_baselines",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owed_as", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("value", Money(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ledger_runs.run_id"], name=op.f("fk_ledger_baselines_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_baselines")),
    )
    op.create_index(
        "ix_ledger_baselines_run", "ledger_baselines", ["run_id", "destination", "day"]
    )


def _coverage() -> None:
    op.create_table(
        "ledger_coverage",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ledger_runs.run_id"], name=op.f("fk_ledger_coverage_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_coverage")),
    )
    op.create_index(
        "ix_ledger_coverage_run", "ledger_coverage", ["run_id", "destination"]
    )


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


def _run_destinations() -> None:
    op.create_table(
        "ledger_run_destinations",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("interval_start", UtcDateTime(), nullable=False),
        sa.Column("interval_end", UtcDateTime(), nullable=False),
        sa.Column("day_first", sa.Date(), nullable=True),
        sa.Column("day_last", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("assessed_at", UtcDateTime(), nullable=True),
        sa.Column("gate", sa.String(), nullable=True),
        sa.Column("gate_reasons", sa.JSON(), nullable=False),
        sa.Column("missing_count", sa.Integer(), nullable=True),
        sa.Column("missing_values", sa.JSON(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("approved_count", sa.Integer(), nullable=True),
        sa.Column("approved_values", sa.JSON(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("requests", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["ledger_runs.run_id"],
            name=op.f("fk_ledger_run_destinations_run_id"),
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "destination", name=op.f("pk_ledger_run_destinations")
        ),
    )
    op.create_index(
        "ix_ledger_run_destinations_assessed",
        "ledger_run_destinations",
        ["destination", "assessed_at"],
    )


def _validations() -> None:
    op.create_table(
        "ledger_validations",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("suite", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("evaluated", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["ledger_runs.run_id"],
            name=op.f("fk_ledger_validations_run_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_validations")),
    )
    op.create_index(
        "ix_ledger_validations_run", "ledger_validations", ["run_id", "destination"]
    )
