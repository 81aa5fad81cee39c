"""Snapchat's Conversions API v3: what it takes and how it is written.

Pure. What its answers mean is `snapchat_answers.py`; normal forms live in
`identity.py`. C(n), S and I say how sure a fact is: n sources, one, inferred.
"""

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
    snapchat_answers,
    words,
)
from capi_jobs.platforms import writing as write

# ── What it takes ───────────────────────────────────────────────────────────────

_SOURCES = ("WEB", "OFFLINE", "MOBILE_APP")

_LIMITS = Limits(
    events_per_batch_max=2000,  # C(4)
    # Not published; Tealium keeps to 2 MB (S).
    body_bytes_max=2_000_000,
    event_age_max=dict.fromkeys(_SOURCES, timedelta(days=7)),  # C(4)
    # The introduction says so, against the parameters' page: C(3), one origin.
    event_age_ceiling=dict.fromkeys(_SOURCES, timedelta(days=37)),
    future_max=timedelta(seconds=60),  # Not published; a small skew (I)
    dedup_window=timedelta(hours=48),  # C(3), by event id
    # By order_id, which is always sent: C(2), for PURCHASE only.
    dedup_window_ceiling=timedelta(days=30),
    requests_per_second_max=10.0,  # S-C(2); more only by agreement
    # Not documented; one position in a refusal points to all or nothing (I).
    batch_is_atomic=True,
)

# fmt: off
_MATCH_KEYS = (
    MatchKey("em", "email", "email", hashed=True, many=True),
    MatchKey("ph", "phone", "phone_digits", hashed=True, many=True),
    MatchKey("fn", "first_name", "name", hashed=True, many=True),
    MatchKey("ln", "last_name", "name", hashed=True, many=True),
    MatchKey("ge", "gender", "gender", hashed=True, many=True),
    MatchKey("db", "date_of_birth", "date", hashed=True, many=True),
    MatchKey("ct", "city", "city", hashed=True, many=True),
    MatchKey("st", "state", "state", hashed=True, many=True),
    MatchKey("zp", "zip", "zip", hashed=True, many=True),
    MatchKey("country", "country", "country", hashed=True, many=True),
    MatchKey("external_id", "customer_id", "external_id", hashed=True, many=True),
    MatchKey("client_ip_address", "ip", "ip", hashed=False),
    MatchKey("client_user_agent", "user_agent", "user_agent", hashed=False),
    MatchKey("sc_click_id", "sc_click_id", "click_id", hashed=False),
    MatchKey("sc_cookie1", "sc_cookie1", "click_id", hashed=False),
    MatchKey("madid", "madid", "madid", hashed=False),
)
# fmt: on

# C(4): one of these, or IP and user agent together.
_STRONG = words("em ph madid")
_STRONG_TOGETHER = words("client_ip_address client_user_agent")

# C(3). No LEAD, no REFUND, and no free names.
_EVENT_NAMES = words(
    """
    PURCHASE SAVE START_CHECKOUT ADD_CART VIEW_CONTENT ADD_BILLING SIGN_UP SEARCH
    PAGE_VIEW SUBSCRIBE AD_CLICK AD_VIEW COMPLETE_TUTORIAL LEVEL_COMPLETE INVITE LOGIN
    SHARE RESERVE ACHIEVEMENT_UNLOCKED ADD_TO_WISHLIST SPENT_CREDITS RATE START_TRIAL
    LIST_VIEW APP_INSTALL APP_OPEN CUSTOM_EVENT_1 CUSTOM_EVENT_2 CUSTOM_EVENT_3
    CUSTOM_EVENT_4 CUSTOM_EVENT_5
    """
)
_OFFLINE = dict.fromkeys(("store", "phone", "email", "chat", "other"), "OFFLINE")


