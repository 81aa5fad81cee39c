"""The contract that every ad platform fulfils.

A platform is one file here, and pure: no I/O, no clock, no import of another platform.
It says what it takes (`limits`, `match_keys`, `eligible`), writes events and calls,
reads answers. What several do alike lives in `writing.py` and `reading.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Protocol

from capi_jobs.model import Answer, Call, Conversion, Outcome, RowFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a platform takes. Each number's source stands where it is written.

    `…_ceiling` is the loosest documented reading: a setting may loosen the strict
    default up to it, and tighten it at will.
    """

    events_per_batch_max: int
    body_bytes_max: int
    event_age_max: Mapping[str, timedelta]  # by source
    event_age_ceiling: Mapping[str, timedelta]
    future_max: timedelta
    dedup_window: timedelta
    dedup_window_ceiling: timedelta
    requests_per_second_max: float
    batch_is_atomic: bool

    def too_old(self, source: str, event_time: datetime, at: datetime) -> bool:
        """Say whether an event of this source is no longer taken at that time."""
        return at - event_time > self.event_age_max[source]


@dataclass(frozen=True, slots=True)
class MatchKey:
    """One identifier: which order field, in which normal form, hashed or not."""

    key: str  # the platform's name, e.g. "em"
    field: str  # the order's, e.g. "email"
    form: str  # a name in `identity.FORMS`, e.g. "email"
    hashed: bool
    many: bool = False  # the platform takes a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one destination's calls go."""

    account: str
    base_url: str
    api_version: str
    source: str = ""  # TikTok: web, app, offline, crm
    test_event_code: str | None = None
    # Meta alone asks for it, of apps that switched "require app secret" on.
    app_secret: str | None = field(default=None, repr=False)
    # Meta alone: what tells our events from others' when counts are read.
    agent: str | None = None
    upload_tag: str | None = None


class Platform(Protocol):
    """What delivery, plan and preview ask of a platform."""

    name: str
    base_url: str
    api_version: str
    # Known versions and the day each stops working; None: not announced.
    versions: Mapping[str, date | None]
    limits: Limits
    match_keys: Sequence[MatchKey]
    # Channel of an order → source in the platform's spelling, per destination source.
    sources: Mapping[str, Mapping[str, str]]
    # Destination sources whose account is the app's own id.
    app_sources: frozenset[str]
    # Our event name → the platform's spelling; others pass as they are, if it may.
    event_names: Mapping[str, str]
    # Names that the platform treats as one conversion: spelling → canonical name.
    aliases: Mapping[str, str]
    # Names that a custom property must not have: the platform reads them otherwise.
    reserved: frozenset[str]

    def eligible(self, conversion: Conversion) -> RowFault | None:
        """Say why the platform would refuse this conversion, else None."""

    def event(self, conversion: Conversion) -> bytes:
        """Write one event as the platform's JSON."""

    def call(self, events: Sequence[bytes], target: Target, token: str) -> Call:
        """Put events into one request."""

    def overhead(self, target: Target, token: str) -> int:
        """Say how many bytes a body has beside its events and the commas between."""

    def outcomes(self, batch: Sequence[Conversion], answer: Answer) -> list[Outcome]:
        """Read the answer: one outcome per event, same order.

        Raises CredentialRefused or ConfigurationRefused where the destination stops.
        """

    def probe(self, target: Target, token: str) -> Call:
        """Write a call that shows whether token and account are right.

        It counts nothing: what it holds has to be refused, or only validated.
        """

    def probed(self, answer: Answer) -> str:
        """Say what the answer to a probe proves; empty when it proves nothing.

        Raises CredentialRefused or ConfigurationRefused as `outcomes` does.
        """

    def pressure(self, answer: Answer) -> float:
        """Say how much of the rate is used up: 0 (or unknown) to 1 (slow down now)."""


def words(text: str) -> frozenset[str]:
    """Split a set of names that is written as prose."""
    return frozenset(text.split())


# Each is imported when first asked for: `capi-jobs --help` needs none of them.
NAMES = ("meta", "tiktok", "snapchat")


def platform_named(name: str) -> Platform:
    """Return the platform of that name; KeyError for an unknown one."""
    if name not in NAMES:
        raise KeyError(name)
    platform: Platform = import_module(f"capi_jobs.platforms.{name}").PLATFORM
    return platform
