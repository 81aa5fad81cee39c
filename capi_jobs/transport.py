"""Call → Answer over httpx: deadlines, size limits, redaction. Never retries.

What an answer means is the platform's matter, whether to try again delivery's.
"""

import asyncio
import logging
import ssl
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
# Waiting for a free connection, connecting and TLS each get so much of the deadline
# at most: what was never sent is then known as such before the deadline.
_CONNECT_SHARE = 0.25
# What runs on this machine (the sandbox) is never asked of the machine's proxy.
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")

# Raised before a byte of the request left: certainly not taken.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    # Raised while the request's head is written, so of one that has no valid form.
    httpx.LocalProtocolError,
)


class Transport:
    """One connection pool; every call gets an Answer or a NoAnswer, never an error."""

    def __init__(self, *, deadline: timedelta, connections_max: int) -> None:
        """Set the time a call may take in all, and how many connections are kept."""
        self._seconds = deadline.total_seconds()
        connect = min(CONNECT_SECONDS_MAX, self._seconds * _CONNECT_SHARE)
        self._client = httpx.AsyncClient(
            # HTTP/2 costs nine times the CPU for bodies of a megabyte.
            http2=False,
            # A redirect would carry the token to another host.
            follow_redirects=False,
            mounts=dict.fromkeys(_LOOPBACK),
            verify=_tls(),
            timeout=httpx.Timeout(self._seconds, connect=connect, pool=connect),
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
            request = self._client.build_request(
                call.method, call.url, headers=dict(call.headers), content=call.body
            )
        except (httpx.InvalidURL, ValueError, TypeError):
            return NoAnswer(sent=False, reason="the request cannot be written")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(request)
        except _NEVER_SENT as error:
            return NoAnswer(sent=False, reason=_kind(error))
        except TimeoutError:
            # Rarely while still connecting; but then, too, nobody knows for sure.
            return NoAnswer(sent=True, reason=f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return NoAnswer(sent=True, reason=_kind(error))

    async def _exchange(self, request: httpx.Request) -> Answer | NoAnswer:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    return NoAnswer(sent=True, reason="the answer is too large")
            headers = {name.lower(): text for name, text in response.headers.items()}
            return Answer(response.status_code, headers, bytes(body))
        finally:
            await response.aclose()


def _tls() -> ssl.SSLContext:
    """Trust whom httpx trusts, or `SSL_CERT_FILE`; older TLS is broken (RFC 8996)."""
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _kind(error: Exception) -> str:
    words = {
        "ConnectError": "could not connect",
        "ConnectTimeout": "could not connect in time",
        "ReadTimeout": "no answer in time",
        "ReadError": "the connection was reset",
        "RemoteProtocolError": "the connection closed without an answer",
        "WriteError": "the connection was reset while sending",
        "WriteTimeout": "the request could not be sent in time",
        "PoolTimeout": "no connection was free in time",
        "ProxyError": "the proxy let nothing through",
        "DecodingError": "the answer cannot be unpacked",
    }
    name = type(error).__name__
    return words.get(name, name)
