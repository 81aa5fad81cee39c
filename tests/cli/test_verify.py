"""`verify` as it is typed: the table, the bars, the JSON and the exit codes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.shop import TOKEN, Shop, orders, shop_in

DOCS = Path(__file__).parents[2] / "docs" / "arrival.md"
PROMPT = '[destinations.arrival]\ndelay = "0s"\n'


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A hundred orders were sent, and one of them was lost without a word."""
    with shop_in(tmp_path_factory.mktemp("lossy")) as shop:
        shop.configure(platforms=("meta", "tiktok"), per_destination=PROMPT)
        shop.fill(orders(100))
        shop.faults({"do": "lose", "platform": "meta", "each": 100})
        shop.run()
        yield shop


def test_the_table_sets_ours_beside_theirs(lossy: Shop) -> None:
    said = lossy.capi("verify", code=3)

    [row] = [line for line in said.out.splitlines() if line.startswith(" meta-web ")]
    assert row.split()[1:7] == ["100", "100", "99", "short", "by", "1"]
    assert "███████████████████░  99.00%  99 of 100 Purchase" in said.out
    assert "1 of 100 did not arrive" in said.out
    assert "match_quality" in said.out


def test_what_cannot_be_known_says_what_to_set(lossy: Shop) -> None:
    said = lossy.capi("verify", "-d", "tiktok-web")

    assert "cannot know" in said.out
    assert "set arrival.advertiser" in said.out


def test_a_tolerated_loss_is_told_and_no_alarm(lossy: Shop) -> None:
    text = lossy.config.read_text()
    lossy.config.write_text(f"{text}[verify]\nshort_share_max = 0.02\n")
    told = lossy.capi("verify", "--json").json
    lossy.config.write_text(text)

    assert told["alarm"] is False
    assert [one["verdict"] for one in told["destinations"]] == ["short", "cannot_know"]


def test_an_interval_may_be_given(lossy: Shop) -> None:
    told = lossy.capi("verify", "--json", "-i", "2020-01-01").json

    assert told["interval"]["start"].startswith("2020-01-01")
    assert told["destinations"][0]["trouble"] == "not_possible"


def test_an_unknown_destination_is_a_slip_of_the_finger(lossy: Shop) -> None:
    assert "no such destination" in lossy.capi("verify", "-d", "x", code=2).err


def test_a_refused_token_fails_after_all_were_asked(lossy: Shop) -> None:
    (lossy.folder / "bad").write_text("bad-token-7f3a")
    text = lossy.config.read_text()
    token = PROMPT + 'token = "file:bad"\n'
    lossy.config.write_text(text.replace(PROMPT, token, 1))
    said = lossy.capi("verify", code=1)
    lossy.config.write_text(text)

    assert "✗ meta-web: Meta: token invalid" in said.out
    assert "tiktok-web" in said.out
    assert "bad-token" not in said.out + said.err


def test_no_token_is_shown(lossy: Shop) -> None:
    said = lossy.capi("--verbose", "verify", "--json", code=3)

    assert TOKEN not in said.out + said.err


def names(told: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield every name of a document."""
    if isinstance(told, dict):
        yield from told
        for value in told.values():
            yield from names(value)
    if isinstance(told, list):
        for value in told:
            yield from names(value)


def test_every_name_of_the_json_is_documented(lossy: Shop) -> None:
    page = DOCS.read_text("utf-8")
    told = lossy.capi("verify", "--json", code=3).json

    assert [name for name in set(names(told)) if f"`{name}`" not in page] == []


def test_nothing_is_sent(lossy: Shop) -> None:
    before = lossy.counted()
    lossy.capi("verify", code=3)

    assert lossy.counted() == before
    log = httpx.get(f"{lossy.url}/sandbox/requests").json()
    assert [line["outcome"] for line in log if line["events"]] == ["counted"] * 2
