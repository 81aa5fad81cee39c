"""Meta's Conversions API: what it takes and how it is written.

Pure. What its answers mean is `meta_answers.py`; normal forms and hashing live in
`identity.py`; `docs/add-a-platform.md` walks through this file.
C(n), S and I say how sure a fact is: n sources, one, inferred.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

from orjson import dumps

from capi_jobs.model import Answer, Call, Conversion, Outcome, RowFault
from capi_jobs.platforms import Limits, MatchKey, Platform, Target, meta_answers, words
from capi_jobs.platforms import writing as write

# ── What it takes ───────────────────────────────────────────────────────────────

_WEEK = timedelta(days=7)  # C(4); one older event fails the whole request
_AGES = MappingProxyType(
    {
        "website": _WEEK,
        "app": _WEEK,
        "physical_store": timedelta(days=62),  # C(2)
        "phone_call": _WEEK,
        "email": _WEEK,
        "chat": _WEEK,
        "other": _WEEK,
    }
)

_LIMITS = Limits(
    events_per_batch_max=1000,  # C(4)
    # Not documented. Own cap: four times what 1,000 ordinary events weigh.
    body_bytes_max=4_000_000,
    event_age_max=_AGES,
    event_age_ceiling=_AGES,
    future_max=timedelta(seconds=60),  # Not documented; a small skew passes (I)
    dedup_window=timedelta(hours=48),  # C(3), from the receipt of the first copy
    # Store orders get 7 days (S), but by another key: the stricter holds for all.
    dedup_window_ceiling=timedelta(hours=48),
    # No number is documented (C(2)). Own choice: what eight calls at once make that are
    # answered in 0.2 s; the usage headers slow us down long before a refusal.
    requests_per_second_max=40.0,
    batch_is_atomic=True,  # C(3)
)

# fmt: off
_MATCH_KEYS = (
    MatchKey("em", "email", "email", hashed=True, many=True),
    MatchKey("ph", "phone", "phone_digits", hashed=True, many=True),
    MatchKey("fn", "first_name", "name", hashed=True, many=True),
    MatchKey("ln", "last_name", "name", hashed=True, many=True),
    MatchKey("ct", "city", "city", hashed=True, many=True),
    MatchKey("st", "state", "state", hashed=True, many=True),
    MatchKey("zp", "zip", "zip", hashed=True, many=True),
    MatchKey("country", "country", "country", hashed=True, many=True),
    MatchKey("db", "date_of_birth", "date", hashed=True, many=True),
    MatchKey("ge", "gender", "gender", hashed=True, many=True),
    MatchKey("external_id", "customer_id", "external_id", hashed=True, many=True),
    MatchKey("client_ip_address", "ip", "ip", hashed=False),
    MatchKey("client_user_agent", "user_agent", "user_agent", hashed=False),
    MatchKey("fbc", "fbc", "fbc", hashed=False),
    MatchKey("fbp", "fbp", "fbp", hashed=False),
    MatchKey("madid", "madid", "madid", hashed=False),
)
# fmt: on

# Subsets of these are refused as 2804050, with the whole request. C(2)
_TOO_LITTLE = tuple(
    frozenset(keys.split())
    for keys in (
        "ct country st zp ge client_user_agent",
        "db client_user_agent",
        "fn ge",
        "ln ge",
    )
)
_TOO_LITTLE_MAX = max(map(len, _TOO_LITTLE))

# Names of `custom_data` that mean something to Meta. C(3)
_RESERVED = words(
    """
    value currency content_ids contents content_type content_name content_category
    num_items order_id predicted_ltv net_revenue search_string status
    delivery_category item_number store_data customer_segmentation
    """
)


class Meta:
    """One dataset a request; the token travels in the body, where no proxy logs it."""

    name: str = "meta"
    base_url: str = "https://graph.facebook.com"
    api_version: str = "v26.0"
    # The version table: C(6 localised copies). v26.0's end is not announced.
    versions: Mapping[str, date | None] = MappingProxyType(
        {
            "v26.0": None,
            "v25.0": date(2028, 7, 29),
            "v24.0": date(2028, 2, 18),
            "v23.0": date(2027, 10, 8),
            "v22.0": date(2027, 5, 20),
            "v21.0": date(2027, 1, 21),
            "v20.0": date(2026, 9, 24),
            "v19.0": date(2026, 5, 21),
        }
    )
    limits: Limits = _LIMITS
    match_keys: Sequence[MatchKey] = _MATCH_KEYS
    sources: Mapping[str, Mapping[str, str]] = MappingProxyType(
        {
            "": MappingProxyType(
                {
                    "web": "website",
                    "app": "app",
                    "store": "physical_store",
                    "phone": "phone_call",
                    "email": "email",
                    "chat": "chat",
                    "other": "other",
                }
            )
        }
    )
    app_sources: frozenset[str] = frozenset()
    event_names: Mapping[str, str] = MappingProxyType({})  # Our names are Meta's
    aliases: Mapping[str, str] = MappingProxyType({})
    reserved: frozenset[str] = _RESERVED

    def eligible(self, conversion: Conversion) -> RowFault | None:
        return write.first_fault(conversion, _CHECKS)

    def event(self, conversion: Conversion) -> bytes:
        written: dict[str, object] = {
            "event_name": conversion.event_name,
            "event_time": write.seconds(conversion.event_time),
            "event_id": conversion.event_id,
            "action_source": conversion.source,
            "user_data": conversion.match_keys,
            "custom_data": _custom_data(conversion),
        }
        if conversion.source == "website":
            written["event_source_url"] = conversion.page_url
        if conversion.source == "app":
            written["app_data"] = _app_data(conversion.app)
        if conversion.limited_data_use:
            # 0 and 0: Meta finds country and state by itself.
            written["data_processing_options"] = ["LDU"]
            written["data_processing_options_country"] = 0
            written["data_processing_options_state"] = 0
        return dumps(written)

    def call(self, events: Sequence[bytes], target: Target, token: str) -> Call:
        return Call(
            method="POST",
            url=write.hosted(
                target.base_url, target.api_version, target.account, "events"
            ),
            headers={"content-type": "application/json"},
            body=write.enveloped(events, _beside(target, token)),
        )

    def overhead(self, target: Target, token: str) -> int:
        return len(write.enveloped((), _beside(target, token)))

    def outcomes(self, batch: Sequence[Conversion], answer: Answer) -> list[Outcome]:
        return meta_answers.outcomes(len(batch), answer)

    def probe(self, target: Target, token: str) -> Call:
        """Send one event that is too old: refused whole, so nothing is recorded. S."""
        return self.call([_PROBE], replace(target, test_event_code=None), token)

    def probed(self, answer: Answer) -> str:
        return meta_answers.probed(answer)

    def pressure(self, answer: Answer) -> float:
        return meta_answers.pressure(answer)


# ── What it would refuse ────────────────────────────────────────────────────────


def _missing_by_source(conversion: Conversion) -> RowFault | None:
    if conversion.source == "app":
        return write.missing_app_details(conversion)
    if conversion.source != "website":
        return None
    if fault := write.missing_page_url(conversion):
        return fault
    # One page calls both optional, the requirements page does not: C(2).
    if "client_user_agent" not in conversion.match_keys:
        return RowFault("user_agent_missing", "a web event needs the user agent")
    return None


def _too_little(conversion: Conversion) -> RowFault | None:
    present = conversion.match_keys.keys()
    if len(present) <= _TOO_LITTLE_MAX and any(
        present <= subset for subset in _TOO_LITTLE
    ):
        return write.not_enough_identifiers("more than place, age, gender or one name")
    return None


def _unnamed(conversion: Conversion) -> RowFault | None:
    if conversion.event_name:
        return None
    return RowFault("event_name_not_supported", "an event needs a name")


_CHECKS = (_unnamed, write.unwritable, _missing_by_source, _too_little)

# ── How it is written ───────────────────────────────────────────────────────────


def _custom_data(conversion: Conversion) -> dict[str, object]:
    data: dict[str, object] = {
        "value": write.exact(conversion.value),
        "currency": conversion.currency,
        "order_id": conversion.order_id,
    }
    if conversion.custom:
        data = {**conversion.custom, **data}
    if items := conversion.items:
        data["content_type"] = "product"
        data["content_ids"] = [item.sku for item in items]
        data["contents"] = write.contents(
            items, "id", "quantity", "item_price", "title"
        )
        if conversion.event_name == "InitiateCheckout":  # documented only there
            data["num_items"] = write.num_items(items)
    return data


def _app_data(app: Mapping[str, str | bool | None]) -> dict[str, object]:
    return {
        "advertiser_tracking_enabled": write.tracking_allowed(app),
        # The shop's own consent decided before: without it the order is excluded.
        "application_tracking_enabled": 1,
        "extinfo": write.extinfo(app),
    }


def _beside(target: Target, token: str) -> dict[str, object]:
    return {
        "access_token": token,
        "appsecret_proof": _appsecret_proof(target.app_secret, token),
        "test_event_code": target.test_event_code,
        "partner_agent": target.agent,
        "upload_tag": target.upload_tag,
    }


def _appsecret_proof(app_secret: str | None, token: str) -> str | None:
    """Prove that we know the app's secret, for apps that ask for it. C(2)."""
    if app_secret is None:
        return None
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


# No Purchase and no value: even if Meta took it, it would add to no result.
_PROBE = dumps(
    {
        "event_name": "CapiJobsProbe",
        "event_time": write.PROBE_SECONDS,
        "event_id": write.PROBE_ID,
        "action_source": "website",
        "event_source_url": "https://example.com/",
        "user_data": {
            "external_id": [write.PROBE_HASH],
            "client_user_agent": "capi-jobs",
        },
    }
)

PLATFORM: Platform = Meta()
