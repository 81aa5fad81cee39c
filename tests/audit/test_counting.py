"""How often the platform counts, from the copies alone."""

from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.audit.counting import Copy, counted

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = timedelta(hours=48)
TICK = timedelta(microseconds=1)


def copy(event_id: str | None = "e", after: timedelta = TICK, **more: bool) -> Copy:
    return Copy("purchase", event_id, NOON + after, **more)


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ([], "0"),
        ([copy()], "1"),
        ([copy(), copy(after=WINDOW)], "1"),
        ([copy(after=-TICK), copy(after=WINDOW)], "2"),
        ([copy(), copy("other")], "2"),
        ([copy(), Copy("placeanorder", "e", NOON)], "2"),
        ([copy(), copy(None)], "1–2"),
        ([copy(None)], "1"),
        ([copy(certain=False)], "0–1"),
        ([copy(), copy(certain=False)], "1"),
        ([copy(refused=True)], "0"),
        # Each counted copy opens a window of its own.
        ([copy(after=n * timedelta(hours=40)) for n in range(4)], "2"),
    ],
    ids=str,
)
def test_one_name_and_id_count_once_within_the_window(
    copies: list[Copy], expected: str
) -> None:
    assert str(counted(copies, WINDOW)) == expected


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (copy(certain=False), "an answer was lost"),
        (copy(None), "copies without an id in the log"),
        (Copy("purchase", "e", None), "times that cannot be read"),
    ],
    ids=str,
)
def test_what_is_not_sure_says_why(one: Copy, word: str) -> None:
    assert counted([one], WINDOW).unsure == (word,)
    assert counted([copy()], WINDOW).unsure == ()
