"""The `[[destinations]]` of capi_jobs.toml: one dataset, pixel or app each.

What a platform takes stands in `platforms/`; here it may be tightened, and loosened
up to the loosest documented reading, never beyond.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from capi_jobs.config.faults import meant
from capi_jobs.config.types import BaseUrl, SecretRef, Section, Span, Text, span_text
from capi_jobs.config.verifying import ArrivalSettings
from capi_jobs.platforms import NAMES, Limits, Platform, Target, platform_named

_V = TypeVar("_V")
# Settings of `arrival` that one platform alone understands.
_ONLY = {"advertiser": "tiktok", "agent": "meta", "upload_tag": "meta"}
_STRICTER = ("events_per_batch_max", "body_bytes_max", "requests_per_second_max")


def _known_platform(name: str) -> str:
    if name not in NAMES:
        near = meant(name, NAMES)
        raise ValueError(f"unknown platform{near}; known: {', '.join(NAMES)}")
    return name


class Destination(Section):
    """One dataset, pixel or app of one platform."""

    name: str = Field(
        description="your name for it, unique: letters, digits, `_`, `.`, `-`",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
    )
    platform: Annotated[str, AfterValidator(_known_platform)] = Field(
        description=f"one of {', '.join(f'`{name}`' for name in NAMES)}"
    )
    account: str = Field(
        description="id of the dataset (Meta), pixel (TikTok, Snapchat) or app",
        # It becomes part of a path: nothing that could lead elsewhere.
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$",
    )
    token: SecretRef = Field(
        description="where the access token lies: `env:NAME`, `file:PATH` or"
        " `airflow:CONN_ID`; never the token itself"
    )
    app_secret: SecretRef | None = Field(
        None,
        description="Meta, where the app demands `appsecret_proof`: where its secret"
        " lies, written like `token`",
    )
    plain_http: bool = Field(
        default=False,
        description="lets `base_url` be `http` to a neighbour too: a host without dots,"
        " such as `sandbox` in Compose. The token then travels unencrypted",
        json_schema_extra={"why": "a token is worth its encryption"},
    )
    base_url: BaseUrl | None = Field(
        None,
        description="another address than the platform's: the sandbox or a proxy;"
        " `https`, or `http` on this machine",
    )
    api_version: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$",
        description="the platform's API version; else the one capi-jobs was made for",
    )
    source: str | None = Field(
        None,
        description="kind of event source. TikTok: `web`, `app` or `offline`; Snapchat:"
        " `web` or `app`; Meta has one for all; else the first that takes all"
        " `channels`",
    )
    default_country: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2}$",
        description="two letters (ISO 3166), such as `DE`: reads national phone numbers"
        " of orders without a country",
    )
    channels: tuple[Text, ...] | None = Field(
        None,
        min_length=1,
        description="channels of the orders that belong here, such as"
        ' `["web", "store"]`; else all that the source takes',
    )
    on_browser_seen: Literal["skip", "enrich"] = Field(
        "skip",
        description="`enrich` sends a server copy of what the pixel sent, with the same"
        " id, inside the dedup window; `skip` never does",
        json_schema_extra={"why": "what was counted needs no second copy"},
    )
    event_names: dict[Text, Text] = Field(
        default_factory=dict,
        description="our event name = the spelling that this pixel uses",
    )
    test_event_code: Text | None = Field(
        None,
        description="shows every call under the platform's test events. No dry run:"
        " Meta counts them all the same; `run --dry-run` sends nothing",
    )
    build_fbc: bool = Field(
        default=True,
        description="Meta: build `fbc` from `fbclid` where the cookie is missing",
        json_schema_extra={
            "why": "Meta documents the form; the click is kept as it is"
        },
    )
    event_age_max: Span | None = Field(
        None,
        description="oldest event that is sent; else the platform's strictest"
        " reading, at most its loosest",
    )
    dedup_window: Span | None = Field(
        None,
        description="how long the platform is trusted to know an event id; `0s` never"
        " sends again what is in doubt; else the platform's strictest reading, at most"
        " its loosest",
    )
    events_per_batch_max: int | None = Field(
        None, ge=1, description="events a call; at most what the platform takes"
    )
    body_bytes_max: int | None = Field(
        None, ge=10_000, description="bytes a call; at most what the platform takes"
    )
    requests_per_second_max: float | None = Field(
        None, ge=0.01, description="calls a second; at most what the platform takes"
    )
    arrival: ArrivalSettings = Field(
        default_factory=ArrivalSettings, description="how it is asked what arrived"
    )

    @field_validator(*_STRICTER)
    @classmethod
    def _only_tightened(cls, value: _V, info: ValidationInfo) -> _V:
        platform = _platform(info)
        if platform and value is not None:
            most = getattr(platform.limits, str(info.field_name))
            if value > most:
                raise ValueError(f"{platform.name} takes {most:,} at most")
        return value

    @field_validator("dedup_window", "event_age_max")
    @classmethod
    def _up_to_the_loosest(
        cls, value: timedelta | None, info: ValidationInfo
    ) -> timedelta | None:
        platform = _platform(info)
        if platform and value is not None:
            limits = platform.limits
            window = info.field_name == "dedup_window"
            ages = limits.event_age_ceiling.values()
            most = limits.dedup_window_ceiling if window else max(ages)
            if value > most:
                raise ValueError(f"{platform.name} allows {span_text(most)} at most")
        return value

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str | None, info: ValidationInfo) -> str | None:
        platform = _platform(info)
        if platform and source is not None and source not in platform.sources:
            raise ValueError(f"unknown; {platform.name} has {_listed(platform)}")
        return source

    @field_validator("arrival")
    @classmethod
    def _only_where_asked(
        cls, arrival: ArrivalSettings, info: ValidationInfo
    ) -> ArrivalSettings:
        platform = _platform(info)
        for name, whose in _ONLY.items():
            if platform and platform.name != whose and getattr(arrival, name):
                raise ValueError(f"{name} is {whose}'s only")
        return arrival

    @field_validator("channels")
    @classmethod
    def _taken_channels(
        cls, channels: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        platform = _platform(info)
        if platform is None or channels is None or "source" not in info.data:
            return channels
        takes = platform.sources[info.data["source"] or _source_of(platform, channels)]
        faults = [channel for channel in channels if channel not in takes]
        if faults:
            shown = ", ".join(repr(channel[:64]) for channel in faults[:5])
            raise ValueError(f"{shown} cannot go here; possible: {', '.join(takes)}")
        return channels

    def limits(self) -> Limits:
        """Return the platform's limits with this destination's settings applied."""
        limits = platform_named(self.platform).limits
        changes: dict[str, Any] = {
            name: value
            for name in (*_STRICTER, "dedup_window")
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
        """The source of this destination's events; else what takes its channels."""
        return self.source or _source_of(
            platform_named(self.platform), self.channels or ()
        )

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
            agent=self.arrival.agent,
            upload_tag=self.arrival.upload_tag,
        )


def _platform(info: ValidationInfo) -> Platform | None:
    """Return the platform already read, or None if that itself is at fault."""
    name = info.data.get("platform")
    return platform_named(name) if name else None


def _source_of(platform: Platform, channels: tuple[str, ...]) -> str:
    """Return the first source that takes all of them, else the platform's first.

    Whoever names only `app` has said what kind of account it is.
    """
    takes = (s for s, known in platform.sources.items() if {*channels} <= {*known})
    return next(takes, next(iter(platform.sources)))


def _listed(platform: Platform) -> str:
    names = [name for name in platform.sources if name]
    return ", ".join(names) if names else "one source for all, so leave it out"
