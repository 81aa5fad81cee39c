"""The table `[audit]` of capi_jobs.toml: what still counts as the same.

Descriptions and reasons (`why`) are the text of `docs/configuration.md`. What is
compared stands in `audit/`.
"""

from datetime import timedelta

from pydantic import Field

from capi_jobs.config.types import Section, Span, Text

CANCELLED = ("cancelled", "canceled", "voided", "void", "declined", "failed", "expired")
REFUNDED = ("refunded", "refund", "returned", "charged_back", "chargeback", "reversed")


class AuditSettings(Section):
    """What the audit takes for a difference, and how far around it looks."""

    margin: Span = Field(
        timedelta(days=30),
        description="how far before and after the interval orders and events are read,"
        " to find the order of a late event",
        json_schema_extra={"why": "thank-you pages are opened again for weeks"},
    )
    value_tolerance: float = Field(
        0.005,
        ge=0,
        lt=1,
        description="share of an order's value that an event may be off, and at least"
        " 0.01",
        json_schema_extra={"why": "roundings of single lines add up"},
    )
    time_tolerance: Span = Field(
        timedelta(minutes=15),
        description="how far an event may lie from its order",
        json_schema_extra={
            "why": "payments take minutes; time zones lie further apart"
        },
    )
    reopened_after: Span = Field(
        timedelta(days=1),
        description="a browser's later event of an order that was told before is a page"
        " that was opened again",
        json_schema_extra={"why": "before, it is a page that is loaded twice"},
    )
    systematic_orders: int = Field(
        20,
        ge=2,
        description="so many orders must share a factor, amount or offset before it is"
        " called one cause",
        json_schema_extra={"why": "fewer agree by chance"},
    )
    systematic_share: float = Field(
        0.1,
        gt=0,
        le=1,
        description="and they must be this share of the log's differing orders",
        json_schema_extra={"why": "among many, more agree by chance"},
    )
    cancelled_statuses: tuple[Text, ...] = Field(
        CANCELLED, description="statuses of orders that never became a sale"
    )
    refunded_statuses: tuple[Text, ...] = Field(
        REFUNDED,
        description="statuses of sales that were undone; what is neither these nor"
        " completed counts as unpaid",
    )
