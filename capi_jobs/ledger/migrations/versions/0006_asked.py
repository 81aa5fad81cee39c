"""What a re-upload was asked for, as a digest: it goes on with nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; re-uploads from before cannot be gone on with."""
    op.add_column("ledger_runs", sa.Column("asked", sa.String(), nullable=True))
