"""Call → Answer over httpx: deadlines, size limits, redaction. Never retries.

What an answer means is the platform's matter, whether to try again delivery's.
"""

import asyncio
import logging
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx

from capi_jobs import __version__
from capi_jobs.model import Answer, Call, NoAnswer

# httpx logs whole URLs at INFO, and Snapchat wants its token in the URL.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Platforms answer in a few hundred bytes; a megabyte is a proxy's error page.
ANSWER_BYTES_MAX = 1_048_576
# A connection that is not made by then is not going to be.
CONNECT_SECONDS_MAX = 10.0

# Raised before a byte of the request left: certainly not taken.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)


class Transport:
    """One connection pool; every call gets an Answer or a NoAnswer, never an error."""

    def __init__(self, *, deadline: timedelta, connections_max: int) -> None:
        """Set the time a call may take in all, and how many connections are kept."""
        self._seconds = deadline.total_seconds()
        self._client = httpx.AsyncClient(
            # HTTP/2 costs nine times the CPU for bodies of a megabyte.
            http2=False,
            # A redirect would carry the token to another host.
            follow_redirects=False,
            timeout=httpx.Timeout(self._seconds, connect=CONNECT_SECONDS_MAX),
            limits=httpx.Limits(
                max_connections=connections_max,
                max_keepalive_connections=connections_max,
            ),
            headers={"user-agent": f"capi-jobs/{__version__}"},
        )

    async def __aenter__(self) -> Self:
        """Open nothing: connections are made by calls."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(self, call: Call) -> Answer | NoAnswer:
        """Make the call once. Reasons name the kind of failure, never the URL."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(call)
        except _NEVER_SENT as error:
            return NoAnswer(sent=False, reason=_kind(error))
        except TimeoutError:
            return NoAnswer(sent=True, reason=f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return NoAnswer(sent=True, reason=_kind(error))

    async def _exchange(self, call: Call) -> Answer | NoAnswer:
        async with self._client.stream(
            call.method, call.url, headers=dict(call.headers), content=call.body
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    return NoAnswer(sent=True, reason="the answer is too large")
            headers = {name.lower(): text for name, text in response.headers.items()}
            return Answer(response.status_code, headers, bytes(body))


def _kind(error: Exception) -> str:
    words = {
        "ConnectError": "could not connect",
        "ConnectTimeout": "could not connect in time",
        "ReadTimeout": "no answer in time",
        "ReadError": "the connection was reset",
        "RemoteProtocolError": "the connection closed without an answer",
        "WriteError": "the connection was reset while sending",
    }
    name = type(error).__name__
    return words.get(name, name)
