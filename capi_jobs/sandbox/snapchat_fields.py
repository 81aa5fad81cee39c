"""Snapchat's fields: what each must hold. The rules are in snapchat.py."""

import re
from collections.abc import Mapping

from .fields import (
    Rule,
    Table,
    is_amount,
    is_bool,
    is_currency,
    is_extinfo,
    is_flag,
    is_ip,
    is_object,
    is_raw,
    is_raw_or_sha256,
    is_sha256,
    is_text,
    is_text_list,
    is_url,
    is_whole,
    one_or_more,
)
from .wire import Kind

_decimal = re.compile(r"[0-9]+(\.[0-9]+)?\Z").match

EVENT_NAMES = frozenset(
    {
        *(
            "PURCHASE",
            "SAVE",
            "START_CHECKOUT",
            "ADD_CART",
            "VIEW_CONTENT",
            "ADD_BILLING",
        ),
        *(
            "SIGN_UP",
            "SEARCH",
            "PAGE_VIEW",
            "SUBSCRIBE",
            "AD_CLICK",
            "AD_VIEW",
            "SHARE",
        ),
        *("COMPLETE_TUTORIAL", "LEVEL_COMPLETE", "INVITE", "LOGIN", "RESERVE", "RATE"),
        *("ACHIEVEMENT_UNLOCKED", "ADD_TO_WISHLIST", "SPENT_CREDITS", "START_TRIAL"),
        *("LIST_VIEW", "APP_INSTALL", "APP_OPEN"),
        *(f"CUSTOM_EVENT_{number}" for number in range(1, 6)),
    }
)
# Documented in upper case; the aliases are what Snap's partners send.
TYPES: Mapping[str, str] = {
    "WEB": "web",
    "WEBSITE": "web",
    "MOBILE_APP": "app",
    "APP": "app",
    **dict.fromkeys(
        ("OFFLINE", "PHYSICAL_STORE", "EMAIL", "PHONE_CALL", "CHAT", "OTHER"), "offline"
    ),
    "SYSTEM_GENERATED": "offline",
}


def is_value(value: object) -> bool:
    """Take a number or, as in the official sample, its text; never below zero."""
    return is_amount(value) or (isinstance(value, str) and _decimal(value) is not None)


def is_event_name(value: object) -> bool:
    return isinstance(value, str) and value.upper() in EVENT_NAMES


def is_source(value: object) -> bool:
    return isinstance(value, str) and value.upper() in TYPES


TEXT = Rule(is_text, "must be a text")
OBJECT = Rule(is_object, "must be an object")
VALUE = Rule(is_value, "must be a number that is not negative")
FLAG = Rule(is_flag, "must be 0 or 1")
RAW = Rule(is_raw, "must be a text that is not hashed")
HASHED = Rule(
    one_or_more(is_sha256),
    "must be the lower-case hex SHA-256 of a normalised value",
    Kind.UNHASHED,
)
EVENT: Table = {
    "event_name": Rule(is_event_name, "must be an event name that Snap knows"),
    "event_time": Rule(is_whole, "must be whole Unix seconds or milliseconds"),
    "action_source": Rule(is_source, "must be WEB, MOBILE_APP or OFFLINE"),
    "event_source_url": Rule(is_url, "must be a URL"),
    "event_id": TEXT,
    "user_data": OBJECT,
    "custom_data": OBJECT,
    "app_data": OBJECT,
    "data_processing_options": Rule(is_text_list, "must be a list of texts"),
    "opt_out": Rule(is_bool, "must be true or false"),
    "integration": TEXT,
}
USER: Table = {
    **dict.fromkeys(
        ("em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"), HASHED
    ),
    "external_id": Rule(
        one_or_more(is_raw_or_sha256), "must be an id, never the hash of nothing"
    ),
    "client_ip_address": Rule(is_ip, "must be an IP address that is not hashed"),
    "client_user_agent": RAW,
    "sc_click_id": TEXT,
    "sc_cookie1": TEXT,
    "madid": RAW,
    "idfv": RAW,
}
CUSTOM: Table = {
    "currency": Rule(is_currency, "must be a currency of ISO 4217 in upper case"),
    "value": VALUE,
    "order_id": TEXT,
    "content_ids": Rule(is_text_list, "must be a list of texts"),
}
ITEM: Table = {
    "id": TEXT,
    "quantity": VALUE,
    "item_price": VALUE,
}
APP: Table = {
    "advertiser_tracking_enabled": FLAG,
    "extinfo": Rule(is_extinfo, "must be sixteen texts, with slots 0 and 4 filled"),
}
