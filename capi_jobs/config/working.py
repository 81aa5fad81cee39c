"""Tables of capi_jobs.toml about work: rules, when a person is asked, how calls go.

Descriptions and reasons (`why`) are the text of `docs/configuration.md`. What is worked
on stands in `sections.py`, where it goes in `destinations.py`.
"""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from capi_jobs.config.types import Section, Span


class Validation(Section):
    """Rules about rows, as Great Expectations suites."""

    expectations: Path | None = Field(
        None,
        description="folder with your own `orders.json` and `conversions.json`; else"
        " those that come with capi-jobs",
    )


class GateSettings(Section):
    """When a data owner is asked before anything is sent."""

    ask_first_run: bool = Field(
        default=True,
        description="ask on a destination's first run",
        json_schema_extra={"why": "with an empty ledger everything looks missing"},
    )
    ask_without_sent_events: bool = Field(
        default=True,
        description="ask, until one run was approved, when no `[[sent_events]]` log"
        " covers the destination",
        json_schema_extra={"why": "what the pixel sent would be sent again"},
    )
    ask_empty_source: bool = Field(
        default=True,
        description="ask when there are no orders, and never were any",
        json_schema_extra={"why": "a wrong relation or filter looks like this"},
    )
    bad_rows_share_max: float = Field(
        0.05,
        ge=0,
        le=1,
        description="ask when more than this share of the rows is held",
        json_schema_extra={"why": "so many rarely are the rows' own fault"},
    )
    bad_rows_floor: int = Field(
        20,
        ge=0,
        description="fewer held rows than this never ask",
        json_schema_extra={"why": "a share of few rows says nothing"},
    )
    missing_growth_max: float = Field(
        3.0,
        gt=1,
        description="ask when the missing orders, or their value, are this many times"
        " what the last runs saw",
        json_schema_extra={"why": "a log that stopped looks like this"},
    )
    missing_floor: int = Field(
        100,
        ge=0,
        description="fewer missing orders than this never ask",
        json_schema_extra={"why": "a growth of few orders says nothing"},
    )
    source_shrink_max: float = Field(
        4.0,
        gt=1,
        description="ask when the orders a day are this many times fewer than the"
        " last runs saw",
        json_schema_extra={"why": "a broken load looks like this; Sundays do not"},
    )
    history_runs: int = Field(
        7,
        ge=1,
        le=100,
        description="so many earlier runs are compared",
        json_schema_extra={"why": "a week of nights"},
    )


class Delivery(Section):
    """How calls are made."""

    call_deadline: Span = Field(
        timedelta(seconds=30),
        description="a call that takes longer counts as lost",
        json_schema_extra={"why": "platforms answer in a second or two"},
    )
    lease: Span = Field(
        timedelta(minutes=1),
        validate_default=True,
        description="after this another run may take a batch over; longer than"
        " `call_deadline`",
        json_schema_extra={"why": "room for the call and for a slow ledger"},
    )
    run_deadline: Span = Field(
        timedelta(hours=6),
        description="no new call is begun when a run is older than this",
        json_schema_extra={"why": "a nightly run ends before the working day"},
    )
    in_flight_max: int = Field(
        8,
        ge=1,
        le=16,
        description="calls at once per destination",
        json_schema_extra={"why": "beyond 16 the HTTP client only gets slower"},
    )
    page_rows: int = Field(
        5_000,
        ge=1,
        le=100_000,
        description="orders in memory at once",
        json_schema_extra={"why": "70 MB of memory; larger pages are hardly faster"},
    )
    attempts_max: int = Field(
        5,
        ge=1,
        le=20,
        description="times a run makes a call again that the platform puts off",
        json_schema_extra={"why": "with doubling waits: half a minute"},
    )
    in_doubt_attempts_max: int = Field(
        20,
        ge=1,
        le=100,
        description="calls ever made for an event in doubt; then a person decides",
        json_schema_extra={
            "why": "a refused call of 2,000 is halved eleven times until its bad event"
            " is alone; hourly runs reach it within the dedup window"
        },
    )

    @field_validator("call_deadline")
    @classmethod
    def _some_time(cls, deadline: timedelta) -> timedelta:
        if deadline < timedelta(seconds=1):
            raise ValueError("must be 1s at least: no platform answers faster")
        return deadline

    @field_validator("lease")
    @classmethod
    def _outlasts_a_call(cls, lease: timedelta, info: ValidationInfo) -> timedelta:
        deadline = info.data.get("call_deadline")
        if deadline is not None and deadline >= lease:
            raise ValueError(
                "must be longer than call_deadline: a call that may still be answered"
                " would be taken over"
            )
        return lease
