"""A real server on loopback for one test, which does on a connection what it is told.

What counts as a platform does is `capi_jobs.sandbox`; this one only breaks things.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Handler = Callable[["Connection"], Awaitable[object]]


@dataclass
class Connection:
    """One client's connection, as a handler sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: "Server"

    async def request(self) -> bytes:
        """Read a whole request, and count it."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length:")
        )
        whole = head + await self.reader.readexactly(length)
        self.server.requests.append(whole)
        return whole

    async def answer(self, answer: bytes = OK) -> None:
        self.writer.write(answer)
        await self.writer.drain()

    def reset(self) -> None:
        """Close as a machine does that knows nothing of the connection."""
        linger = struct.pack("ii", 1, 0)
        held = self.writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def until_closed(self) -> None:
        while await self.reader.read(65_536):
            pass


@dataclass
class Server:
    """What a server of one test saw."""

    handler: Handler
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    handling: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.handling.append(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self.handler(Connection(reader, writer, self))
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(
    handler: Handler, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(handler)
    begun = asyncio.start_server(server.connected, "127.0.0.1", 0, ssl=tls)
    async with await begun as running:
        server.port = running.sockets[0].getsockname()[1]
        yield server
    await asyncio.gather(*server.handling)
