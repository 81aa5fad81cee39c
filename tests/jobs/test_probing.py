"""Probes of the sandbox, through the real transport: nothing is ever counted."""

import httpx
import pytest

from capi_jobs.config import Credentials, Destination
from capi_jobs.jobs.probing import probe
from capi_jobs.platforms import NAMES
from capi_jobs.sandbox import SandboxSettings, running
from tests.shop import ACCOUNTS, TOKEN

each_platform = pytest.mark.parametrize("platform", NAMES)
ONLY_OURS = SandboxSettings(
    accounts={name: frozenset({account}) for name, account in ACCOUNTS.items()}
)


def _destination(platform: str, url: str, **changes: object) -> Destination:
    told = {
        "name": "probed",
        "platform": platform,
        "account": ACCOUNTS[platform],
        "token": "env:UNUSED",
        "base_url": url,
    }
    return Destination.model_validate(told | changes)


def _counted(url: str) -> int:
    answer = httpx.get(f"{url}/sandbox/counted").json()
    return sum(len(one["events"]) for one in answer.values())


@each_platform
def test_right_ones_are_said_to_be_right_and_nothing_is_counted(platform: str) -> None:
    with running(ONLY_OURS) as url:
        ok, words = probe(_destination(platform, url), Credentials(TOKEN))
        assert _counted(url) == 0
    assert ok, words
    assert "probe" in words


@each_platform
def test_a_wrong_token_is_found_and_never_shown(platform: str) -> None:
    with running(ONLY_OURS) as url:
        ok, words = probe(_destination(platform, url), Credentials("a-wrong-one"))
        assert _counted(url) == 0
    assert (ok, "token" in words, "a-wrong-one" in words) == (False, True, False)


@each_platform
def test_a_wrong_account_is_found(platform: str) -> None:
    with running(ONLY_OURS) as url:
        destination = _destination(platform, url, account="9876543210")
        ok, words = probe(destination, Credentials(TOKEN))
    assert not ok
    assert "account" in words or "dataset" in words or "permitted" in words, words


@each_platform
def test_nobody_listening_is_no_verdict(platform: str) -> None:
    with running() as url:
        pass
    ok, words = probe(_destination(platform, url), Credentials(TOKEN))
    assert (ok, words.partition(":")[0]) == (False, "no answer from 127.0.0.1")


def test_an_answer_without_a_meaning_is_no_verdict() -> None:
    fault = {"platform": "meta", "do": "html"}
    with running() as url:
        httpx.post(f"{url}/sandbox/faults", json=[fault]).raise_for_status()
        ok, words = probe(_destination("meta", url), Credentials(TOKEN))
    assert not ok
    assert words.startswith("meta answered a probe with HTTP 502, which neither")
