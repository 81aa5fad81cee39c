"""What every answer carries and every request has to keep to, whoever asks.

Who may ask at all is `access.py`.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Ten thousand order ids of a decision, as a form writes them; all else is smaller.
BODY_BYTES_MAX = 1_000_000
_DIGITS_MAX = 20
_TOO_LARGE = 413


def csp(framed_by: str) -> str:
    """Return the policy: our own style and script files, no inline ones, no others."""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none';"
        f" frame-ancestors {framed_by}"
    )


class Sealed:
    """Adds the headers of safety, and refuses bodies that are too large."""

    def __init__(self, app: ASGIApp, framed_by: str) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": csp(framed_by),
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # Pages are about money: nothing of them stays on a shared machine.
                headers.setdefault("cache-control", "no-store")
            await send(message)

        if not _small(scope):
            refused = PlainTextResponse("The request is too large.", _TOO_LARGE)
            await refused(scope, receive, sealed)
            return
        await self._app(scope, receive, sealed)


def _small(scope: Scope) -> bool:
    """Say whether the body is short; one that does not say how long it is, is not."""
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return False
    length = headers.get("content-length", "0")
    # Python reads no number of thousands of digits.
    short = length.isascii() and length.isdigit() and len(length) <= _DIGITS_MAX
    return short and int(length) <= BODY_BYTES_MAX
