"""Whether a destination's API version still works: known ends stand in `platforms/`."""

from datetime import date

from capi_jobs.config import Destination
from capi_jobs.errors import ConfigurationRefused
from capi_jobs.platforms import platform_named


def version_end(destination: Destination) -> tuple[str, date | None, bool]:
    """Return the version in use, the day it ends if that is known, and if it is known.

    A version that capi-jobs does not know may be newer than itself.
    """
    platform = platform_named(destination.platform)
    version = destination.api_version or platform.api_version
    return version, platform.versions.get(version), version in platform.versions


def version_ended(destination: Destination, today: date) -> ConfigurationRefused | None:
    """Stop a destination whose version has ended before anything is sent."""
    version, ends, _ = version_end(destination)
    if ends is None or ends > today:
        return None
    return ConfigurationRefused(
        f"{destination.name}: {destination.platform} {version} ended on {ends}",
        do=f"set api_version to {platform_named(destination.platform).api_version}",
    )
