"""What Snapchat says it received: one number, of the past hour.

Pure. Sending is `snapchat.py`, what errors mean `snapchat_answers.py`. C(n), S and I
say how sure a fact is: n sources, one, inferred.
"""

from collections.abc import Sequence
from datetime import timedelta

from capi_jobs.errors import DestinationStopped
from capi_jobs.model import Answer, Call
from capi_jobs.platforms import reading as read
from capi_jobs.platforms import snapchat_answers
from capi_jobs.platforms import writing as write
from capi_jobs.platforms.arrival import (
    Arrival,
    Asked,
    Inquiry,
    Reach,
    ReadApi,
    Told,
    Trouble,
    Untold,
    a_count,
    unreadable,
    untold,
)

_HOUR = timedelta(hours=1)
_REACH = Reach(
    # Not published. An upload of minutes is through by then, and most of the hour
    # is left to be compared (own choice).
    delay=timedelta(minutes=15),
    back=_HOUR,  # `event_count_past_hour`, C(2)
    bucket=_HOUR,
    # `live` is not said to leave browser events out: read strictly, it does not (I).
    server_only=False,
    zone_told=True,  # the past hour is the same everywhere
    rolling=True,
)


class SnapchatReadApi:
    """One number for all events of an asset; the quality answer is not published."""

    reach: Reach = _REACH

    def arrival_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask for the past hour, where it touches the interval at all."""
        since = inquiry.now - _HOUR
        if inquiry.interval.end <= since:
            why = "Snapchat tells of the past hour only"
            return Untold(Trouble.NOT_POSSIBLE, why, "verify within an hour of a run")
        target = inquiry.target
        parts = (target.api_version, target.account, "events", "validate", "stats")
        url = write.hosted(target.base_url, *parts)
        token = write.query_text(inquiry.token)
        call = Call("GET", f"{url}?access_token={token}", {}, b"")
        return [Asked("stats", call, since, inquiry.now)]

    def read_arrivals(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Read the `live` half: the other one counts what was only validated."""
        del inquiry
        body = read.an_object(read.parsed(answer.body))
        if answer.status != read.HTTP_OK or body.get("status") == "INVALID":
            return _refused(answer)
        live = read.an_object(read.an_object(body.get("stats")).get("live"))
        count = a_count(live.get("event_count_past_hour"))
        if count is None:
            return unreadable("Snapchat")
        return Told(arrivals=(Arrival(asked.start, asked.end, "", count),))

    def quality_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask nothing: what the Signal Readiness API answers is not published."""
        del inquiry
        why = "the shape of Snapchat's Signal Readiness answer is not published"
        return Untold(Trouble.NOT_POSSIBLE, why, "look into its Events Manager")

    def read_quality(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Nothing is asked, so nothing is read."""
        del asked, answer, inquiry
        return unreadable("Snapchat")


def _refused(answer: Answer) -> Untold:
    """Bad tokens come as 400 with nothing but a text, too: sending knows it."""
    try:
        snapchat_answers.outcomes(1, answer)
    except DestinationStopped as stop:
        verdict = snapchat_answers.ANSWERS.get(answer.status)
        if verdict and verdict.meaning is read.Meaning.CONFIGURATION:
            return Untold(Trouble.FORBIDDEN, stop.what, stop.do)
        return Untold(Trouble.CREDENTIAL, stop.what, stop.do)
    verdict, wait = (
        snapchat_answers.ANSWERS.get(answer.status),
        read.retry_after(answer),
    )
    return untold("Snapchat", f"HTTP {answer.status}", verdict, answer, wait)


READ_API: ReadApi = SnapchatReadApi()
