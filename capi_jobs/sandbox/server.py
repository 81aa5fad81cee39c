"""Serves the sandbox, on loopback unless told otherwise; connections can be dropped.

The application itself stands in app.py.
"""

import ipaddress
import socket
import threading
from asyncio import Transport
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import ABORT, create_app
from .settings import SandboxSettings

START_SECONDS_MAX = 10  # a start takes well under one second


class DroppableProtocol(H11Protocol):
    """HTTP/1.1 that hands the application the way to close its connection."""

    def connection_made(  # type: ignore[override] # narrowed as in its parent
        self, transport: Transport
    ) -> None:
        super().connection_made(transport)
        app = self.app

        async def droppable(scope: Scope, receive: Receive, send: Send) -> None:
            scope[ABORT] = transport.abort
            await app(scope, receive, send)

        self.app = droppable


class _Server(uvicorn.Server):
    on_start: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.on_start is not None:
            self.on_start()


def serve(
    settings: SandboxSettings,
    host: str = "127.0.0.1",
    port: int = 8765,
    on_ready: Callable[[int], None] | None = None,
    *,
    beyond_loopback: bool = False,
) -> None:
    """Serve until interrupted; port 0 takes a free one, told to `on_ready`."""
    if not beyond_loopback:
        _refuse_beyond_loopback(host)
    with _listen(host, port) as listener:
        _server(settings, listener, on_ready).run(sockets=[listener])


@contextmanager
def running(
    settings: SandboxSettings | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve in a thread while the block runs; gives the base URL."""
    _refuse_beyond_loopback(host)
    started = threading.Event()
    with _listen(host, port) as listener:
        server = _server(
            settings or SandboxSettings(), listener, lambda _: started.set()
        )
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        thread.start()
        if not started.wait(START_SECONDS_MAX):
            raise RuntimeError("The sandbox did not start")
        try:
            yield f"http://{_in_url(host)}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _server(
    settings: SandboxSettings,
    listener: socket.socket,
    on_ready: Callable[[int], None] | None,
) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(settings),
        http=DroppableProtocol,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,  # it would hold tokens: Snap's are in the URL
        timeout_keep_alive=75,  # seconds, as nginx: pooled connections stay good
        timeout_graceful_shutdown=1,  # seconds; a delayed answer is not waited for
    )
    server = _Server(config)
    if on_ready is not None:
        server.on_start = partial(on_ready, listener.getsockname()[1])
    return server


def _listen(host: str, port: int) -> socket.socket:
    version = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio leaves Nagle on: 40 ms for each answer.
    listener = socket.socket(version, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _refuse_beyond_loopback(host: str) -> None:
    """The sandbox trusts everyone who reaches it: more than this machine is asked."""
    if not _is_loopback(host):
        raise ValueError(
            f"The sandbox serves loopback only, not {host!r}: use 127.0.0.1 or ::1, or"
            " --beyond-loopback where everyone who reaches it may be trusted"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
