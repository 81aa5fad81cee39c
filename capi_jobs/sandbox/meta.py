"""Meta: how the Conversions API reads, judges, counts and answers.

Facts: https://developers.facebook.com/docs/marketing-api/conversions-api. What each
field must hold stands in meta_fields.py.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson

from . import meta_fields as fields
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
from .forms import read_form
from .meta_answers import refusal, trace_id, usage
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

EVENTS_MAX = 1000  # events per request, by "Using the API"
DAY = 24 * 60 * 60
AGE_MAX = 7 * DAY  # by "Server event parameters"
STORE_AGE_MAX = 62 * DAY  # physical_store, by "Offline events"
DEDUP_SECONDS = 48 * 60 * 60  # by "Deduplicate pixel and server events"
STORE_DEDUP_SECONDS = 7 * DAY  # by "Offline events"
APPENDED = frozenset({"AppendValue", "AppendAttribution"})


class Meta:
    """The platform named meta; its accounts are datasets."""

    name = "meta"
    same_conversion: Mapping[str, str] = {}

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self.names_index = settings.meta_names_index

    # Reading -------------------------------------------------------------

    def read(self, incoming: Incoming) -> Submission:
        """Read a JSON body, or a form whose `data` is JSON text."""
        form = read_form(incoming.headers.get("content-type", ""), incoming.body)
        if form is None:
            body = read_json(incoming.body)
        else:
            body = {**form, "data": _events_in_form(form.get("data", ""))}
        for name in ("access_token", "appsecret_proof"):
            if name in incoming.query:
                body.setdefault(name, incoming.query[name])
        token = text_of(body, "access_token") or bearer(incoming.headers)
        return Submission(
            account=incoming.path["account"],
            token=token,
            body=body,
            events=read_events(body.get("data")),
            version=incoming.path["version"],
        )

    # Judging -------------------------------------------------------------

    def check(self, submission: Submission, now: datetime) -> None:
        self.check_version(submission.version, now)
        self._check_proof(submission)
        if not submission.account.isdecimal():
            raise Refused(Kind.ACCOUNT, submission.account)
        if not 1 <= len(submission.events) <= EVENTS_MAX:
            raise Refused(
                Kind.BATCH_SIZE, f"data takes 1 to {EVENTS_MAX} events", "data"
            )
        check_each(submission.events, lambda event: self._check_event(event, now))

    def check_version(self, version: str, now: datetime) -> None:
        versions = self._settings.meta_versions
        end = versions.get(version)
        if end is None or now.date() >= end:
            live = max(versions, key=versions.__getitem__)
            raise Refused(
                Kind.VERSION,
                "You are calling a deprecated version of the Ads API."
                f" Please update to the latest version: {live}.",
            )

    def _check_proof(self, submission: Submission) -> None:
        secret = self._settings.meta_app_secret
        proof = submission.body.get("appsecret_proof")
        if secret is None or proof is None:
            return
        expected = hmac.new(
            secret.encode(), (submission.token or "").encode(), hashlib.sha256
        ).hexdigest()
        if not hmac.compare_digest(expected, str(proof)):
            raise Refused(
                Kind.PROOF, "Invalid appsecret_proof provided in the API argument"
            )

    def _check_event(self, event: Json, now: datetime) -> None:
        check_table(event, fields.EVENT)
        require(event, ("event_name", "event_time", "user_data"))
        custom, user = part(event, "custom_data"), part(event, "user_data")
        check_table(user, fields.USER, "user_data.")
        check_table(custom, fields.CUSTOM, "custom_data.")
        check_items(custom, "contents", fields.ITEM, ("id", "quantity"), "custom_data.")
        _check_money(event, custom)
        _check_source(event, user)
        _check_options(event, user)
        seconds = event["event_time"]
        in_store = event.get("action_source") == "physical_store"
        if isinstance(seconds, int):
            check_age(seconds, now, STORE_AGE_MAX if in_store else AGE_MAX)
        self._check_identity(user)

    def _check_identity(self, user: Json) -> None:
        if not fields.identifies(user):
            raise Refused(
                Kind.IDENTIFIERS, "not enough customer information", "user_data"
            )
        check_vocabulary(self._settings.vocabulary, self.name, user)

    # Counting ------------------------------------------------------------

    def arrivals(self, submission: Submission) -> Iterator[Arrival]:
        for event in submission.events:
            custom = part(event, "custom_data")
            name = str(event["event_name"])
            event_id = text_of(event, "event_id")
            source = text_of(event, "action_source")
            if source == "physical_store":
                keys = _store_keys(event, custom)
            else:
                keys = _keys(name, event_id, part(event, "user_data"))
            yield Arrival(
                name,
                event_id,
                text_of(custom, "order_id"),
                event["event_time"],  # type: ignore[arg-type] # checked before
                custom.get("value"),  # type: ignore[arg-type] # checked before
                text_of(custom, "currency"),
                source,
                keys,
                tuple(part(event, "user_data")),
            )

    def pixel(self, seen: Mapping[str, str | None]) -> Arrival:
        """Make a browser event; without an id, its fbp or external_id may pair it."""
        name = seen.get("event_name") or "Purchase"
        event_id = seen.get("event_id")
        if event_id is not None:
            keys: tuple[Key, ...] = (Key(f"event_id:{name}", event_id, DEDUP_SECONDS),)
        else:
            # Browser events never meet each other so: hence no seconds.
            keys = tuple(
                Key(f"browser:{field}:{name}", value, 0)
                for field in ("fbp", "external_id")
                if (value := seen.get(field)) is not None
            )
        return Arrival(
            name, event_id, seen.get("order_id"), None, None, None, None, keys
        )

    def order_id(self, event: Json) -> object:
        return part(event, "custom_data").get("order_id")

    # Answering -----------------------------------------------------------

    def accepted(self, request: int, events: int) -> Answer:
        answer = {
            "events_received": events,
            "messages": [],
            "fbtrace_id": trace_id(request),
        }
        return json_answer(answer, headers=usage(percent=1))

    def partly(self, request: int, events: int) -> Answer:
        return self.accepted(request, events)

    def refused(self, request: int, refused: Refused) -> Answer:
        return refusal(request, refused)


def _events_in_form(text: str) -> object:
    """A form's `data`: a JSON list whose events may themselves be JSON texts."""
    try:
        content = orjson.loads(text)
        if isinstance(content, list):
            return [
                orjson.loads(event) if isinstance(event, str) else event
                for event in content
            ]
    except orjson.JSONDecodeError:
        raise Refused(Kind.MALFORMED, "data is not JSON", "data") from None
    return content


