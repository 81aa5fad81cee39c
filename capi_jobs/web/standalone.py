"""The pages without Airflow: on loopback, for whoever has the token of the address.

The token is in the address that `capi-jobs ui` prints; the first visit puts it into a
cookie and takes it out of the address.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from capi_jobs.web import create_app
from capi_jobs.web.access import Person
from capi_jobs.web.office import Office

COOKIE = "capi_jobs_ui"
# 256 bits: nobody guesses it.
_TOKEN_BYTES = 32
# A page that another name leads to was reached by a trick (DNS rebinding).
HOSTS = ["127.0.0.1", "localhost", "[::1]"]
_SEE_OTHER, _UNAUTHORIZED = 303, 401


@dataclass(frozen=True)
class TokenGuard:
    """Lets in whoever brings the token; that is the person who started the server."""

    name: str
    token: str = field(
        default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES), repr=False
    )
    framed_by: str = "'none'"

    @property
    def secret(self) -> str:
        """Sign forms with the token: it lives as long as the server."""
        return self.token

    @property
    def person(self) -> Callable[..., Person]:
        """Return what asks each request for the cookie, or the header of a program."""

        def asked(request: Request) -> Person:
            told = request.cookies.get(COOKIE) or request.headers.get(
                "authorization", ""
            ).removeprefix("Bearer ")
            # Who is in already loses it from the address as well: addresses are shared.
            stays = self.knows(request.query_params.get("token", ""))
            if stays or not self.knows(told):
                raise HTTPException(
                    _UNAUTHORIZED, "Open the address that capi-jobs ui printed."
                )
            return Person(self.name, may_change=True)

        return asked

    def knows(self, token: str) -> bool:
        """Compare without telling by the time it takes how much was right."""
        return secrets.compare_digest(token.encode(), self.token.encode())

    def login(self, request: Request) -> Response | None:
        """Take the token out of the address, and keep it as a cookie."""
        query = request.query_params
        if not self.knows(query.get("token", "")):
            return None
        rest = urlencode([pair for pair in query.multi_items() if pair[0] != "token"])
        # A path that begins with two slashes would name another server.
        path = f"/{request.url.path.lstrip('/')}"
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, _SEE_OTHER)
        # Lax: a link from a chat opens; changes carry a token of their own.
        answer.set_cookie(COOKIE, self.token, httponly=True, samesite="lax")
        return answer


def standalone(office: Office, guard: TokenGuard) -> FastAPI:
    """Make the application for loopback."""
    app = create_app(office, guard)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    return app


def serve(app: FastAPI, port: int, started: Callable[[int], None]) -> None:
    """Serve until Ctrl-C; says `started` with the port once it listens."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,  # the first address holds the token
        server_header=False,
    )
    socket = config.bind_socket()
    started(socket.getsockname()[1])
    uvicorn.Server(config).run(sockets=[socket])
