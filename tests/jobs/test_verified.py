"""What a verification says, and how a command leaves because of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from capi_jobs.arrival import Judged, Row, Verdict
from capi_jobs.config import Destination
from capi_jobs.jobs.verified import Verification, Verified
from capi_jobs.model import DataInterval
from capi_jobs.platforms.arrival import Trouble, Untold

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
META = Destination(
    name="meta-web", platform="meta", account="1234567890", token="env:META_TOKEN"
)


def row(**changes: Any) -> Row:  # noqa: ANN401
    given = {"delivered": 10, "due": 10, "certain": 10, "theirs": 10}
    return Row(start=TEN, end=TEN + HOUR, event_name="Purchase", **(given | changes))


def judged(verdict: Verdict = Verdict.ARRIVED, **changes: Any) -> Judged:  # noqa: ANN401
    why = changes.pop("why", "")
    return Judged(
        rows=(row(**changes),), verdict=verdict, why=why, counted_by="receipt"
    )


def verified(*made: Verification) -> Verified:
    return Verified(DataInterval(TEN, TEN + HOUR), made)


def destination_json(made: Verification) -> Any:  # noqa: ANN401
    listed: Any = verified(made).as_json()["destinations"]
    return listed[0]


def test_short_is_said_with_its_number() -> None:
    made = Verification(META, judged(Verdict.SHORT, short=1_200))

    assert made.says == "short by 1,200"


def test_without_an_answer_nothing_can_be_known() -> None:
    made = Verification(META, untold=Untold(Trouble.DOWN, "it is down", "wait"))

    assert (made.says, made.why) == ("cannot know", "it is down; wait")
    assert made.stopped is None


def test_only_a_refused_token_stops() -> None:
    refused = Verification(META, untold=Untold(Trouble.CREDENTIAL, "no", "renew it"))

    assert str(refused.stopped) == "meta-web: no → renew it"
    assert verified(refused).failed
    assert not verified(Verification(META, judged())).failed


def test_an_alarm_of_one_is_an_alarm_of_all() -> None:
    quiet = Verification(META, judged())
    loud = Verification(META, judged(Verdict.SHORT, short=9), alarm=True)

    assert verified(quiet, loud).needs_person
    assert not verified(quiet).needs_person


def test_an_assumed_reading_is_named_where_something_was_due() -> None:
    due = Verification(META, judged(), assumed=True, note="a note")
    early = Verification(META, judged(Verdict.TOO_EARLY, due=0), assumed=True)

    assert due.why == (
        "a note; its hours fit when it received them (arrival.counted_by is not set)"
    )
    assert early.why == ""


def test_the_json_holds_each_hour() -> None:
    made = Verification(META, judged(Verdict.SHORT, short=1, theirs=9, why="1 lacks"))
    told = destination_json(made)

    assert told["verdict"] == "short"
    assert (told["delivered"], told["theirs"], told["short"]) == (10, 9, 1)
    assert told["rows"][0]["start"] == "2026-11-22T10:00:00+00:00"


def test_the_json_of_an_unasked_destination_holds_no_figures() -> None:
    made = Verification(META, untold=Untold(Trouble.FORBIDDEN, "no"))
    told = destination_json(made)

    assert (told["trouble"], told["delivered"], told["rows"]) == ("forbidden", None, [])