def _check_money(event: Json, custom: Json) -> None:
    if event["event_name"] == "Purchase":
        for name in ("value", "currency"):
            if name not in custom:
                raise Refused(Kind.MONEY, "is required", f"custom_data.{name}")


def _check_source(event: Json, user: Json) -> None:
    """Check what each source of events must say of itself."""
    source = event.get("action_source")
    if event["event_name"] in APPENDED:
        require(event, ("original_event_data",))
        return
    require(event, ("action_source",))
    if source == "website":
        require(event, ("event_source_url",))
        require(user, ("client_user_agent",), "user_data.")
    elif source == "app":
        app = part(event, "app_data")
        require(app, fields.APP, "app_data.")
        check_table(app, fields.APP, "app_data.")
    elif source == "business_messaging" and not user.keys() & fields.MESSAGING_IDS:
        raise Refused(Kind.PAGE, "a messaging event needs a page id", "user_data")


def _check_options(event: Json, user: Json) -> None:
    """Limited data use needs a country, and a state when the IP is not there."""
    if not event.get("data_processing_options"):
        return
    require(event, ("data_processing_options_country",))
    if event["data_processing_options_country"] or "client_ip_address" not in user:
        require(event, ("data_processing_options_state",))


def _keys(name: str, event_id: str | None, user: Json) -> tuple[Key, ...]:
    """Take the event id, or else what a browser event before it left behind."""
    if event_id is not None:
        return (Key(f"event_id:{name}", event_id, DEDUP_SECONDS),)
    return tuple(
        Key(f"browser:{field}:{name}", value, DEDUP_SECONDS, registers=False)
        for field in ("fbp", "external_id")
        if isinstance(value := user.get(field), str)
    )


def _store_keys(event: Json, custom: Json) -> tuple[Key, ...]:
    """Offline events meet only each other, second by second and line by line."""
    whose: object = text_of(custom, "order_id")
    if whose is None:
        whose = event["user_data"]
    parts = [event["event_time"], event["event_name"], custom.get("item_number"), whose]
    text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()
    return (Key("physical_store", text, STORE_DEDUP_SECONDS),)
