"""Asks a platform whether a destination's token and account are right; counts nothing.

What such a call holds, and what its answer proves, stands in `platforms/`.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from capi_jobs.config import Credentials, Destination
from capi_jobs.errors import DestinationStopped
from capi_jobs.jobs.single_call import called
from capi_jobs.model import NoAnswer
from capi_jobs.platforms import platform_named

# A person waits for it, in front of a form.
DEADLINE = timedelta(seconds=15)


def probe(destination: Destination, credentials: Credentials) -> tuple[bool, str]:
    """Return whether they are right, and what showed it; no secret is in the words."""
    platform = platform_named(destination.platform)
    target = destination.target(credentials.app_secret)
    answer = called(platform.probe(target, credentials.token), DEADLINE)
    if isinstance(answer, NoAnswer):
        host = urlsplit(target.base_url).netloc
        return False, f"no answer from {host}: {answer.reason}"
    try:
        proof = platform.probed(answer)
    except DestinationStopped as stop:
        return False, str(stop)
    if proof:
        return True, proof
    return False, (
        f"{platform.name} answered a probe with HTTP {answer.status}, which neither"
        " accepts nor refuses the token; try again later"
    )
