"""What one destination's settings and platform mean for the classes of orders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How orders of one destination are classed."""

    destination: str
    platform: str
    channels: frozenset[str]  # of orders that belong here, in lower case
    completed_statuses: frozenset[str]  # in lower case
    # Channel of an order → source in the platform's spelling; source → oldest event.
    sources: Mapping[str, str]
    event_age_max: Mapping[str, timedelta]
    dedup_window: timedelta
    lease: timedelta  # a call sent now may take that long
    timezone: str | None = None  # of orders' times without an offset
    day_timezone: str = "UTC"  # of the balance's days
    consent_unknown: Literal["exclude", "send"] = "exclude"
    on_browser_seen: Literal["skip", "enrich"] = "skip"
    event_id_template: str = "{order_id}"
    # Our event name → the platform's; then spelling → the conversion that it means.
    event_names: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """Return spelling → conversion, in lower case: pixels vary in case as well."""
        aliases = {k.lower(): v.lower() for k, v in self.aliases.items()}
        ours = {k.lower(): v.lower() for k, v in self.event_names.items()}
        spelled = aliases | {k: aliases.get(v, v) for k, v in ours.items()}
        return {k: v for k, v in spelled.items() if k != v}

    def age_max(self, channel: str) -> timedelta | None:
        """Return the oldest age at which the platform takes this channel's events."""
        return self.event_age_max.get(self.sources.get(channel, ""))
