"""What the platforms read alike."""

from datetime import timedelta

import pytest

from capi_jobs.model import Answer, Deferred
from capi_jobs.platforms.reading import (
    Meaning,
    Reading,
    Verdict,
    a_trace,
    an_integer,
    retry_after,
    safe_words,
    settled,
)

FIELDS = frozenset({"event_time", "em"})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("data[3].event_time is too old", "data … event_time is too old"),
        ("em jane@example.com must be hashed", "em … must be hashed"),
        ("Jane Doe, +49 170 1234567, 62a14e44f7", ""),
        ("", ""),
        (None, ""),
        (["event_time"], ""),
        ("missing " * 100, ("missing " * 100)[:160]),
    ],
)
def test_a_message_keeps_known_words_only(text: object, kept: str) -> None:
    assert kept == safe_words(text, FIELDS)


@pytest.mark.parametrize("value", [True, False, 1.0, "1", None, [1], {}])
def test_only_an_integer_is_an_integer(value: object) -> None:
    assert an_integer(value) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", timedelta(0)),
        (" 20 ", timedelta(seconds=20)),
        ("999999999", timedelta(hours=1)),
        ("9" * 5000, None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds(header: str, wait: timedelta | None) -> None:
    assert wait == retry_after(Answer(429, {"retry-after": header}, b""))


def test_no_retry_after_is_no_wait() -> None:
    assert retry_after(Answer(429, {}, b"")) is None


@pytest.mark.parametrize("trace", ["jane@example.com", "a b", "", "x" * 65, 7, None])
def test_what_is_no_id_is_no_trace(trace: object) -> None:
    assert a_trace(trace) == ""


def test_one_position_outside_of_the_batch_discredits_the_others() -> None:
    verdict = Verdict(Meaning.REFUSED, "bad")
    reading = Reading(platform="Meta", code="1", verdict=verdict, named=(0, 7))
    spared = Deferred("refused with others (1)", batch_refused=True)
    assert [spared] * 3 == settled(reading, 3)
