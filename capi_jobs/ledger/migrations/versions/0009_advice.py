"""What one change would lift match quality most, beside what a run found."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; of runs from before, nothing was computed."""
    op.add_column(
        "ledger_run_destinations", sa.Column("advice", sa.JSON(), nullable=True)
    )
