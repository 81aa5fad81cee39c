"""The `[[destinations]]` of capi_jobs.toml: one dataset, pixel or app each.

What a platform takes stands in `platforms/`; here it may be tightened, and loosened
up to the loosest documented reading, never beyond.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from capi_jobs.config.types import BaseUrl, SecretRef, Section, Span
from capi_jobs.platforms import NAMES, Limits, Platform, Target, platform_named


class Destination(Section):
    """One dataset, pixel or app of one platform."""

    name: str = Field(
        description="unique, shown everywhere", pattern=r"^[A-Za-z0-9][\w.-]{0,62}$"
    )
    platform: str = Field(description=f"one of {', '.join(NAMES)}")
    account: str = Field(min_length=1, description="dataset, pixel or app id")
    token: SecretRef = Field(description="`env:NAME`, `file:PATH` or `airflow:CONN_ID`")
    app_secret: SecretRef | None = Field(
        None, description="Meta: adds appsecret_proof to each call"
    )
    base_url: BaseUrl | None = Field(
        None, description="the sandbox or a proxy; https unless loopback"
    )
    api_version: str | None = Field(None, description="the platform's API version")
    source: str | None = Field(
        None, description="TikTok: web, app or offline; Snapchat: web or app"
    )
    default_country: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2}$",
        description="ISO alpha-2; reads national phones of orders without a country",
    )
    channels: tuple[str, ...] | None = Field(
        None, description="channels of orders that belong here; else all it can take"
    )
    on_browser_seen: Literal["skip", "enrich"] = Field(
        "skip", description="`enrich` sends a server copy inside the dedup window"
    )
    event_names: dict[str, str] = Field(
        default_factory=dict,
        description="our event name = the spelling that this pixel uses",
    )
    test_event_code: str | None = Field(None, description="marks every call as a test")
    build_fbc: bool = Field(
        default=True,
        description="Meta: build fbc from fbclid where the cookie is missing",
    )
    event_age_max: Span | None = Field(
        None, description="oldest event sent; at most the platform's loosest reading"
    )
    dedup_window: Span | None = Field(
        None,
        description="how long an event id is known; 0s never resends in doubt",
    )
    events_per_batch_max: int | None = Field(
        None, ge=1, description="events a call; only fewer than the platform's limit"
    )
    body_bytes_max: int | None = Field(
        None,
        ge=10_000,
        description="bytes a call; only fewer than the platform's limit",
    )
    requests_per_second_max: float | None = Field(
        None, gt=0, description="calls a second; only fewer than the platform's limit"
    )

    @model_validator(mode="after")
    def _agrees_with_platform(self) -> Self:
        if self.platform not in NAMES:
            raise ValueError(
                f"platform {self.platform!r} is unknown; known: {', '.join(NAMES)}"
            )
        faults = list(_destination_faults(self, platform_named(self.platform)))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def limits(self) -> Limits:
        """Return the platform's limits with this destination's settings applied."""
        limits = platform_named(self.platform).limits
        changes: dict[str, Any] = {
            name: value
            for name in (
                "events_per_batch_max",
                "body_bytes_max",
                "requests_per_second_max",
                "dedup_window",
            )
            if (value := getattr(self, name)) is not None
        }
        if self.event_age_max is not None:
            changes["event_age_max"] = {
                source: min(self.event_age_max, limits.event_age_ceiling[source])
                for source in limits.event_age_max
            }
        return replace(limits, **changes)

    @property
    def effective_source(self) -> str:
        """The source of this destination's events; the platform's first by default."""
        return self.source or next(iter(platform_named(self.platform).sources))

    @property
    def effective_channels(self) -> frozenset[str]:
        """The channels of orders that belong here; all that it can take by default."""
        takes = platform_named(self.platform).sources[self.effective_source]
        return frozenset(self.channels or takes)

    def target(self, app_secret: str | None = None) -> Target:
        """Say where calls of this destination go."""
        platform = platform_named(self.platform)
        return Target(
            account=self.account,
            base_url=self.base_url or platform.base_url,
            api_version=self.api_version or platform.api_version,
            source=self.effective_source,
            test_event_code=self.test_event_code,
            app_secret=app_secret,
        )


def _destination_faults(d: Destination, platform: Platform) -> Iterator[str]:
    limits = platform.limits
    for name in ("events_per_batch_max", "body_bytes_max", "requests_per_second_max"):
        value, most = getattr(d, name), getattr(limits, name)
        if value is not None and value > most:
            yield f"{name} is {value}, {platform.name} takes {most} at most"
    if d.dedup_window is not None and d.dedup_window > limits.dedup_window_ceiling:
        yield f"dedup_window is longer than {platform.name} deduplicates"
    loosest = max(limits.event_age_ceiling.values())
    if d.event_age_max is not None and d.event_age_max > loosest:
        yield f"event_age_max: {platform.name} takes {loosest.days} days at most"
    if d.source is not None and d.source not in platform.sources:
        yield f"source {d.source!r} is unknown; known: {', '.join(platform.sources)}"
    yield from _channel_faults(d, platform)


def _channel_faults(d: Destination, platform: Platform) -> Iterator[str]:
    takes = platform.sources.get(d.source or next(iter(platform.sources)), {})
    for channel in d.channels or ():
        if channel not in takes:
            yield f"channel {channel!r} cannot go here; possible: {', '.join(takes)}"
