"""Whatever comes over the wire: an answer, or none, and never another error."""

import asyncio
import gzip
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from capi_jobs.model import Answer, NoAnswer
from capi_jobs.transport import ANSWER_BYTES_MAX
from tests.loopback import OK, Connection, serving
from tests.transport.calling import SOON, address, call, single, transport

# Pieces that a parser of HTTP looks at.
PIECES = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200\r\n",
    b"HTTP/9.9 200 OK\r\n",
    b"HTTP/1.1 -1 \xff\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n",
    b"Content-Length: 2\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 2, 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate, br, zstd\r\n",
    b"Content-Type: text/html; charset=\xff\r\n",
    b"Set-Cookie: a\x00b\r\n",
    b" folded\r\n",
    b"no colon\r\n",
    b"X: " + b"y" * 200_000 + b"\r\n",
    b"\r\n",
    b"{}",
    b"2\r\n{}\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFFF\r\n",
    b"\x1f\x8b\x08\x00",
    gzip.compress(b"{}"),
]
wires = st.lists(st.sampled_from(PIECES) | st.binary(max_size=12), max_size=6).map(
    b"".join
)


# Few and long: making a client costs more than many calls.
@settings(max_examples=10)
@given(wires=st.lists(wires, min_size=15, max_size=25))
def test_whatever_comes_over_the_wire_is_an_answer_or_none(wires: list[bytes]) -> None:
    left = list(wires)

    async def hostile(connection: Connection) -> None:
        await connection.request()
        await connection.answer(left.pop(0))

    async def run() -> list[Answer | NoAnswer]:
        async with serving(hostile) as server, transport(SOON) as sender:
            return [await sender.send(call(address(server))) for _ in wires]

    for made in asyncio.run(run()):
        # The request was read: nobody may say that it was never sent.
        assert isinstance(made, Answer) or made.sent


def test_an_answer_that_unfolds_without_end_is_lost() -> None:
    bomb = gzip.compress(bytes(4 * ANSWER_BYTES_MAX))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    async def hostile(connection: Connection) -> None:
        await connection.request()
        await connection.answer(head % len(bomb) + bomb)

    assert single(hostile) == NoAnswer(sent=True, reason="the answer is too large")


def test_an_answer_that_drips_is_lost_at_the_deadline() -> None:
    async def hostile(connection: Connection) -> None:
        await connection.request()
        await connection.answer(OK[:-2])
        await connection.until_closed()

    made = single(hostile, deadline=timedelta(seconds=0.3))

    assert made == NoAnswer(sent=True, reason="no answer within 0.3 s")
