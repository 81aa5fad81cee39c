"""What platforms said that they received, beside what was delivered."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import Money, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table; nothing was read before."""
    op.create_table(
        "ledger_readings",
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("event_name", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("ours", Money(), nullable=True),
        sa.Column("theirs", Money(), nullable=True),
        sa.Column("short", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "destination",
            "metric",
            "event_name",
            "starts_at",
            name=op.f("pk_ledger_readings"),
        ),
    )
    op.create_index("ix_ledger_readings_taken_at", "ledger_readings", ["taken_at"])
