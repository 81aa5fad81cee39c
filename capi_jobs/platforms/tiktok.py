"""TikTok's Events API 2.0 (path v1.3): what it takes and how it is written.

Pure. What its answers mean is `tiktok_answers.py`; normal forms live in `identity.py`.
C(n), S and I say how sure a fact is: n sources, one, inferred.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

from orjson import dumps

from capi_jobs.model import Answer, Call, Conversion, Outcome, RowFault
from capi_jobs.platforms import (
    Limits,
    MatchKey,
    Platform,
    Target,
    tiktok_answers,
    words,
)
from capi_jobs.platforms import writing as write

# ── What it takes ───────────────────────────────────────────────────────────────

_CLICK_WINDOW = timedelta(days=28)

_LIMITS = Limits(
    events_per_batch_max=1000,  # C(3)
    # Not published; Tealium stays at 1 MB.
    body_bytes_max=1_000_000,
    event_age_max={
        # Not confirmed. Own choice: what the two other platforms take.
        "web": timedelta(days=7),
        "app": timedelta(days=7),
        "offline": timedelta(days=28),  # C(2)
    },
    # 28 days is the click attribution window; older events match nothing (S).
    event_age_ceiling={
        "web": _CLICK_WINDOW,
        "app": _CLICK_WINDOW,
        "offline": _CLICK_WINDOW,
    },
    future_max=timedelta(seconds=60),  # Not published; a small skew (I)
    dedup_window=timedelta(hours=48),  # C(3), from the first copy
    dedup_window_ceiling=timedelta(hours=48),  # No source knows a longer one
    requests_per_second_max=1000.0,  # C(2); the lowest of the three published figures
    batch_is_atomic=True,  # C(2): the message names the first bad event
)

# fmt: off
# Left out: idfa and gaid, which one source hashes and another does not; a wrong form
# would match nobody. Names and zip take one text, no list; places are not hashed.
_MATCH_KEYS = (
    MatchKey("email", "email", "email", hashed=True, many=True),
    MatchKey("phone", "phone", "phone_plus", hashed=True, many=True),
    MatchKey("external_id", "customer_id", "external_id", hashed=True, many=True),
    MatchKey("first_name", "first_name", "name_compact", hashed=True),
    MatchKey("last_name", "last_name", "name_compact", hashed=True),
    MatchKey("zip_code", "zip", "zip", hashed=True),
    MatchKey("city", "city", "city", hashed=False),
    MatchKey("state", "state", "state", hashed=False),
    MatchKey("country", "country", "country", hashed=False),
    MatchKey("ttclid", "ttclid", "click_id", hashed=False),
    MatchKey("ttp", "ttp", "click_id", hashed=False),
    MatchKey("ip", "ip", "ip", hashed=False),
    MatchKey("user_agent", "user_agent", "user_agent", hashed=False),
)
# fmt: on

# Each finds a person alone; place, name and zip code do not.
_STRONG = words("email phone external_id ttclid ttp")
_STRONG_OFFLINE = words("email phone external_id")  # C(1): Segment enforces it
# Not refused without any, but not usable either: no match, no attribution (I).
_STRONG_TOGETHER = words("ip user_agent")

_STANDARD_EVENTS = words(
    """
    AddPaymentInfo AddToCart AddToWishlist ApplicationApproval CompleteRegistration
    Contact CustomizeProduct Download FindLocation InitiateCheckout Lead Purchase
    Schedule Search StartTrial SubmitApplication Subscribe ViewContent Pageview
    CompletePayment SubmitForm ClickButton PlaceAnOrder
    """
)
_CUSTOM_EVENT = re.compile(r"[A-Za-z0-9_]+")  # C(2)

_OFFLINE = MappingProxyType(
    dict.fromkeys(("store", "phone", "email", "chat", "other"), "offline")
)


class TikTok:
    """One event source a request, named in the body; the token is a header."""

    name: str = "tiktok"
    base_url: str = "https://business-api.tiktok.com"
    api_version: str = "v1.3"
    versions: Mapping[str, date | None] = MappingProxyType({"v1.3": None})
    limits: Limits = _LIMITS
    match_keys: Sequence[MatchKey] = _MATCH_KEYS
    # No "crm": its events need a lead_id, which orders do not have.
    sources: Mapping[str, Mapping[str, str]] = MappingProxyType(
        {
            "web": MappingProxyType({"web": "web"}),
            "app": MappingProxyType({"app": "app"}),
            "offline": _OFFLINE,
        }
    )
    app_sources: frozenset[str] = frozenset({"app"})  # C(4)
    event_names: Mapping[str, str] = MappingProxyType({})  # Our names are TikTok's
    # Renamed on 2025-05-01; the old names are still converted. S
    aliases: Mapping[str, str] = MappingProxyType(
        {"CompletePayment": "Purchase", "SubmitForm": "Lead"}
    )
    reserved: frozenset[str] = words(
        """
        value currency contents content_ids content_type num_items order_id shop_id
        description query search_string status delivery_category predicted_ltv
        content_id content_name content_category price quantity brand
        """
    )

    def eligible(self, conversion: Conversion) -> RowFault | None:
        return write.first_fault(conversion, _CHECKS)

    def event(self, conversion: Conversion) -> bytes:
        written: dict[str, object] = {
            "event": conversion.event_name,
            "event_time": write.seconds(conversion.event_time),
            # A JSON number would be refused as 40002.
            "event_id": conversion.event_id,
            "user": _user(conversion),
            "properties": _properties(conversion),
        }
        if conversion.source == "web":
            written["page"] = {"url": conversion.page_url}
        if conversion.source == "app":
            written["app"] = _app(conversion)
        if conversion.limited_data_use:
            written["limited_data_use"] = True
        return dumps(written)

    def call(self, events: Sequence[bytes], target: Target, token: str) -> Call:
        path = ("open_api", target.api_version, "event", "track", "")
        return Call(
            method="POST",
            url=write.hosted(target.base_url, *path),
            headers={"content-type": "application/json", "access-token": token},
            body=write.enveloped(events, _beside(target)),
        )

    def overhead(self, target: Target, token: str) -> int:  # noqa: ARG002 (a header)
        return len(write.enveloped((), _beside(target)))

    def outcomes(self, batch: Sequence[Conversion], answer: Answer) -> list[Outcome]:
        return tiktok_answers.outcomes(len(batch), answer)

    def probe(self, target: Target, token: str) -> Call:
        """Send one event without a name or time: nothing that could be counted."""
        return self.call([b"{}"], replace(target, test_event_code=None), token)

    def probed(self, answer: Answer) -> str:
        return tiktok_answers.probed(answer)

    def pressure(self, answer: Answer) -> float:
        return tiktok_answers.pressure(answer)


# ── What it would refuse ────────────────────────────────────────────────────────


def _unnamed(conversion: Conversion) -> RowFault | None:
    name, source = conversion.event_name, conversion.source
    if name in _STANDARD_EVENTS:
        return None
    # Offline event sets take standard names only (S).
    if source != "offline" and _CUSTOM_EVENT.fullmatch(name):
        return None
    return RowFault("event_name_not_supported", f"{source} events cannot be so named")


def _missing_by_source(conversion: Conversion) -> RowFault | None:
    if conversion.source == "web":
        return write.missing_page_url(conversion)
    if conversion.source == "app" and not conversion.app.get("app_id"):
        return RowFault("app_details_missing", "an app event needs app_id")
    return None


def _limits_on_use(conversion: Conversion) -> RowFault | None:
    """Find what `limited_data_use` cannot be said of (S): offline, or no IP."""
    if not conversion.limited_data_use:
        return None
    if conversion.source == "offline":
        return RowFault(
            "limited_data_use_not_supported", "offline events cannot be limited"
        )
    if "ip" not in conversion.match_keys:
        return RowFault("limited_data_use_needs_ip", "a limited event needs the ip")
    return None


def _too_little(conversion: Conversion) -> RowFault | None:
    present = conversion.match_keys.keys()
    if conversion.source == "offline":
        if not _STRONG_OFFLINE.isdisjoint(present):
            return None
        return write.not_enough_identifiers("email, phone or external_id")
    if not _STRONG.isdisjoint(present) or present >= _STRONG_TOGETHER:
        return None
    return write.not_enough_identifiers(
        "email, phone, external_id, ttclid, ttp, or ip and user_agent"
    )


_CHECKS = (
    _unnamed,
    write.unwritable,
    _missing_by_source,
    _limits_on_use,
    _too_little,
)

# ── How it is written ───────────────────────────────────────────────────────────


def _user(conversion: Conversion) -> Mapping[str, object]:
    if conversion.source != "app":
        return conversion.match_keys
    user: dict[str, object] = dict(conversion.match_keys)
    if locale := conversion.app.get("locale"):
        user["locale"] = locale
    consent = conversion.app.get("att_consent")
    if conversion.app.get("app_platform") == "ios" and consent is not None:
        user["att_status"] = "AUTHORIZED" if consent is True else "DENIED"
    return user


def _properties(conversion: Conversion) -> dict[str, object]:
    properties: dict[str, object] = {
        "value": write.exact(conversion.value),
        "currency": conversion.currency,
        "order_id": conversion.order_id,
    }
    if conversion.custom:
        properties = {**conversion.custom, **properties}
    if items := conversion.items:
        properties["content_type"] = "product"
        properties["content_ids"] = [item.sku for item in items]
        properties["contents"] = write.contents(
            items, "content_id", "quantity", "price", "content_name"
        )
        properties["num_items"] = write.num_items(items)
    return properties


def _app(conversion: Conversion) -> dict[str, object]:
    app: dict[str, object] = {"app_id": conversion.app.get("app_id")}
    if version := conversion.app.get("app_version"):
        app["app_version"] = version
    return app


def _beside(target: Target) -> dict[str, object]:
    return {
        "event_source": target.source or "web",
        "event_source_id": target.account,
        "test_event_code": target.test_event_code,
    }


PLATFORM: Platform = TikTok()
