"""Paths lead to platforms; nothing a client sends breaks the server."""

import copy
import gzip
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.builders import EM, EVENTS, Shop, edited, meta_event, ok
from tests.sandbox.conftest import shop_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from([EM, "USD", "website", "1e400", "fb.1.1.1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "value", "0", "contents"]), inner)
    ),
    max_leaves=5,
)


@cache
def shared_shop() -> Shop:
    """Make one for all examples: each starts with a reset, which is faster."""
    return shop_of()


def paths(value: object, at: str = "") -> Iterator[str]:
    """The path of every field, holders included."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for name, inner in pairs:
        yield f"{at}{name}"
        yield from paths(inner, f"{at}{name}.")


@pytest.mark.parametrize("platform", ["meta", "tiktok", "snapchat"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_is_judged_and_never_repeated(
    platform: str, data: st.DataObject
) -> None:
    shop = shared_shop()
    path = data.draw(st.sampled_from(list(paths(EVENTS[platform]()))))
    value = data.draw(JSON)
    event = edited(copy.deepcopy(EVENTS[platform]()), path, value)
    shop.client.delete("/sandbox")
    answer = shop.send(platform, event)

    assert answer.status_code in {200, 400}
    assert int(ok(answer)) == shop.count(platform)


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=40) | JSON.map(orjson.dumps))
def test_any_body_is_refused_in_the_platforms_words(body: bytes) -> None:
    shop = shared_shop()
    headers = {"Access-Token": "sandbox-1", "Authorization": "Bearer sandbox-1"}
    meta = shop.client.post("/v26.0/1/events", content=body, headers=headers)
    tiktok = shop.client.post(
        "/open_api/v1.3/event/track/", content=body, headers=headers
    )
    snapchat = shop.client.post("/v3/1/events", content=body, headers=headers)

    assert meta.json()["error"]["code"] == 100
    assert tiktok.json()["code"] == 40002
    assert snapchat.json()["status"] == "INVALID"


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        ("meta", "/v26.0/1/events"),
        ("tiktok", "/open_api/v1.3/event/track/"),
        ("snapchat", "/v3/pixel/events"),
    ],
)
@pytest.mark.parametrize("prefixed", [False, True])
def test_each_platform_answers_with_and_without_its_prefix(
    shop: Shop, platform: str, path: str, prefixed: bool
) -> None:
    body = {
        "data": [EVENTS[platform]()],
        "event_source": "web",
        "event_source_id": "P",
    }
    headers = {"Access-Token": "sandbox-1", "Authorization": "Bearer sandbox-1"}
    url = f"/{platform}{path}" if prefixed else path

    assert ok(shop.client.post(url, json=body, headers=headers))
    assert shop.count(platform) == 1


def test_a_body_beyond_the_limit_is_413() -> None:
    shop = shop_of(body_bytes_max=100)

    assert shop.meta(meta_event()).status_code == 413


def test_a_small_zip_of_a_body_beyond_the_limit_is_413() -> None:
    shop = shop_of(body_bytes_max=10_000)
    body = gzip.compress(b" " * 10_001)
    headers = {"Content-Encoding": "gzip"}

    assert (
        shop.client.post("/v3/1/events", content=body, headers=headers).status_code
        == 413
    )


def test_a_test_client_sees_a_dropped_connection_as_an_error(shop: Shop) -> None:
    shop.fault(do="drop_after")

    with pytest.raises(ConnectionResetError):
        shop.meta(meta_event())
    assert shop.count("meta") == 1
