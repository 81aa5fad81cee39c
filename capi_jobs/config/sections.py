"""Tables of capi_jobs.toml about data and work: warehouse to delivery.

Descriptions are the text of `docs/configuration.md`. The destinations have a file of
their own; loading and secrets live in the package's front.
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from capi_jobs.config.types import DatabaseUrl, Section, Span, ZoneName

# What shops call an order that is paid and stays so; anything else is excluded.
COMPLETED_STATUSES = ("completed", "complete", "paid", "fulfilled", "shipped", "closed")


class Warehouse(Section):
    """Where the orders and the events already sent lie; only ever read."""

    url: DatabaseUrl = Field(
        description="SQLAlchemy URL, or `duckdb:///` for Parquet, CSV and DuckDB files"
    )


class LedgerSettings(Section):
    """Where capi-jobs keeps its books; SQLite or PostgreSQL."""

    url: DatabaseUrl = Field(
        DatabaseUrl("sqlite:///capi_jobs_ledger.db"), description="SQLAlchemy URL"
    )
    retention: Span = Field(
        timedelta(days=400),
        description="`ledger retention` removes what is older (13 months of reports)",
    )


class Orders(Section):
    """The view of completed orders (one relation or one SELECT)."""

    relation: str | None = Field(None, description="table, view or file of orders")
    query: str | None = Field(None, description="path of a .sql file with one SELECT")
    columns: dict[str, str] = Field(
        default_factory=dict, description="our column name = the view's column name"
    )
    custom: dict[str, str] = Field(
        default_factory=dict, description="custom property = the view's column name"
    )
    timezone: ZoneName | None = Field(
        None, description="zone in which times without an offset are read"
    )
    completed_statuses: tuple[str, ...] = Field(
        COMPLETED_STATUSES, description="statuses that count; others are excluded"
    )
    consent_unknown: Literal["exclude", "send"] = Field(
        "exclude", description="orders whose consent is NULL in a view that has it"
    )
    event_id_template: str = Field(
        "{order_id}", description="event id of an order that has none and was not seen"
    )
    lookback: Span = Field(
        timedelta(days=3),
        description="how far before the interval late orders are read again",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.relation is None) == (self.query is None):
            raise ValueError("give either relation or query")
        return self


class SentEvents(Section):
    """A log of events that somebody else already sent."""

    relation: str | None = Field(None, description="table, view or file of events")
    query: str | None = Field(None, description="path of a .sql file with one SELECT")
    channel: Literal["browser", "server"] = Field(description="who sent them")
    platform: str | None = Field(
        None, description="all rows are this platform's (else a column says it)"
    )
    destination: str | None = Field(
        None, description="all rows are this destination's (else a column says it)"
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description="our column name = the log's column name"
    )
    timezone: ZoneName | None = Field(
        None, description="zone in which times without an offset are read"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.relation is None) == (self.query is None):
            raise ValueError("give either relation or query")
        return self


class Validation(Section):
    """Rules about rows."""

    expectations: Path | None = Field(
        None, description="folder with orders.json and conversions.json; else ours"
    )


class GateSettings(Section):
    """When a data owner is asked before anything is sent."""

    ask_first_run: bool = Field(
        default=True,
        description="ask on a destination's first run: everything looks missing",
    )
    ask_without_sent_events: bool = Field(
        default=True,
        description="ask, until one run was approved, when no log covers it",
    )
    ask_empty_source: bool = Field(
        default=True, description="ask when there are no orders"
    )
    bad_rows_share_max: float = Field(
        0.05, ge=0, le=1, description="ask when more of the rows are held"
    )
    bad_rows_floor: int = Field(
        20, ge=0, description="fewer held rows than this never ask"
    )
    missing_growth_max: float = Field(
        3.0, gt=1, description="ask when missing orders or value grow by this factor"
    )
    missing_floor: int = Field(
        100, ge=0, description="fewer missing orders than this never ask"
    )
    source_shrink_max: float = Field(
        4.0, gt=1, description="ask when orders per day fall by this factor"
    )
    history_runs: int = Field(
        7, ge=1, le=100, description="so many earlier runs are compared"
    )


class Delivery(Section):
    """How calls are made. Each default has its reason in docs/configuration.md."""

    call_deadline: Span = Field(
        timedelta(seconds=30),
        description="after this an answer counts as lost (platforms answer in 1 s)",
    )
    lease: Span = Field(
        timedelta(minutes=2),
        description="after this another run may take over; longer than call_deadline",
    )
    run_deadline: Span = Field(
        timedelta(hours=6), description="no new call is begun after this"
    )
    in_flight_max: int = Field(
        8,
        ge=1,
        le=16,
        description="calls at once per destination (httpx slows past 16)",
    )
    page_rows: int = Field(
        20_000, ge=1, le=100_000, description="orders in memory at once"
    )
    attempts_max: int = Field(
        5, ge=1, le=20, description="calls a run makes for one event that is put off"
    )
    in_doubt_attempts_max: int = Field(
        10, ge=1, le=100, description="calls ever made for one event in doubt"
    )

    @model_validator(mode="after")
    def _deadline_before_lease(self) -> Self:
        if self.call_deadline >= self.lease:
            raise ValueError(
                "call_deadline must be shorter than lease: a call that may still"
                " be answered would be taken over"
            )
        return self
