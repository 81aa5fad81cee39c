"""Parts of a run that are delivered by themselves."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; runs of before have no slices."""
    op.create_table(
        "ledger_slices",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("slice", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("interval_start", UtcDateTime(), nullable=False),
        sa.Column("interval_end", UtcDateTime(), nullable=False),
        sa.Column("due_count", sa.Integer(), nullable=False),
        sa.Column("due_values", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ledger_runs.run_id"], name=op.f("fk_ledger_slices_run_id")
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "destination", "slice", name=op.f("pk_ledger_slices")
        ),
    )
