"""What certainly never left may be sent again, and is told apart."""

import asyncio
import contextlib
import socket

import pytest

from capi_jobs.model import Answer, Call, NoAnswer
from tests.loopback import Connection, Handler, Server, serving
from tests.transport.calling import (
    PLENTY,
    SOON,
    TOKEN,
    address,
    answers,
    call,
    send_to,
    transport,
)


def test_a_refused_connection_was_never_sent() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/"

        answer = send_to(url)

    assert NoAnswer(sent=False, reason="could not connect") == answer


def test_a_connection_that_is_not_made_was_never_sent() -> None:
    """Its share of the deadline ends first, so this is known and not guessed."""
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # more than the queue of a server that accepts none
            other = waiting.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"

        answer = send_to(url, deadline=SOON)

    assert NoAnswer(sent=False, reason="could not connect in time") == answer


def test_a_server_that_does_not_speak_tls_was_sent_nothing() -> None:
    async def run(handler: Handler) -> Answer | NoAnswer:
        async with serving(handler) as server, transport(SOON) as sender:
            url = address(server).replace("http://", "https://")
            return await sender.send(call(url))

    async def speaks_plainly(connection: Connection) -> None:
        await connection.answer()

    assert asyncio.run(run(speaks_plainly)) == NoAnswer(
        sent=False, reason="could not connect"
    )
    assert asyncio.run(run(Connection.until_closed)) == NoAnswer(
        sent=False, reason="could not connect in time"
    )


def test_a_call_that_finds_no_free_connection_was_never_sent() -> None:
    async def run() -> list[Answer | NoAnswer]:
        async with (
            serving(Connection.until_closed) as server,
            transport(SOON, connections_max=1) as sender,
        ):
            both = (sender.send(call(address(server))) for _ in range(2))
            return await asyncio.gather(*both)

    assert asyncio.run(run()) == [
        NoAnswer(sent=True, reason="no answer within 0.8 s"),
        NoAnswer(sent=False, reason="no connection was free in time"),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        Call("POST", "http://127.0.0.1:1/", {"Access-Token": f"{TOKEN}é"}, b""),
        Call("POST", "http://127.0.0.1:1/", {"Access-Token": None}, b""),  # type: ignore[dict-item]
        Call("POST", f"http://[::1/{TOKEN}", {}, b""),
        Call("POST", f"ftp://127.0.0.1/{TOKEN}", {}, b""),
        Call("POST", f"/{TOKEN}", {}, b""),
    ],
    ids=["letter", "no-text", "bracket", "scheme", "no-host"],
)
def test_a_request_that_cannot_be_written_was_never_sent(broken: Call) -> None:
    async def run() -> Answer | NoAnswer:
        async with transport(PLENTY) as sender:
            return await sender.send(broken)

    answer = asyncio.run(run())

    assert isinstance(answer, NoAnswer)
    assert not answer.sent
    assert TOKEN not in repr(answer)


def test_a_header_of_two_lines_was_never_sent() -> None:
    async def run() -> tuple[Answer | NoAnswer, Server]:
        async with serving(answers) as server, transport(PLENTY) as sender:
            smuggled = Call("POST", address(server), {"a": f"{TOKEN}\r\nb: c"}, b"")
            return await sender.send(smuggled), server

    answer, server = asyncio.run(run())

    assert isinstance(answer, NoAnswer)
    assert (answer.sent, server.requests) == (False, [])
