"""TikTok: how Events API 2.0 (/open_api/v1.3/event/track/) judges, counts, answers.

Whatever is wrong, the HTTP status is 200 and the code in the body tells.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from .counting import Arrival, Key
from .fields import (
    Rule,
    Table,
    check_age,
    check_each,
    check_items,
    check_table,
    check_vocabulary,
    is_amount,
    is_bool,
    is_currency,
    is_ip,
    is_number,
    is_object,
    is_quantity,
    is_raw,
    is_sha256,
    is_text,
    is_text_list,
    is_url,
    is_whole,
    one_or_more,
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
    json_answer,
    read_events,
    read_json,
)

EVENTS_MAX = 1000  # events per request
DEDUP_SECONDS = 48 * 60 * 60  # by the help page on deduplication
SOURCES = frozenset({"web", "app", "offline", "crm"})

TEXT = Rule(is_text, "Not a valid string")
NUMBER = Rule(is_number, "Not a valid number")
AMOUNT = Rule(is_amount, "Not a valid number, or negative")
OBJECT = Rule(is_object, "Not a valid object")
HASHED = Rule(
    one_or_more(is_sha256),
    "PII is not hashed: not a lower-case hex SHA-256 of a normalised value",
    Kind.UNHASHED,
)


def is_lower(value: object) -> bool:
    return is_raw(value) and isinstance(value, str) and value == value.lower()


def is_country(value: object) -> bool:
    return is_lower(value) and isinstance(value, str) and len(value) == 2  # noqa: PLR2004 - alpha-2


EVENT: Table = {
    "event": TEXT,
    "event_time": Rule(is_whole, "Not a valid integer"),
    "event_id": TEXT,
    "user": OBJECT,
    "properties": OBJECT,
    "page": OBJECT,
    "app": OBJECT,
    "ad": OBJECT,
    "lead": OBJECT,
    "limited_data_use": Rule(is_bool, "Not a valid boolean"),
}
USER: Table = {
    **dict.fromkeys(
        ("email", "phone", "external_id", "first_name", "last_name", "zip_code"), HASHED
    ),
    "city": Rule(is_lower, "Not a valid lower-case, unhashed string"),
    "state": Rule(is_lower, "Not a valid lower-case, unhashed string"),
    "country": Rule(is_country, "Not a valid lower-case country code"),
    "ttclid": TEXT,
    "ttp": TEXT,
    "ip": Rule(is_ip, "Not a valid IP address"),
    "user_agent": Rule(is_raw, "Not a valid, unhashed string"),
    "locale": TEXT,
    "idfa": TEXT,
    "gaid": TEXT,
    "idfv": TEXT,
    "lead_id": TEXT,
    "att_status": Rule(
        lambda value: (
            isinstance(value, str)
            and value
            in {
                "AUTHORIZED",
                "DENIED",
                "NOT_DETERMINED",
                "RESTRICTED",
                "NOT_APPLICABLE",
            }
        ),
        "Not a valid att_status",
    ),
}
PROPERTIES: Table = {
    "value": AMOUNT,
    "currency": Rule(is_currency, "Not a valid currency of ISO 4217"),
    "content_ids": Rule(is_text_list, "Not a valid list of strings"),
    "content_type": Rule(
        lambda value: isinstance(value, str) and value in {"product", "product_group"},
        "Not one of product, product_group",
    ),
    "num_items": Rule(is_quantity, "Not a valid integer"),
    "order_id": TEXT,
    "shop_id": TEXT,
    "description": TEXT,
    "query": TEXT,
    "search_string": TEXT,
    "status": TEXT,
    "predicted_ltv": NUMBER,
}
ITEM: Table = {
    "content_id": TEXT,
    "price": AMOUNT,
    "quantity": Rule(is_quantity, "Not a valid integer"),
    "content_name": TEXT,
    "content_category": TEXT,
    "content_type": TEXT,
    "brand": TEXT,
}
# Names and codes by TikTok's own SDK.
CODES: Mapping[Kind, int] = {
    Kind.TOKEN_MISSING: 40104,
    Kind.TOKEN_INVALID: 40105,
    Kind.TOKEN_EXPIRED: 40102,
    Kind.ACCOUNT: 40001,
    Kind.VERSION: 40006,
    Kind.BATCH_SIZE: 40061,
    Kind.UNHASHED: 40062,
    Kind.THROTTLED: 40100,
    Kind.TRANSIENT: 50000,
}
PARAM_ERROR = 40002
PARTIAL_OK = 20001
ROUTE_NOT_FOUND = 40400


class TikTok:
    """The platform named tiktok; its accounts are event sources."""

    name = "tiktok"
    names_index = True
    # The rename of 2025-05; each pair is one conversion, but two names to dedup by.
    same_conversion: Mapping[str, str] = {
        "CompletePayment": "Purchase",
        "SubmitForm": "Lead",
    }

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings

    def read(self, incoming: Incoming) -> Submission:
        body = read_json(incoming.body)
        return Submission(
            account=text_of(body, "event_source_id") or "",
            token=incoming.headers.get("access-token"),
            body=body,
            events=read_events(body.get("data")),
            version=incoming.path["version"],
        )

    def check(self, submission: Submission, now: datetime) -> None:
        body = submission.body
        if submission.version != "v1.3":
            raise Refused(Kind.VERSION, "The API version is not supported")
        require(body, ("event_source", "event_source_id"))
        source = body["event_source"]
        if not isinstance(source, str) or source not in SOURCES:
            raise Refused(Kind.INVALID, "Not a valid event source", "event_source")
        if not submission.account:
            raise Refused(Kind.INVALID, "Not a valid string", "event_source_id")
        if not 1 <= len(submission.events) <= EVENTS_MAX:
            raise Refused(Kind.BATCH_SIZE, f"takes 1 to {EVENTS_MAX} events", "data")
        check_each(
            submission.events, lambda event: self._check_event(event, source, now)
        )

    def _check_event(self, event: Json, source: str, now: datetime) -> None:
        check_table(event, EVENT)
        require(event, ("event", "event_time", "user"))
        user, properties = part(event, "user"), part(event, "properties")
        check_table(user, USER, "user.")
        check_table(properties, PROPERTIES, "properties.")
        check_items(properties, "contents", ITEM, (), "properties.")
        if self.same_conversion.get(str(event["event"]), event["event"]) == "Purchase":
            require(properties, ("value", "currency"), "properties.")
        _check_source(event, source, user)
        seconds = event["event_time"]
        if isinstance(seconds, int):
            check_age(seconds, now, self._settings.tiktok_age_max.total_seconds())
        check_vocabulary(self._settings.vocabulary, self.name, user)

    def arrivals(self, submission: Submission) -> Iterator[Arrival]:
        source = text_of(submission.body, "event_source")
        for event in submission.events:
            properties = part(event, "properties")
            name, event_id = str(event["event"]), text_of(event, "event_id")
            yield Arrival(
                name,
                event_id,
                text_of(properties, "order_id"),
                event["event_time"],  # type: ignore[arg-type] # checked before
                properties.get("value"),  # type: ignore[arg-type] # checked before
                text_of(properties, "currency"),
                source,
                _keys(name, event_id),
                tuple(part(event, "user")),
            )

    def pixel(self, seen: Mapping[str, str | None]) -> Arrival:
        name, event_id = seen.get("event_name") or "Purchase", seen.get("event_id")
        keys = _keys(name, event_id)
        return Arrival(
            name, event_id, seen.get("order_id"), None, None, None, None, keys
        )

    def order_id(self, event: Json) -> object:
        return part(event, "properties").get("order_id")

    def accepted(self, request: int, events: int) -> Answer:  # noqa: ARG002 - one protocol
        return envelope(request, 0, "OK")

    def partly(self, request: int, events: int) -> Answer:  # noqa: ARG002 - one protocol
        return envelope(request, PARTIAL_OK, "Partial OK")

    def refused(self, request: int, refused: Refused) -> Answer:
        code = refused.code or CODES.get(refused.kind, PARAM_ERROR)
        message = refused.reason
        if refused.kind is Kind.THROTTLED:
            message = "Too many requests. Please retry in some time."
        elif refused.kind is Kind.ACCOUNT:
            message = f"No permission to operate pixel code: {refused.reason}."
        else:
            where = refused.field
            if refused.index is not None and refused.names_index:
                where = f"data.{refused.index}.{where}".rstrip(".")
            message = f"{where}: {message}" if where else message
        return envelope(request, code, message, refused.status or 200)


def told(data: object, request: int = 0) -> Answer:
    """Wrap what a read API tells."""
    request_id = f"{request:032X}"
    content = {"code": 0, "message": "OK", "request_id": request_id, "data": data}
    return json_answer(content, 200, {"X-Tt-Logid": request_id})


def envelope(request: int, code: int, message: str, status: int = 200) -> Answer:
    request_id = f"{request:032X}"
    content = {"code": code, "message": message, "request_id": request_id, "data": None}
    return json_answer(content, status, {"X-Tt-Logid": request_id})


def _check_source(event: Json, source: str, user: Json) -> None:
    """Check what each source of events must say of itself."""
    if source == "web":
        page = part(event, "page")
        require(page, ("url",), "page.")
        if not is_url(page["url"]):
            raise Refused(Kind.INVALID, "Not a valid URL", "page.url")
    elif source == "app":
        require(part(event, "app"), ("app_id",), "app.")
    elif source == "crm":
        require(part(event, "lead"), ("lead_id",), "lead.")
    elif not user.keys() & {"email", "phone", "external_id"}:
        raise Refused(
            Kind.IDENTIFIERS, "Missing one of email, phone, external_id", "user"
        )


def _keys(name: str, event_id: str | None) -> tuple[Key, ...]:
    """Take the id: neither the order's nor the cookie's number replaces it."""
    if event_id is None:
        return ()
    return (Key(f"event_id:{name}", event_id, DEDUP_SECONDS),)
