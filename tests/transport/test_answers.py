"""Answers come back whole, once, and from where they were asked."""

import asyncio
import gzip

from capi_jobs.model import Answer, NoAnswer
from capi_jobs.transport import ANSWER_BYTES_MAX
from tests.loopback import Connection, Handler, Server, serving
from tests.transport.calling import (
    PLENTY,
    TOKEN,
    address,
    answers,
    call,
    sent,
    single,
    transport,
)


def test_an_answer_comes_back_with_its_header_names_in_lower_case() -> None:
    async def throttles(connection: Connection) -> None:
        await connection.request()
        await connection.answer(
            b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nX-App-Usage: {}\r\n"
            b"Content-Length: 3\r\n\r\nno!"
        )

    answer = single(throttles)

    expected = {"retry-after": "7", "x-app-usage": "{}", "content-length": "3"}
    assert Answer(429, expected, b"no!") == answer


def test_bytes_and_headers_reach_the_server_as_they_are() -> None:
    _, server = sent(answers)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v26.0/1/events?access_token=")
    assert f"access-token: {TOKEN}".encode() in head.lower().replace(
        TOKEN.lower().encode(), TOKEN.encode()
    )
    assert b"user-agent: capi-jobs/" in head.lower()
    assert body == b'{"data":[]}'


def test_a_packed_answer_is_unpacked() -> None:
    packed = gzip.compress(b'{"events_received":1}')

    async def packs(connection: Connection) -> None:
        await connection.request()
        head = f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
        await connection.answer(b"HTTP/1.1 200 OK\r\n" + head.encode() + packed)

    answer = single(packs)

    assert isinstance(answer, Answer)
    assert answer.body == b'{"events_received":1}'


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    """The token would go to another address with it."""

    async def redirects(connection: Connection) -> None:
        await connection.request()
        await connection.answer(
            f"HTTP/1.1 307 Elsewhere\r\nLocation: {address(connection.server)}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )

    answer = single(redirects)

    assert isinstance(answer, Answer)
    assert answer.status == 307


def test_an_answer_of_the_largest_size_is_read_and_a_larger_one_is_not() -> None:
    def of(size: int) -> Handler:
        async def answers_at_length(connection: Connection) -> None:
            await connection.request()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n"
            await connection.answer(head.encode() + b"x" * size)

        return answers_at_length

    largest = single(of(ANSWER_BYTES_MAX))

    assert isinstance(largest, Answer)
    assert len(largest.body) == ANSWER_BYTES_MAX
    too_large = single(of(ANSWER_BYTES_MAX + 1))
    assert NoAnswer(sent=True, reason="the answer is too large") == too_large


def test_calls_share_a_connection() -> None:
    made, server = sent(answers, times=3)

    assert [a.status for a in made if isinstance(a, Answer)] == [200, 200, 200]
    assert (server.connections, len(server.requests)) == (1, 3)


def test_a_kept_connection_that_closes_under_a_call_loses_it_and_repeats_nothing() -> (
    None
):
    """Other clients silently send again here, which would count twice."""

    async def answers_once(connection: Connection) -> None:
        await connection.request()
        await connection.answer()
        await connection.request()

    made, server = sent(answers_once, times=2)

    assert isinstance(made[0], Answer)
    expected = NoAnswer(sent=True, reason="the connection closed without an answer")
    assert expected == made[1]
    assert (server.connections, len(server.requests)) == (1, 2)


def test_a_kept_connection_that_closed_before_a_call_is_made_anew() -> None:
    async def run() -> tuple[list[Answer | NoAnswer], Server]:
        closed = asyncio.Event()

        async def answers_and_closes(connection: Connection) -> None:
            await connection.request()
            await connection.answer()
            connection.writer.close()
            await connection.writer.wait_closed()
            closed.set()

        async with serving(answers_and_closes) as server, transport(PLENTY) as sender:
            made = []
            for _ in range(2):
                closed.clear()
                made.append(await sender.send(call(address(server))))
                await closed.wait()
        return made, server

    made, server = asyncio.run(run())

    assert [a.status for a in made if isinstance(a, Answer)] == [200, 200]
    assert (server.connections, len(server.requests)) == (2, 2)
