"""The tables `[verify]` and `[destinations.arrival]`: what platforms say they received.

Descriptions and reasons (`why`) are the text of `docs/configuration.md`. What is made
of it stands in `capi_jobs/arrival.py`, what each platform can tell in `platforms/`.
"""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from capi_jobs.config.types import SecretRef, Section, Span, ZoneName


class Verify(Section):
    """When what a platform says it received raises the alarm, and how it is asked."""

    short_share_max: float = Field(
        0.005,
        ge=0,
        lt=1,
        description="raise the alarm (exit code 3) when more than this share of the"
        " delivered events did not arrive",
        json_schema_extra={"why": "half a percent is what platforms' own figures vary"},
    )
    short_floor: int = Field(
        0,
        ge=0,
        description="so few events that did not arrive never raise it",
        json_schema_extra={"why": "each one is money; raise it where it only annoys"},
    )
    lookback: Span = Field(
        timedelta(days=2),
        description="how far back is asked, where no interval is given",
        json_schema_extra={"why": "the last two nightly runs, the delays included"},
    )
    attempts_max: int = Field(
        3,
        ge=1,
        le=10,
        description="times a question is asked that the platform puts off",
        json_schema_extra={"why": "the next verify asks again anyway"},
    )
    wait_max: Span = Field(
        timedelta(minutes=1),
        description="longest wait between them, whatever the platform asks for",
        json_schema_extra={"why": "nobody waits for an hour of throttling"},
    )
    calls_max: int = Field(
        200,
        ge=1,
        le=10_000,
        description="calls per destination, pages included",
        json_schema_extra={"why": "a month of single days, with pages"},
    )


class ArrivalSettings(Section):
    """What one destination's read API needs to know, and what its papers leave open."""

    token: SecretRef | None = Field(
        None,
        description="where a token lies that may read, written like the destination's"
        " `token`; else that one. TikTok: one of the Marketing API, with Pixel scope",
    )
    advertiser: str | None = Field(
        None,
        pattern=r"^[0-9]{1,30}$",
        description="TikTok: id of the advertiser that owns the pixel",
    )
    counted_by: Literal["receipt", "event_time"] | None = Field(
        None,
        description="whether the platform's hours or days go by when it received an"
        " event, or by when the event happened; none says so, so without it the"
        " reading that fits better is taken, and named",
    )
    delay: Span | None = Field(
        None,
        description="how late received events are told at most; else what"
        " `docs/arrival.md` says of the platform",
    )
    timezone: ZoneName | None = Field(
        None,
        description="zone of the platform's days or hours where its answer has none."
        " TikTok: that of the advertiser's account",
    )
    agent: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$",
        description="Meta: sent as `partner_agent` with every call, such as"
        " `myshop-1.0`; counts are then asked for it alone, so that others who send"
        " to the same dataset do not blur them",
    )
    upload_tag: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,49}$",
        description="Meta, for a destination of store orders alone: sent with every"
        " call; offline uploads of this tag are then read in place of hourly counts",
    )
