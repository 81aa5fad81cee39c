"""Tokens and accounts are asked for before anything else is judged."""

import pytest

from tests.sandbox.builders import ACCOUNTS, EVENTS, Shop, meta_event, ok
from tests.sandbox.conftest import shop_of

PLATFORMS = ["meta", "tiktok", "snapchat"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_only_listed_tokens_are_valid(platform: str) -> None:
    shop = shop_of(tokens=frozenset({"real-looking", "wrong-looking"}))
    event = EVENTS[platform]()

    answers = [
        ok(shop.send(platform, event, token=token))
        for token in ("real-looking", "wrong-looking", "another", "")
    ]

    assert answers == [True, True, False, False]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_without_a_list_a_token_is_valid_unless_it_says_it_is_not(
    platform: str,
) -> None:
    shop, event = shop_of(), EVENTS[platform]()

    answers = [
        ok(shop.send(platform, event, token=token))
        for token in ("any", "EAAB-123", "a-WRONG-one", "expired-token", "")
    ]

    assert answers == [True, True, False, False, False]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_only_listed_accounts_exist(platform: str) -> None:
    listed = shop_of(accounts={platform: frozenset({ACCOUNTS[platform]})})
    other = shop_of(accounts={platform: frozenset({"5"})})

    assert ok(listed.send(platform, EVENTS[platform]()))
    assert not ok(other.send(platform, EVENTS[platform]()))


def test_metas_token_may_stand_in_query_or_header(shop: Shop) -> None:
    body = {"data": [meta_event()]}
    url = "/v26.0/1/events"
    header = {"Authorization": "Bearer sandbox-1"}

    assert ok(shop.client.post(url, params={"access_token": "sandbox-1"}, json=body))
    assert ok(shop.client.post(url, headers=header, json=body))
    assert not ok(shop.client.post(url, json=body))
