"""What the platforms write alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.model import Item, RowFault
from capi_jobs.platforms.writing import (
    enveloped,
    extinfo,
    hosted,
    plain,
    seconds,
    tracking_allowed,
    unwritable,
)
from tests.paper import ORDER, converted


@pytest.mark.parametrize(
    ("amount", "text"),
    [("10.10", "10.10"), ("1E+3", "1000"), ("1E-7", "0.0000001"), ("0.00", "0.00")],
)
def test_money_is_written_without_exponent(amount: str, text: str) -> None:
    assert text == plain(Decimal(amount))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_amount_is_written_as_its_plain_digits(amount: Decimal) -> None:
    assert format(amount, "f") == plain(amount)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(2026, 11, 20, 10, 15, 30, 999_999, tzinfo=UTC), 1795169730),
        (datetime(2026, 11, 20, 12, tzinfo=timezone(timedelta(hours=2))), 1795168800),
        (datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC), -1),
    ],
)
def test_seconds_are_cut(moment: datetime, expected: int) -> None:
    assert expected == seconds(moment)


def test_written_events_are_joined_and_not_written_again() -> None:
    odd = b'{"value": 10.10 }'
    assert enveloped([odd, odd], {}) == b'{"data":[' + odd + b"," + odd + b"]}"


def test_what_is_none_stays_out_of_the_envelope() -> None:
    assert enveloped([], {"a": None, "b": "ü"}) == '{"data":[],"b":"ü"}'.encode()


def test_a_segment_of_a_url_cannot_break_out() -> None:
    expected = "http://host/base/v1/a%2F..%3Fx%23/events"
    assert expected == hosted("http://host/base/", "v1", "a/..?x#", "events")


def test_extinfo_has_sixteen_texts() -> None:
    app = {"app_platform": "ios", "os_version": "18.1", "app_id": None}
    assert ["i2", "", "", "", "18.1", *[""] * 11] == extinfo(app)


@pytest.mark.parametrize(
    ("platform", "consent", "allowed"),
    [
        ("ios", True, 1),
        ("ios", False, 0),
        ("ios", None, 0),
        ("android", True, 1),
        ("android", False, 0),
        ("android", None, 1),
    ],
)
def test_silence_allows_no_tracking_on_ios(
    platform: str, consent: bool | None, allowed: int
) -> None:
    app = {"app_platform": platform, "att_consent": consent}
    assert allowed == tracking_allowed(app)


_HALF = "a\ud83d"


@pytest.mark.parametrize(
    "change",
    [
        {"order_id": _HALF},
        {"event_id": _HALF},
        {"event_name": _HALF},
        {"page_url": _HALF},
        {"match_keys": {"em": _HALF}},
        {"match_keys": {"em": ("ok", _HALF)}},
        {"items": (Item(_HALF, 1, None),)},
        {"items": (Item("TEA", 1, None, _HALF),)},
        {"custom": {_HALF: "x"}},
        {"custom": {"x": _HALF}},
        {"app": {"app_id": _HALF, "att_consent": True}},
    ],
    ids=str,
)
def test_half_a_surrogate_pair_is_found_wherever_it_stands(
    change: dict[str, Any],
) -> None:
    made = replace(converted(ORDER), **change)

    assert unwritable(converted(ORDER)) is None
    assert unwritable(made) == RowFault(
        "text_not_unicode", "a text has half a surrogate pair"
    )