class Snapchat:
    """One pixel or app a request; the token is in the URL, which no log may show."""

    name: str = "snapchat"
    base_url: str = "https://tr.snapchat.com"
    api_version: str = "v3"
    versions: Mapping[str, date | None] = MappingProxyType({"v3": None})
    limits: Limits = _LIMITS
    match_keys: Sequence[MatchKey] = _MATCH_KEYS
    # A pixel takes web and offline, an app id takes the app's. C(4)
    sources: Mapping[str, Mapping[str, str]] = MappingProxyType(
        {
            "web": MappingProxyType({"web": "WEB", **_OFFLINE}),
            "app": MappingProxyType({"app": "MOBILE_APP"}),
        }
    )
    app_sources: frozenset[str] = frozenset()
    event_names: Mapping[str, str] = MappingProxyType(
        {
            "Purchase": "PURCHASE",
            "AddPaymentInfo": "ADD_BILLING",
            "AddToCart": "ADD_CART",
            "AddToWishlist": "ADD_TO_WISHLIST",
            "CompleteRegistration": "SIGN_UP",
            "InitiateCheckout": "START_CHECKOUT",
            "PageView": "PAGE_VIEW",
            "Search": "SEARCH",
            "StartTrial": "START_TRIAL",
            "Subscribe": "SUBSCRIBE",
            "ViewContent": "VIEW_CONTENT",
        }
    )
    aliases: Mapping[str, str] = MappingProxyType({})
    # Custom properties have a map of their own, where nothing collides.
    reserved: frozenset[str] = frozenset()

    def eligible(self, conversion: Conversion) -> RowFault | None:
        return write.first_fault(conversion, _CHECKS)

    def event(self, conversion: Conversion) -> bytes:
        written: dict[str, object] = {
            "event_name": conversion.event_name,
            # Seconds as in the official example; milliseconds would pass too.
            "event_time": write.seconds(conversion.event_time),
            "event_id": conversion.event_id,
            "action_source": conversion.source,
            "user_data": conversion.match_keys,
            "custom_data": _custom_data(conversion),
        }
        if conversion.source == "WEB":
            written["event_source_url"] = conversion.page_url
        if conversion.source == "MOBILE_APP":
            written["app_data"] = _app_data(conversion.app)
        if conversion.limited_data_use:
            # The documents say LMU, Snap's own SDK LDU: the documents win.
            written["data_processing_options"] = ["LMU"]
        return dumps(written)

    def call(self, events: Sequence[bytes], target: Target, token: str) -> Call:
        return Call(
            method="POST",
            url=_url(target, token, "events"),
            headers={"content-type": "application/json"},
            body=write.enveloped(events, _beside(target)),
        )

    def overhead(self, target: Target, token: str) -> int:  # noqa: ARG002 (in the URL)
        return len(write.enveloped((), _beside(target)))

    def outcomes(self, batch: Sequence[Conversion], answer: Answer) -> list[Outcome]:
        return snapchat_answers.outcomes(len(batch), answer)

    def probe(self, target: Target, token: str) -> Call:
        """Have an event validated, which counts nothing: C(3). Old, to be sure."""
        call = self.call([_PROBE], replace(target, test_event_code=None), token)
        return replace(call, url=_url(target, token, "events", "validate"))

    def probed(self, answer: Answer) -> str:
        return snapchat_answers.probed(answer)

    def pressure(self, answer: Answer) -> float:
        return snapchat_answers.pressure(answer)


# ── What it would refuse ────────────────────────────────────────────────────────


def _unnamed(conversion: Conversion) -> RowFault | None:
    if conversion.event_name in _EVENT_NAMES:
        return None
    return RowFault("event_name_not_supported", "Snapchat has no event of that name")


def _missing_by_source(conversion: Conversion) -> RowFault | None:
    if conversion.source == "WEB":
        return write.missing_page_url(conversion)
    if conversion.source == "MOBILE_APP":
        return write.missing_app_details(conversion)
    return None


def _too_little(conversion: Conversion) -> RowFault | None:
    present = conversion.match_keys.keys()
    if not _STRONG.isdisjoint(present) or present >= _STRONG_TOGETHER:
        return None
    return write.not_enough_identifiers(
        "em, ph, madid, or client_ip_address and client_user_agent"
    )


_CHECKS = (_unnamed, write.unwritable, _missing_by_source, _too_little)

# ── How it is written ───────────────────────────────────────────────────────────


def _custom_data(conversion: Conversion) -> dict[str, object]:
    data: dict[str, object] = {
        "value": write.exact(conversion.value),
        "currency": conversion.currency,
        # The second deduplication key of a PURCHASE, and the one of 30 days.
        "order_id": conversion.order_id,
    }
    if items := conversion.items:
        data["content_type"] = "product"
        data["content_ids"] = [item.sku for item in items]
        # Documents and SDK type them as text. num_items: they disagree; left out.
        data["contents"] = write.contents_as_text(items, "id", "quantity", "item_price")
    if conversion.custom:
        data["custom_fields"] = conversion.custom
    return data


def _app_data(app: Mapping[str, str | bool | None]) -> dict[str, object]:
    data: dict[str, object] = {
        "advertiser_tracking_enabled": write.tracking_allowed(app),
        "extinfo": write.extinfo(app),
    }
    if app_id := app.get("app_id"):
        data["app_id"] = app_id
    return data


def _url(target: Target, token: str, *path: str) -> str:
    asset = (target.base_url, target.api_version, target.account)
    return f"{write.hosted(*asset, *path)}?access_token={write.query_text(token)}"


def _beside(target: Target) -> dict[str, object]:
    return {"test_event_code": target.test_event_code}


_PROBE = dumps(
    {
        "event_name": "PAGE_VIEW",
        "event_time": write.PROBE_SECONDS,
        "event_id": write.PROBE_ID,
        "action_source": "WEB",
        "event_source_url": "https://example.com/",
        "user_data": {"external_id": [write.PROBE_HASH], "em": [write.PROBE_HASH]},
    }
)


PLATFORM: Platform = Snapchat()
