"""Runs, and what they found."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import Money, UtcDateTime

revision = "0002"
down_revision = "0001"

# SQLite counts up by itself only where the type is exactly INTEGER.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table, those that others refer to first."""
    _runs()
    _run_destinations()
    _balances()
    _baselines()
    _validations()
    _coverage()


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
