"""Tables of capi_jobs.toml about data: where orders lie, and what is known of them.

Descriptions and reasons (`why`) are the text of `docs/configuration.md`. How work is
done stands in `working.py`, where it goes in `destinations.py`.
"""

from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from capi_jobs.config.faults import meant
from capi_jobs.config.types import DatabaseUrl, Section, Span, Text, ZoneName
from capi_jobs.model import Order
from capi_jobs.orders import template_fault

# What shops call an order that is paid and stays so; anything else is excluded.
COMPLETED_STATUSES = ("completed", "complete", "paid", "fulfilled", "shipped", "closed")

ORDER_COLUMNS = tuple(
    f.name for f in fields(Order) if f.name not in {"custom", "consent_told"}
)
SENT_COLUMNS = (
    "event_id event_name event_time order_id value currency items destination platform"
).split()


def _only_known(names: Iterable[str], known: Iterable[str]) -> None:
    faults = [f"{name[:64]!r} is unknown{meant(name, known)}" for name in names]
    if faults:
        raise ValueError("; ".join(faults))


def _order_columns(columns: dict[str, str]) -> dict[str, str]:
    _only_known([c for c in columns if c not in ORDER_COLUMNS], ORDER_COLUMNS)
    return columns


def _sent_columns(columns: dict[str, str]) -> dict[str, str]:
    _only_known([c for c in columns if c not in SENT_COLUMNS], SENT_COLUMNS)
    return columns


def _template(text: str) -> str:
    if fault := template_fault(text):
        raise ValueError(fault)
    return text


class Warehouse(Section):
    """Where the orders and the events already sent lie. It is only ever read.

    `warehouse = "sqlite:///shop.db"` is short for a table with `url` alone.
    """

    url: DatabaseUrl = Field(
        description="SQLAlchemy URL; `duckdb:///FILE` for a DuckDB file, `duckdb:///`"
        " for Parquet and CSV files; or `env:NAME` or `airflow:CONN_ID`, where the URL"
        " is read from"
    )


class LedgerSettings(Section):
    """Where capi-jobs keeps its books: SQLite or PostgreSQL.

    `ledger = "sqlite:///books.db"` is short for a table with `url` alone.
    """

    url: DatabaseUrl = Field(
        DatabaseUrl("sqlite:///capi_jobs_ledger.db"),
        description="SQLAlchemy URL; or `env:NAME` or `airflow:CONN_ID`, where the URL"
        " is read from",
        json_schema_extra={"why": "needs nothing; PostgreSQL for several machines"},
    )
    retention: Span = Field(
        timedelta(days=400),
        description="`ledger retention` removes what is older",
        json_schema_extra={"why": "reports of thirteen months can be compared"},
    )


class _Source(Section):
    """One relation, or one SELECT in a file."""

    relation: Text | None = Field(
        None, description="table, view or file; give this or `query`"
    )
    query: Text | None = Field(
        None,
        validate_default=True,
        description="path of a .sql file with one SELECT; give this or `relation`",
    )

    @field_validator("query")
    @classmethod
    def _one_of_two(cls, query: str | None, info: ValidationInfo) -> str | None:
        if "relation" in info.data and (info.data["relation"] is None) == (
            query is None
        ):
            raise ValueError("give either relation or query")
        return query


class Orders(_Source):
    """The completed orders, as one relation or one SELECT."""

    columns: Annotated[dict[str, Text], AfterValidator(_order_columns)] = Field(
        default_factory=dict,
        description="our column = theirs, where they differ: `value = 'total_gross'`",
    )
    custom: dict[Text, Text] = Field(
        default_factory=dict,
        description="custom property of the event = column that it comes from",
    )
    timezone: ZoneName | None = Field(
        None,
        description="zone in which times without an offset are read, such as"
        " `Europe/Berlin`; without it, they are faults",
        json_schema_extra={"why": "a guessed zone shifts orders to other days"},
    )
    completed_statuses: tuple[Text, ...] = Field(
        COMPLETED_STATUSES,
        min_length=1,
        description="statuses that count, in any case of letters; others are excluded",
    )
    consent_unknown: Literal["exclude", "send"] = Field(
        "exclude",
        description="what to do with an order whose consent is NULL, in a view that"
        " has the column",
        json_schema_extra={"why": "no answer is not a yes"},
    )
    event_id_template: Annotated[str, AfterValidator(_template)] = Field(
        "{order_id}",
        description="event id of an order that has none and that no browser event"
        " names; may hold `{order_id}`, `{event_name}`, `{currency}`",
        json_schema_extra={"why": "the same id on every run and every machine"},
    )
    lookback: Span = Field(
        timedelta(days=3),
        description="how far before the interval orders are read again, for rows that"
        " reached the warehouse late",
        json_schema_extra={"why": "costs nothing: the ledger knows what was sent"},
    )


class SentEvents(_Source):
    """A log of events that something else sent: the pixel, or another server sender."""

    channel: Literal["browser", "server"] = Field(
        description="who sent them: the pixel in the browser, or a server"
    )
    platform: Text | None = Field(
        None, description="platform of all its rows; else its column `platform` says"
    )
    destination: Text | None = Field(
        None,
        description="destination of all its rows; else its column `destination` says",
    )
    columns: Annotated[dict[str, Text], AfterValidator(_sent_columns)] = Field(
        default_factory=dict, description="our column = theirs, where they differ"
    )
    timezone: ZoneName | None = Field(
        None, description="zone in which times without an offset are read"
    )
