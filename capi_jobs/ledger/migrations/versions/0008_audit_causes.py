"""What audits found by cause, and the orders of each that are worth a look."""

import sqlalchemy as sa
from alembic import op

from capi_jobs.ledger.columns import Id, Money, UtcDateTime

revision = "0008"
down_revision = "0007"

# SQLite counts up by itself only where the type is exactly INTEGER.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEY = ("destination", "starts_at", "ends_at", "kind", "cause")


def upgrade() -> None:
    """Make both tables; of audits before, counts by kind alone were kept."""
    _causes()
    _orders()


def _causes() -> None:
    op.create_table(
        "ledger_audit_causes",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("amounts", sa.JSON(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_audit_causes")),
    )
    op.create_index(
        "uq_ledger_audit_causes_cause", "ledger_audit_causes", [*_KEY], unique=True
    )


def _orders() -> None:
    op.create_table(
        "ledger_audit_orders",
        sa.Column("cause_id", _SERIAL, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("order_id", Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("value", Money(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cause_id"],
            ["ledger_audit_causes.id"],
            name=op.f("fk_ledger_audit_orders_cause_id"),
        ),
        sa.PrimaryKeyConstraint(
            "cause_id", "place", name=op.f("pk_ledger_audit_orders")
        ),
    )
    op.create_index(
        "ix_ledger_audit_orders_order_id", "ledger_audit_orders", ["order_id"]
    )
