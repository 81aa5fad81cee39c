"""What left and lost its answer may have counted."""

import asyncio

import pytest

from capi_jobs.model import NoAnswer
from tests.loopback import Connection, Handler
from tests.transport.calling import SOON, single


async def resets_at_once(connection: Connection) -> None:
    connection.reset()


async def resets_after_reading(connection: Connection) -> None:
    await connection.request()
    connection.reset()


async def closes_after_reading(connection: Connection) -> None:
    await connection.request()


async def closes_within_the_answer(connection: Connection) -> None:
    await connection.request()
    await connection.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{")


async def answers_nonsense(connection: Connection) -> None:
    await connection.request()
    await connection.answer(b"\x16\x03\x01 nonsense\r\n\r\n")


async def packs_badly(connection: Connection) -> None:
    await connection.request()
    await connection.answer(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    )


@pytest.mark.parametrize(
    ("handler", "reasons"),
    [
        (
            resets_at_once,
            {
                "the connection was reset",
                "the connection was reset while sending",
                "the connection closed without an answer",
            },
        ),
        (resets_after_reading, {"the connection was reset"}),
        (closes_after_reading, {"the connection closed without an answer"}),
        (closes_within_the_answer, {"the connection closed without an answer"}),
        (answers_nonsense, {"the connection closed without an answer"}),
        (packs_badly, {"the answer cannot be unpacked"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_call_that_left_and_lost_its_answer_may_have_counted(
    handler: Handler, reasons: set[str]
) -> None:
    answer = single(handler)

    assert isinstance(answer, NoAnswer)
    assert answer.sent
    assert answer.reason in reasons


def test_a_server_that_never_answers_is_left_at_the_deadline() -> None:
    async def hangs(connection: Connection) -> None:
        await connection.request()
        await connection.until_closed()

    answer = single(hangs, deadline=SOON)

    assert NoAnswer(sent=True, reason="no answer within 0.8 s") == answer


def test_an_answer_that_drips_is_cut_by_the_deadline_of_the_whole_call() -> None:
    """Each byte comes in time; the answer does not."""

    async def drips(connection: Connection) -> None:
        await connection.request()
        await connection.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not connection.writer.is_closing():
            await connection.answer(b" ")
            await asyncio.sleep(0.02)

    answer = single(drips, deadline=SOON)

    assert NoAnswer(sent=True, reason="no answer within 0.8 s") == answer
