"""Calls to the server of a test, as the tests of transport make them."""

import asyncio
from datetime import timedelta

from capi_jobs.model import Answer, Call, NoAnswer
from capi_jobs.transport import Transport
from tests.loopback import Connection, Handler, Server, serving

TOKEN = "EAABtoken5ecret"
SOON = timedelta(seconds=0.8)  # for what will never be answered, on a busy machine
PLENTY = timedelta(seconds=20)


async def answers(connection: Connection) -> None:
    """Answer everything, and keep the connection."""
    while True:
        await connection.request()
        await connection.answer()


def address(server: Server) -> str:
    return f"{server.url}/v26.0/1/events?access_token={TOKEN}"


def call(url: str, body: bytes = b'{"data":[]}') -> Call:
    return Call("POST", url, {"Access-Token": TOKEN}, body)


def sent(
    handler: Handler, *, deadline: timedelta = PLENTY, times: int = 1
) -> tuple[list[Answer | NoAnswer], Server]:
    """Make so many calls, one after the other, and return all that came of them."""

    async def run() -> tuple[list[Answer | NoAnswer], Server]:
        async with serving(handler) as server, transport(deadline) as sender:
            made = [await sender.send(call(address(server))) for _ in range(times)]
        return made, server

    return asyncio.run(run())


def transport(deadline: timedelta, connections_max: int = 4) -> Transport:
    return Transport(deadline=deadline, connections_max=connections_max)


def single(handler: Handler, *, deadline: timedelta = PLENTY) -> Answer | NoAnswer:
    (answer,), server = sent(handler, deadline=deadline)
    assert server.connections == 1
    assert len(server.requests) <= 1
    return answer


def send_to(url: str, *, deadline: timedelta = PLENTY) -> Answer | NoAnswer:
    async def run() -> Answer | NoAnswer:
        async with transport(deadline) as sender:
            return await sender.send(call(url))

    return asyncio.run(run())
