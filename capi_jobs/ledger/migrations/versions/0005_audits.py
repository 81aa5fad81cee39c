"""How many orders an audit found something about, so that later ones show a trend."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; nothing was kept before."""
    op.create_table(
        "ledger_audits",
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "destination", "starts_at", "ends_at", "kind", name=op.f("pk_ledger_audits")
        ),
    )
