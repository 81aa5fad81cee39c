"""Indexes of the few: what people decided, what is held of a day and by a rule."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_PERSON = sa.text("order_id IS NOT NULL")
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Make all; they hold few rows, but the tables are read once."""
    op.create_index(
        "ix_ledger_history_person",
        "ledger_history",
        ["at"],
        postgresql_where=_PERSON,
        sqlite_where=_PERSON,
    )
    op.create_index(
        "ix_ledger_holds_open_day",
        "ledger_holds",
        ["destination", "day"],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
    if op.get_context().dialect.name == "sqlite":  # see schema.py
        op.create_index(
            "ix_ledger_holds_open_rule",
            "ledger_holds",
            ["destination", "rule", "currency", "value", "first_seen_at"],
            sqlite_where=_OPEN,
        )
