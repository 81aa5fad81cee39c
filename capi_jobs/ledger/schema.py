"""The ledger's tables of batches, entries and quarantine; findings.py has the others.

What may happen to their rows is in `capi_jobs/lifecycle.py`. Names carry the prefix
`ledger_`, because the warehouse may share the database. A change here needs a
migration in migrations/versions and a new SCHEMA_REVISION.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from capi_jobs.ledger.columns import Id, Money, UtcDateTime

# The newest migration; a ledger that names another one is older, or newer than us.
SCHEMA_REVISION = "0010"
VERSION_TABLE = "ledger_version"

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up by itself only where the type is exactly INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")

# One call, or the wish for one. An entry's status is its batch's status.
batches = Table(
    "ledger_batches",
    METADATA,
    Column("batch_id", String, primary_key=True),
    Column("destination", String, nullable=False),
    Column("status", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("events", Integer, nullable=False),
    Column("first_sent_at", UtcDateTime),
    Column("last_sent_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("trace_id", Text, nullable=False, default=""),
    # No foreign key: retention may remove the parent first.
    Column("parent_id", String),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_ledger_batches_destination_status", "destination", "status"),
    Index("ix_ledger_batches_run_id", "run_id"),
)

# This event was put into that batch. Never changes but for its batch.
entries = Table(
    "ledger_entries",
    METADATA,
    Column("destination", String, nullable=False),
    Column("event_name", String, nullable=False),
    Column("event_id", Id, nullable=False),
    Column("order_id", Id, nullable=False),
    Column("event_time", UtcDateTime, nullable=False),
    Column("day", Date, nullable=False),  # of the balance, in the shop's zone
    Column("value", Money, nullable=False),
    Column("currency", String, nullable=False),
    Column("owed_as", String, nullable=False),
    Column("batch_id", String, ForeignKey(batches.c.batch_id), nullable=False),
    # Set: both ids are digests, see forgetting.py.
    Column("forgotten_at", UtcDateTime),
    PrimaryKeyConstraint("destination", "event_name", "event_id"),
    # One conversion per order and event, whatever ids a changed template makes.
    Index(
        "uq_ledger_entries_order",
        "destination",
        "order_id",
        "event_name",
        unique=True,
    ),
    Index("ix_ledger_entries_batch_id", "batch_id"),
    Index("ix_ledger_entries_destination_day", "destination", "day"),
    Index("ix_ledger_entries_destination_event_time", "destination", "event_time"),
    Index(
        "ix_ledger_entries_forgotten_at",
        "forgotten_at",
        postgresql_where=text("forgotten_at IS NOT NULL"),
        sqlite_where=text("forgotten_at IS NOT NULL"),
    ),
)

# What a batch holds, counted: five million entries are seventy thousand of these.
batch_counts = Table(
    "ledger_batch_counts",
    METADATA,
    Column("batch_id", String, ForeignKey(batches.c.batch_id), primary_key=True),
    Column("destination", String, nullable=False),
    Column("day", Date, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("owed_as", String, primary_key=True),
    Column("orders", Integer, nullable=False),
    Column("value", Money, nullable=False),
    Index("ix_ledger_batch_counts_destination_day", "destination", "day"),
)

# Every move, who made it and why.
history = Table(
    "ledger_history",
    METADATA,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("batch_id", String, nullable=False),
    Column("destination", String, nullable=False),
    Column("from_status", String),
    Column("event", String, nullable=False),
    Column("to_status", String, nullable=False),
    Column("events", Integer, nullable=False),
    Column("actor", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("trace_id", Text, nullable=False, default=""),
    Column("run_id", String, nullable=False, default=""),
    # Only where a person moved this one entry.
    Column("order_id", Id),
    Column("event_id", Id),
    Index("ix_ledger_history_batch_id", "batch_id"),
    Index("ix_ledger_history_order_id", "order_id"),
    Index("ix_ledger_history_at", "at"),
    # What people decided: few lines among many.
    Index(
        "ix_ledger_history_person",
        "at",
        postgresql_where=text("order_id IS NOT NULL"),
        sqlite_where=text("order_id IS NOT NULL"),
    ),
)

# What retention took out of `entries`, so that live counts stay what they were.
removed = Table(
    "ledger_removed",
    METADATA,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("destination", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("currency", String, nullable=False),
    Column("status", String, nullable=False),
    Column("owed_as", String, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("value", Money, nullable=False),
    Index("ix_ledger_removed_destination_day", "destination", "day"),
)

# Quarantine: the open ones. Notes about orders, not states of entries.
holds = Table(
    "ledger_holds",
    METADATA,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("destination", String, nullable=False),
    Column("order_id", Id, nullable=False),
    Column("rule", String, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("message", Text, nullable=False),
    Column("day", Date),
    Column("value", Money),
    Column("currency", String, nullable=False, default=""),
    Column("run_first_seen", String, nullable=False),
    Column("run_last_seen", String, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_how", String),
    # One open hold per order: a second rule updates it.
    Index(
        "uq_ledger_holds_open",
        "destination",
        "order_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
    Index("ix_ledger_holds_order_id", "order_id"),
    Index(
        "ix_ledger_holds_open_day",
        "destination",
        "day",
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
    # All that counting the quarantine reads: the first page asks for it. Not on
    # PostgreSQL, which counts as fast without, and whose indexes cannot hold every
    # text or amount that a dirty row may have.
    Index(
        "ix_ledger_holds_open_rule",
        "destination",
        "rule",
        "currency",
        "value",
        "first_seen_at",
        sqlite_where=text("ended_at IS NULL"),
    ).ddl_if(dialect="sqlite"),
)

# A person's word: send in spite of a rule, or never send.
overrides = Table(
    "ledger_overrides",
    METADATA,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("destination", String, nullable=False),
    Column("order_id", Id, nullable=False),
    Column("decision", String, nullable=False),
    Column("rule", String, nullable=False),  # "*": whatever the rule
    Column("actor", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(
        "uq_ledger_overrides_open",
        "destination",
        "order_id",
        "rule",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
)
