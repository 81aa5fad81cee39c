"""The ledger's tables about runs: what was found, decided and counted.

Those of batches, entries and quarantine are in schema.py.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from capi_jobs.ledger.columns import Id, Money, UtcDateTime
from capi_jobs.ledger.schema import METADATA, Serial

runs = Table(
    "ledger_runs",
    METADATA,
    Column("run_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("interval_start", UtcDateTime, nullable=False),
    Column("interval_end", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("actor", String, nullable=False),
    Column("status", String, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("asked", String),  # sha256 of what a person asked for; NULL: by the clock
    Index("ix_ledger_runs_started_at", "started_at"),
)

# What was found, decided and done for one destination of a run.
run_destinations = Table(
    "ledger_run_destinations",
    METADATA,
    Column("run_id", String, ForeignKey(runs.c.run_id), primary_key=True),
    Column("destination", String, primary_key=True),
    Column("interval_start", UtcDateTime, nullable=False),
    Column("interval_end", UtcDateTime, nullable=False),
    # The days whose balance this assessment tells; NULL: none.
    Column("day_first", Date),
    Column("day_last", Date),
    Column("status", String, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("assessed_at", UtcDateTime),
    Column("gate", String),
    Column("gate_reasons", JSON, nullable=False),
    Column("missing_count", Integer),
    Column("missing_values", JSON, nullable=False),  # currency → amount as text
    Column("decision", String),
    Column("decided_by", String),
    Column("decided_reason", Text),
    Column("decided_at", UtcDateTime),
    Column("approved_count", Integer),
    Column("approved_values", JSON, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("requests", JSON, nullable=False),  # outcome → how many
    # By source, the one change that would help matching most; NULL: none was computed.
    Column("advice", JSON),
    Index("ix_ledger_run_destinations_assessed", "destination", "assessed_at"),
)

# Parts of a run that are delivered by themselves, and what was due in each.
slices = Table(
    "ledger_slices",
    METADATA,
    Column("run_id", String, ForeignKey(runs.c.run_id), primary_key=True),
    Column("destination", String, primary_key=True),
    Column("slice", Integer, primary_key=True, autoincrement=False),  # from 0
    Column("interval_start", UtcDateTime, nullable=False),
    Column("interval_end", UtcDateTime, nullable=False),
    Column("due_count", Integer, nullable=False),
    Column("due_values", JSON, nullable=False),  # currency → amount as text
    Column("status", String, nullable=False),  # waiting: not begun yet
    Column("note", Text, nullable=False, default=""),
    Column("requests", Integer, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
)


def _of_assessment(*columns: Column[object] | Index) -> list[Column[object] | Index]:
    """Name the assessment that a row belongs to, then the row's own columns."""
    return [
        Column("id", Serial, primary_key=True, autoincrement=True),
        Column("run_id", String, ForeignKey(runs.c.run_id), nullable=False),
        Column("destination", String, nullable=False),
        *columns,
    ]


# The balance: every order of the interval in exactly one class.
balances = Table(
    "ledger_balances",
    METADATA,
    *_of_assessment(
        Column("day", Date),
        Column("currency", String, nullable=False),
        Column("class", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("orders", Integer, nullable=False),
        Column("value", Money, nullable=False),
        Column("taken_at", UtcDateTime, nullable=False),
        Index("ix_ledger_balances_run", "run_id", "destination", "day"),
    ),
)

# What the ledger held when that balance was taken: live = balance + (now − then).
baselines = Table(
    "ledger_baselines",
    METADATA,
    *_of_assessment(
        Column("day", Date),
        Column("currency", String, nullable=False),
        Column("kind", String, nullable=False),  # "entries" or "holds"
        Column("name", String, nullable=False),  # a status, or a rule
        Column("owed_as", String, nullable=False, default=""),
        Column("orders", Integer, nullable=False),
        Column("value", Money, nullable=False),
        Index("ix_ledger_baselines_run", "run_id", "destination", "day"),
    ),
)

validations = Table(
    "ledger_validations",
    METADATA,
    *_of_assessment(
        Column("suite", String, nullable=False),
        Column("rule", String, nullable=False),
        Column("column", String, nullable=False, default=""),
        Column("severity", String, nullable=False),
        Column("evaluated", Integer, nullable=False),
        Column("failed", Integer, nullable=False),
        Column("share", Float, nullable=False),
        Column("samples", JSON, nullable=False),  # order ids, at most 20
        Column("passed", Boolean, nullable=False),
        Index("ix_ledger_validations_run", "run_id", "destination"),
    ),
)

coverage = Table(
    "ledger_coverage",
    METADATA,
    *_of_assessment(
        Column("source", String, nullable=False),
        Column("identifier", String, nullable=False),
        Column("orders", Integer, nullable=False),
        Column("covered", Integer, nullable=False),
        Column("dropped", Integer, nullable=False),
        Index("ix_ledger_coverage_run", "run_id", "destination"),
    ),
)

# What audits found, the last word on each interval; later ones show the trend.
audits = Table(
    "ledger_audits",
    METADATA,
    Column("destination", String, primary_key=True),
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("ends_at", UtcDateTime, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("found", Integer, nullable=False),  # orders with a finding of the kind
    Column("orders", Integer, nullable=False),  # all of the interval
    Column("taken_at", UtcDateTime, nullable=False),
)

# Its causes, in order of precedence; how many orders each has, all of them.
audit_causes = Table(
    "ledger_audit_causes",
    METADATA,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("destination", String, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("kind", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("amounts", JSON, nullable=False),  # currency → amount as text
    Column("detail", Text, nullable=False),  # the most frequent one
    Column("taken_at", UtcDateTime, nullable=False),
    Index(
        "uq_ledger_audit_causes_cause",
        "destination",
        "starts_at",
        "ends_at",
        "kind",
        "cause",
        unique=True,
    ),
)

# The most valuable orders of each cause, so many that a person can look at them.
audit_orders = Table(
    "ledger_audit_orders",
    METADATA,
    Column("cause_id", Serial, ForeignKey(audit_causes.c.id), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # from 0
    Column("order_id", Id, nullable=False),  # "": rows or events have none
    Column("day", Date),
    Column("currency", String, nullable=False),
    Column("value", Money, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_ledger_audit_orders_order_id", "order_id"),
)

# What platforms said of an hour or a day, the last word: kept beside ours over time.
readings = Table(
    "ledger_readings",
    METADATA,
    Column("destination", String, primary_key=True),
    Column("metric", String, primary_key=True),
    Column("event_name", String, primary_key=True),  # "": all events together
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("ours", Money),  # delivered events, or the forecast
    Column("theirs", Money),
    Column("short", Integer, nullable=False),
    Column("verdict", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Index("ix_ledger_readings_taken_at", "taken_at"),
)
