"""What `platforms` tells: the facts that the platform files hold, none of its own."""

from collections.abc import Mapping
from datetime import timedelta

from capi_jobs.config.types import span_text
from capi_jobs.platforms import NAMES, Platform, platform_named


def facts() -> list[dict[str, object]]:
    """Return each platform's facts under stable names."""
    return [_facts(platform_named(name)) for name in NAMES]


def _facts(platform: Platform) -> dict[str, object]:
    limits = platform.limits
    return {
        "name": platform.name,
        "api_version": platform.api_version,
        "version_ends": {
            version: None if ends is None else ends.isoformat()
            for version, ends in platform.versions.items()
        },
        "base_url": platform.base_url,
        "sources": {source: list(takes) for source, takes in platform.sources.items()},
        "event_age_max": _spans(limits.event_age_max),
        "event_age_ceiling": _spans(limits.event_age_ceiling),
        "dedup_window": span_text(limits.dedup_window),
        "dedup_window_ceiling": span_text(limits.dedup_window_ceiling),
        "future_max": span_text(limits.future_max),
        "events_per_batch_max": limits.events_per_batch_max,
        "body_bytes_max": limits.body_bytes_max,
        "requests_per_second_max": limits.requests_per_second_max,
        "batch_is_atomic": limits.batch_is_atomic,
        "match_keys": {key.key: key.field for key in platform.match_keys},
        "event_names": dict(platform.event_names),
        "one_conversion": dict(platform.aliases),
    }


def _spans(ages: Mapping[str, timedelta]) -> dict[str, str]:
    return {source: span_text(age) for source, age in ages.items()}
