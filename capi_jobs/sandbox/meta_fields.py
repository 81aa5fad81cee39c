"""Meta's fields: which there are and what each must hold. The rules are in meta.py."""

import re
from collections.abc import Mapping

from .fields import (
    Rule,
    Table,
    is_amount,
    is_bool,
    is_currency_in_any_case,
    is_extinfo,
    is_flag,
    is_ip,
    is_number,
    is_object,
    is_quantity,
    is_raw,
    is_raw_or_sha256,
    is_text,
    is_text_list,
    is_url,
    is_whole,
    one_or_more,
)
from .wire import Json, Kind

ACTION_SOURCES = frozenset(
    {
        "email",
        "website",
        "app",
        "phone_call",
        "chat",
        "physical_store",
        "system_generated",
        "business_messaging",
        "other",
    }
)
# The parameter builder may append a suffix of 2 or 8 characters, telling its origin.
_sha256 = re.compile(r"([0-9a-f]{64})(\.[A-Za-z0-9_-]{2,8})?\Z").match
_SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# fb.{subdomain index}.{creation in ms}.{fbclid, or random digits}
_fbc = re.compile(r"fb\.[0-9]\.[0-9]{13}\.[A-Za-z0-9_.-]+\Z").match
_fbp = re.compile(r"fb\.[0-9]\.[0-9]{13}\.[0-9]+(\.[A-Za-z0-9_-]{2,8})?\Z").match
_lead_id = re.compile(r"[0-9]{15,16}\Z").match  # lead ads give 15 or 16 digits
# 0 lets Meta find the state; then California to Rhode Island.
_STATES = frozenset({0, *range(1000, 1004), *range(1004, 1014)})


def is_sha256(value: object) -> bool:
    if type(value) is not str:
        return False
    match = _sha256(value)
    return match is not None and match[1] != _SHA256_OF_NOTHING


def is_fbc(value: object) -> bool:
    return type(value) is str and _fbc(value) is not None


def is_fbp(value: object) -> bool:
    return type(value) is str and _fbp(value) is not None


def is_lead_id(value: object) -> bool:
    return type(value) in {int, str} and _lead_id(str(value)) is not None


def is_options(value: object) -> bool:
    return value in ([], ["LDU"])


TEXT = Rule(is_text, "must be a text")
TEXTS = Rule(is_text_list, "must be a list of texts")
FLAG = Rule(is_flag, "must be 0 or 1")
AMOUNT = Rule(is_amount, "must be a number that is not negative")
OBJECT = Rule(is_object, "must be an object")
HASHED = Rule(
    one_or_more(is_sha256),
    "must be the lower-case hex SHA-256 of a normalised value",
    Kind.UNHASHED,
)
UNHASHED = Rule(is_raw, "must be a text that is not hashed")
ID = Rule(lambda value: is_text(value) or is_whole(value), "must be an id")
URL = Rule(is_url, "must be a URL")

EVENT: Table = {
    "event_name": TEXT,
    "event_time": Rule(is_whole, "must be whole Unix seconds"),
    "event_id": TEXT,
    "action_source": Rule(
        lambda value: isinstance(value, str) and value in ACTION_SOURCES,
        "must be one of " + ", ".join(sorted(ACTION_SOURCES)),
    ),
    "event_source_url": URL,
    "referrer_url": TEXT,
    "user_data": OBJECT,
    "custom_data": OBJECT,
    "app_data": OBJECT,
    "original_event_data": OBJECT,
    "opt_out": Rule(is_bool, "must be true or false"),
    "data_processing_options": Rule(is_options, 'must be [] or ["LDU"]'),
    "data_processing_options_country": FLAG,
    "data_processing_options_state": Rule(
        lambda value: type(value) is int and value in _STATES,
        "must be 0 or the number of a state",
    ),
}
HASHED_FIELDS = frozenset(
    {
        *("em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"),
        *("f5first", "f5last", "fi", "dobd", "dobm", "doby"),
    }
)
# What a messaging event is told by: one of them, at least.
MESSAGING_IDS = (
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_account_id",
    "ig_sid",
)
USER: Mapping[str, Rule] = {
    **dict.fromkeys(HASHED_FIELDS, HASHED),
    "external_id": Rule(
        one_or_more(is_raw_or_sha256), "must be an id, never the hash of nothing"
    ),
    "client_ip_address": Rule(is_ip, "must be an IP address that is not hashed"),
    "client_user_agent": UNHASHED,
    "fbc": Rule(is_fbc, "must be fb.{index}.{creation in ms}.{fbclid}"),
    "fbp": Rule(is_fbp, "must be fb.{index}.{creation in ms}.{digits}"),
    "subscription_id": UNHASHED,
    **dict.fromkeys(("fb_login_id", *MESSAGING_IDS), ID),
    "lead_id": Rule(is_lead_id, "must have 15 or 16 digits", Kind.LEAD),
    "anon_id": UNHASHED,
    "madid": UNHASHED,
}
CUSTOM: Table = {
    "value": AMOUNT,
    "currency": Rule(is_currency_in_any_case, "must be a currency of ISO 4217"),
    "content_ids": TEXTS,
    "content_type": Rule(
        lambda value: (
            value in {"product", "product_group"} if isinstance(value, str) else False
        ),
        "must be product or product_group",
    ),
    "content_name": TEXT,
    "content_category": TEXT,
    "num_items": Rule(is_quantity, "must be a whole number"),
    "order_id": TEXT,
    "item_number": TEXT,
    "predicted_ltv": Rule(is_number, "must be a number"),
    "net_revenue": Rule(is_number, "must be a number"),
    "search_string": TEXT,
    "delivery_category": Rule(
        lambda value: (
            isinstance(value, str)
            and value in {"in_store", "curbside", "home_delivery"}
        ),
        "must be in_store, curbside or home_delivery",
    ),
}
ITEM: Table = {
    "id": TEXT,
    "quantity": Rule(is_quantity, "must be a whole number"),
    "item_price": AMOUNT,
    "title": TEXT,
    "brand": TEXT,
    "category": TEXT,
}
APP: Table = {
    "advertiser_tracking_enabled": FLAG,
    "application_tracking_enabled": FLAG,
    "extinfo": Rule(is_extinfo, "must be sixteen texts, with slots 0 and 4 filled"),
}
# A user who is known by nothing beyond one of these sets is not known at all.
TOO_LITTLE: tuple[frozenset[str], ...] = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)


def identifies(user: Json) -> bool:
    keys = user.keys() & IDENTIFYING
    return not any(keys <= little for little in TOO_LITTLE)


IDENTIFYING = frozenset(USER)
