"""Snapchat: how Conversions API v3 judges, counts and answers.

Facts: https://developers.snap.com/marketing-api/Conversions-API.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from . import snapchat_fields as fields
from .counting import Arrival, Key
from .fields import (
    check_age,
    check_each,
    check_items,
    check_table,
    check_vocabulary,
    part,
    require,
    text_of,
)
from .settings import SandboxSettings
from .wire import (
    Answer,
    Incoming,
    Json,
    Kind,
    Refused,
    Submission,
    bearer,
    json_answer,
    read_events,
    read_json,
)

EVENTS_MAX = 2000  # events per request, by "Using the API"
DAY = 24 * 60 * 60
DEDUP_SECONDS = 2 * DAY  # by event_id, by "Deduplication"
ORDER_DEDUP_SECONDS = 30 * DAY  # PURCHASE by order number, by the same page
MILLISECONDS_FROM = 10**11  # in seconds that would be the year 5138

STATUS: Mapping[Kind, int] = {
    Kind.TOKEN_MISSING: 401,
    Kind.TOKEN_INVALID: 401,
    Kind.TOKEN_EXPIRED: 401,
    Kind.ACCOUNT: 404,
    Kind.FORBIDDEN: 403,
    Kind.THROTTLED: 429,
    Kind.TRANSIENT: 503,
}


class Snapchat:
    """The platform named snapchat; its accounts are pixels and apps."""

    name = "snapchat"
    names_index = True
    same_conversion: Mapping[str, str] = {}

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings

    def read(self, incoming: Incoming) -> Submission:
        body = read_json(incoming.body)
        return Submission(
            account=incoming.path["account"],
            token=incoming.query.get("access_token") or bearer(incoming.headers),
            body=body,
            events=read_events(body.get("data")),
        )

    def check(self, submission: Submission, now: datetime) -> None:
        _check_size(submission)
        check_each(submission.events, lambda event: self.check_event(event, now))

    def check_event(self, event: Json, now: datetime) -> None:
        check_table(event, fields.EVENT)
        require(event, ("event_name", "event_time", "action_source", "user_data"))
        user, custom = part(event, "user_data"), part(event, "custom_data")
        check_table(user, fields.USER, "user_data.")
        check_table(custom, fields.CUSTOM, "custom_data.")
        check_items(custom, "contents", fields.ITEM, (), "custom_data.")
        if _name(event) == "PURCHASE":
            require(custom, ("currency", "value"), "custom_data.")
        _check_source(event)
        _check_identity(user)
        age_max: timedelta = self._settings.snapchat_age_max
        check_age(_seconds(event), now, age_max.total_seconds())
        check_vocabulary(self._settings.vocabulary, self.name, user)

    def validate(self, submission: Submission, now: datetime) -> Answer:
        """Judge each event by itself; nothing is counted."""
        _check_size(submission)
        logs = [
            self._judge(index, event, now)
            for index, event in enumerate(submission.events)
        ]
        valid = all(log["status"] == "VALID" for log in logs)
        return json_answer(
            {
                "status": "VALID" if valid else "INVALID",
                "test_event": True,
                "reason": "Events have been validated.",
                "event_logs": logs,
            }
        )

    def _judge(self, index: int, event: Json, now: datetime) -> Json:
        codes, messages = [], []
        try:
            self.check_event(event, now)
        except Refused as refused:
            codes, messages = [refused.kind.upper()], [_reason(refused)]
        return {
            "event": index,
            "status": "INVALID" if codes else "VALID",
            "errors": {"codes": codes, "error_msgs": messages},
            "warnings": [],
        }

    def arrivals(self, submission: Submission) -> Iterator[Arrival]:
        for event in submission.events:
            custom = part(event, "custom_data")
            name, event_id = _name(event), text_of(event, "event_id")
            order_id, source = (
                text_of(custom, "order_id"),
                text_of(event, "action_source"),
            )
            yield Arrival(
                name,
                event_id,
                order_id,
                event["event_time"],  # type: ignore[arg-type] # checked before
                custom.get("value"),  # type: ignore[arg-type] # checked before
                text_of(custom, "currency"),
                source,
                _keys(fields.TYPES[str(source).upper()], name, event_id, order_id),
            )

    def pixel(self, seen: Mapping[str, str | None]) -> Arrival:
        """Make a browser event: id and order are client_dedup_id, transaction_id."""
        name = (seen.get("event_name") or "PURCHASE").upper()
        event_id, order_id = seen.get("event_id"), seen.get("order_id")
        keys = _keys("web", name, event_id, order_id)
        if name == "PURCHASE" and order_id is not None:
            # The pixel's transaction_id also meets a server's event_id.
            keys = (
                *keys,
                Key(
                    "web:event_id:PURCHASE",
                    order_id,
                    ORDER_DEDUP_SECONDS,
                    registers=False,
                ),
                Key("web:transaction_id", order_id, ORDER_DEDUP_SECONDS),
            )
        return Arrival(name, event_id, order_id, None, None, None, "WEB", keys)

    def order_id(self, event: Json) -> object:
        return part(event, "custom_data").get("order_id")

    def accepted(self, request: int, events: int) -> Answer:  # noqa: ARG002 - one protocol
        reason = "Events have been processed successfully."
        return json_answer({"status": "VALID", "reason": reason})

    def partly(self, request: int, events: int) -> Answer:
        """Name the first event that was left out: there are no other words for it."""
        refused = Refused(Kind.SCRIPTED, "was not processed")
        refused.index, refused.names_index = events, True
        return self.refused(request, refused)

    def refused(self, request: int, refused: Refused) -> Answer:  # noqa: ARG002 - one protocol
        content: Json = {"status": "INVALID", "reason": _reason(refused)}
        if refused.index is not None and refused.names_index:
            content["event"] = refused.index
        code = str(refused.code or refused.kind.upper())
        content["errors"] = {"codes": [code], "error_msgs": [_reason(refused)]}
        headers = {}
        if refused.retry_after is not None:
            headers["Retry-After"] = str(refused.retry_after)
        status = refused.status or STATUS.get(refused.kind, 400)
        return json_answer(content, status, headers)


def stats(counted: Counter[str], latest: int) -> Answer:
    """Say how many events came in the past hour, as `validate/stats` does."""
    return json_answer(
        {
            "status": "SUCCESS",
            "reason": "",
            "stats": {
                "test": {
                    "event_count_past_hour": counted["test"],
                    "latest_event_ts": 0,
                },
                "live": {
                    "event_count_past_hour": counted["live"],
                    "latest_event_ts": latest,
                },
            },
        }
    )


def _check_size(submission: Submission) -> None:
    if not 1 <= len(submission.events) <= EVENTS_MAX:
        raise Refused(Kind.BATCH_SIZE, f"takes 1 to {EVENTS_MAX} events", "data")


def _name(event: Json) -> str:
    return str(event["event_name"]).upper()


def _seconds(event: Json) -> float:
    time = event["event_time"]
    if not isinstance(time, int):
        return math.nan
    return time / 1000 if time > MILLISECONDS_FROM else time


def _check_source(event: Json) -> None:
    """Check what each source of events must say of itself."""
    source = fields.TYPES[str(event["action_source"]).upper()]
    if source == "web":
        require(event, ("event_source_url",))
    elif source == "app":
        app = part(event, "app_data")
        require(app, fields.APP, "app_data.")
        check_table(app, fields.APP, "app_data.")


def _check_identity(user: Json) -> None:
    if user.keys() & {"em", "ph", "madid"}:
        return
    if not user.keys() >= {"client_ip_address", "client_user_agent"}:
        raise Refused(
            Kind.IDENTIFIERS,
            "needs em, ph, madid, or client_ip_address with client_user_agent",
            "user_data",
        )


def _keys(
    source: str, name: str, event_id: str | None, order_id: str | None
) -> tuple[Key, ...]:
    """Events of one source meet by event id; purchases by order number as well."""
    keys = []
    if event_id is not None:
        keys.append(Key(f"{source}:event_id:{name}", event_id, DEDUP_SECONDS))
    if name == "PURCHASE":
        if order_id is not None:
            keys.append(Key(f"{source}:order_id", order_id, ORDER_DEDUP_SECONDS))
        elif event_id is not None:
            # Without an order number its id may be a pixel's transaction_id.
            keys.append(
                Key(
                    f"{source}:transaction_id",
                    event_id,
                    ORDER_DEDUP_SECONDS,
                    registers=False,
                )
            )
    return tuple(keys)


def _reason(refused: Refused) -> str:
    return f"{refused.field} {refused.reason}".strip()
