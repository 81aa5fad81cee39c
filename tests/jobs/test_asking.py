"""A read API is asked page by page, and again where that may help; never for ever."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

import pytest

from capi_jobs.config import Verify
from capi_jobs.jobs.asking import Asker, Heard
from capi_jobs.model import Answer, Call, DataInterval, NoAnswer
from capi_jobs.platforms import Target
from capi_jobs.platforms.arrival import Arrival, Asked, Inquiry, Told, Trouble, Untold
from tests.simulator import NOON, FakeClock

HOUR = timedelta(hours=1)
INQUIRY = Inquiry(
    target=Target(account="1", base_url="https://x.example", api_version="v1"),
    token="t",
    interval=DataInterval(NOON - HOUR, NOON),
    now=NOON,
)
BUSY = Untold(Trouble.THROTTLED, "too many")
DOWN = Untold(Trouble.DOWN, "down")


def asked(what: str = "stats", start: int = 0) -> Asked:
    span = (NOON + HOUR * start, NOON + HOUR * (start + 1))
    return Asked(what, Call("GET", f"https://x.example/{what}", {}, b""), *span)


def arrival(count: int) -> Arrival:
    return Arrival(NOON, NOON + HOUR, "Purchase", count)


class Script:
    """Tells what was put in, one after the other, and is transport and reader."""

    def __init__(self, *told: Told | Untold | NoAnswer) -> None:
        self._told = deque(told)
        self.calls: list[str] = []

    async def send(self, call: Call) -> Answer | NoAnswer:
        self.calls.append(call.url)
        if isinstance(self._told[0], NoAnswer):
            return self._told.popleft()  # type: ignore[return-value]
        return Answer(200, {}, b"")

    def read(self, asked: Asked, answer: Answer, inquiry: Inquiry) -> Told | Untold:
        return self._told.popleft()  # type: ignore[return-value]


def hear(
    script: Script,
    first: Sequence[Asked] | Untold,
    clock: FakeClock | None = None,
    **settings: object,
) -> Heard | Untold:
    asker = Asker(script, Verify(**settings), clock or FakeClock())
    return asyncio.run(asker.hear(first, script.read, INQUIRY))


def test_all_pages_are_heard() -> None:
    second = asked()
    script = Script(
        Told(arrivals=(arrival(1),), following=(second,)),
        Told(arrivals=(arrival(2),)),
    )
    heard = hear(script, [asked()])

    window = (NOON, NOON + HOUR)
    assert heard == Heard((arrival(1), arrival(2)), windows=(window,))


def test_a_question_that_only_leads_to_others_is_about_no_time() -> None:
    days = (asked("day", 0), asked("day", 1))
    heard = hear(Script(Told(following=days), Told(), Told()), [asked("list")])

    assert isinstance(heard, Heard)
    assert heard.windows == tuple((day.start, day.end) for day in days)


def test_what_cannot_be_asked_is_said() -> None:
    impossible = Untold(Trouble.NOT_POSSIBLE, "no")

    assert hear(Script(), impossible) is impossible


def test_nothing_to_ask_is_nothing_heard() -> None:
    assert hear(Script(), []) == Heard()


def test_what_is_put_off_is_asked_again_after_the_wait_that_is_named() -> None:
    clock = FakeClock()
    named = Untold(Trouble.THROTTLED, "too many", wait=timedelta(seconds=7))
    heard = hear(Script(named, Told()), [asked()], clock)

    assert isinstance(heard, Heard)
    assert clock.slept == [7.0]


def test_without_a_named_wait_it_doubles() -> None:
    clock = FakeClock()
    hear(Script(DOWN, BUSY, Told()), [asked()], clock)

    assert clock.slept == [1.0, 2.0]


def test_no_wait_is_longer_than_configured() -> None:
    clock = FakeClock()
    hour = Untold(Trouble.THROTTLED, "too many", wait=HOUR)
    hear(Script(hour, Told()), [asked()], clock, wait_max="30s")

    assert clock.slept == [30.0]


def test_after_so_many_times_it_is_given_up() -> None:
    clock, script = FakeClock(), Script(*[BUSY] * 9)
    heard = hear(script, [asked()], clock, attempts_max=4)

    assert heard == BUSY
    assert len(script.calls) == 4
    assert clock.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.CREDENTIAL,
        Trouble.FORBIDDEN,
        Trouble.UNREADABLE,
        Trouble.NOT_POSSIBLE,
    ],
)
def test_what_does_not_pass_is_asked_once(trouble: Trouble) -> None:
    script = Script(Untold(trouble, "no"))
    hear(script, [asked()])

    assert len(script.calls) == 1


def test_no_answer_is_a_platform_that_is_down() -> None:
    clock = FakeClock()
    gone = NoAnswer(sent=False, reason="could not connect")
    heard = hear(Script(gone, gone), [asked()], clock, attempts_max=2)

    assert heard == Untold(
        Trouble.DOWN, "no answer: could not connect", "look at base_url"
    )


def test_pages_without_an_end_are_not_followed_for_ever() -> None:
    endless = Script(*[Told(following=(asked(),))] * 50)
    heard = hear(endless, [asked()], calls_max=5)

    assert isinstance(heard, Untold)
    assert heard.why == "there are more pages than 5 calls read"
    assert len(endless.calls) == 5
