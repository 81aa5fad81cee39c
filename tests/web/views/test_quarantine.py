"""The quarantine in the browser: seen, kept as files, released and blocked."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from capi_jobs.jobs import quarantining
from capi_jobs.web.page import API
from capi_jobs.web.views.quarantine_word import SALT
from tests.shop import PERSONAL, TOKEN, Shop, an_order, orders, shop_in
from tests.web.conftest import KnownPeople, Visit

TOO_MUCH = '[{"sku": "tea", "quantity": 1, "unit_price": "900"}]'
# What a warehouse may hold: formulas, HTML, slashes and what else addresses know.
HOSTILE = ("=1+2", '<script>alert("x")</script>', "a/../b?c=1#d 5 % 🛒")
OWNER = {"authorization": "Bearer x"}
KEYS = re.compile(r'name="order" value="([^"]+)"')


def filled(shop: Shop) -> Shop:
    """Three orders that a person may let go, one that cannot be read, one sent."""
    shop.configure(
        platforms=("meta",), rules=("value_negative", "items_sum_implausible")
    )
    held = [an_order(name, value="1", items=TOO_MUCH) for name in HOSTILE]
    shop.fill([*orders(1), *held, an_order("bad", value="NaN")]).run()
    return shop


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that is only looked at."""
    with shop_in(tmp_path_factory.mktemp("seen")) as made:
        yield filled(made)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Shop]:
    """A shop of one's own."""
    with shop_in(tmp_path) as made:
        yield filled(made)


def listed(client: TestClient, **asked: str) -> list[str]:
    told = client.get(f"{API}/quarantine", params=asked).json()
    return [one["order_id"] for one in told["orders"]]


def test_the_page_tells_what_its_twin_tells(seen: Shop, visit: Visit) -> None:
    client = visit(seen)
    told = client.get(f"{API}/quarantine").json()
    page = client.get("/quarantine").text

    assert told["held"] == {"orders": 4, "values": {"EUR": "3.00"}}
    [most, one] = told["rules"]
    assert (most["rule"], most["held"]["orders"]) == ("items_sum_implausible", 3)
    assert (most["releasable"], one["releasable"]) == (True, False)
    assert "4 orders are held, worth 3.00 EUR" in page
    assert all(one["says"] in unescape(page) for one in told["rules"] if one["says"])
    assert {one["order_id"] for one in told["orders"]} == {*HOSTILE, "bad"}


def test_hostile_ids_stay_text_and_lead_to_their_order(
    seen: Shop, visit: Visit
) -> None:
    client = visit(seen)
    page = client.get("/quarantine").text

    assert "<script>alert" not in page
    links = re.findall(r'href="(/quarantine/meta-web/[^"]+)"', page)
    pages = [client.get(unescape(link)) for link in links]
    assert [one.status_code for one in pages] == [200] * 4
    assert not [one for one in pages if "<script>alert" in one.text]
    for order_id in HOSTILE:
        twin = [link for link in links if order_id in _decoded(link)]
        assert client.get(f"{API}{unescape(twin[0])}").json()["order_id"] == order_id


def _decoded(link: str) -> str:
    return unquote(unescape(link))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"rule": "value_not_a_number"}, {"bad"}),
        ({"destination": "nobody"}, set()),
        ({"least": "1", "most": "1.00"}, set(HOSTILE)),
        ({"least": "2"}, set()),
        ({"first": "2020-01-01", "last": "2020-01-02"}, set()),
        ({"destination": "", "rule": "", "first": "", "least": ""}, None),
    ],
)
def test_the_list_is_filtered(
    seen: Shop, visit: Visit, asked: dict[str, str], found: set[str] | None
) -> None:
    everything = {*HOSTILE, "bad"}
    assert set(listed(visit(seen), **asked)) == (everything if found is None else found)


def test_one_order_tells_what_it_breaks_since_when_and_whom_to_ask(
    seen: Shop, visit: Visit
) -> None:
    told = visit(seen).get(f"{API}/quarantine/meta-web/=1+2").json()

    [rule] = told["rules"]
    assert rule["says"]
    assert rule["do"]
    assert rule["ask"]
    assert (told["value"], told["currency"], told["ended_at"]) == ("1.00", "EUR", None)
    assert told["run_first_seen"] == told["run_last_seen"]
    page = visit(seen).get("/quarantine/meta-web/=1+2").text
    assert rule["ask"] in unescape(page)
    assert not [word for word in (*PERSONAL, TOKEN) if word in page]


def test_files_are_safe_in_a_sheet_and_whole(seen: Shop, visit: Visit) -> None:
    client = visit(seen)
    answer = client.get("/quarantine/held.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))

    assert answer.headers["content-disposition"].startswith("attachment")
    assert {row["order_id"] for row in rows} == {"'=1+2", *HOSTILE[1:], "bad"}
    told = client.get("/quarantine/held.json", params={"rule": "value_not_a_number"})
    assert [row["order_id"] for row in told.json()] == ["bad"]


def reviewed(client: TestClient, word: str = "release", **form: Any) -> str:  # noqa: ANN401
    answer = client.post("/quarantine/review", data={"word": word, **form})
    assert answer.status_code == 200, answer.text
    return answer.text


def confirmed(client: TestClient, word: str, page: str, **changes: str) -> Any:  # noqa: ANN401
    """Send the form of a review, as a browser would."""
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    form: dict[str, Any] = {}
    for name, value in fields:
        form.setdefault(name, []).append(unescape(value))
    form |= {"reason": "the <b>owner</b> looked", **changes}
    return client.post(f"/quarantine/{word}", data=form)


def test_marked_orders_are_released_with_a_reason_and_go_out_with_the_next_run(
    held: Shop, visit: Visit
) -> None:
    client = visit(held)
    page = client.get("/quarantine").text
    keys = [unescape(key) for key in KEYS.findall(page)]

    review = reviewed(client, order=keys, scope="marked")
    assert "Release 3 held orders?" in review
    assert "3.00 EUR" in review
    assert "value_not_a_number: no word of a person lets it go" in review
    answer = confirmed(client, "release", review)

    assert answer.status_code == 303
    done = client.get(answer.headers["location"]).text
    assert "3 orders released" in done
    assert "the &lt;b&gt;owner&lt;/b&gt; looked" in done
    assert "1 order: value_not_a_number" in done
    assert listed(client) == ["bad"]
    one = client.get(f"{API}/quarantine/meta-web/=1+2").json()
    assert one["word"] | {"at": ""} == {
        "decision": "release",
        "actor": "owner",
        "reason": "the <b>owner</b> looked",
        "at": "",
    }
    assert one["ended_how"] == "released"
    held.run()
    assert held.counted() == dict.fromkeys(("o-1", *HOSTILE), 1)


def test_all_that_match_are_blocked_and_never_sent(held: Shop, visit: Visit) -> None:
    client = visit(held)
    review = reviewed(client, "block", scope="all", rule="items_sum_implausible")
    assert "Block 3 held orders?" in review

    answer = confirmed(client, "block", review)

    assert "3 orders blocked" in client.get(answer.headers["location"]).text
    assert "The word is taken back by" in client.get("/quarantine/meta-web/=1+2").text
    held.run()
    assert held.counted() == {"o-1": 1}
    assert held.classes() == {"delivered": 1, "held": 1, "excluded": 3}


def test_a_yes_covers_the_orders_that_were_shown(held: Shop, visit: Visit) -> None:
    client = visit(held)
    review = reviewed(client, scope="all")
    held.fill([an_order("new", value="1", items=TOO_MUCH)]).run()

    answer = confirmed(client, "release", review)

    assert answer.status_code == 409
    assert "no longer what was shown" in answer.text
    assert len(listed(client)) == 5


def test_what_is_no_longer_held_is_told(held: Shop, visit: Visit) -> None:
    client = visit(held)
    held.capi("quarantine", "block", "=1+2", "--because", "x")
    keys = [json.dumps(["meta-web", order_id]) for order_id in HOSTILE[::2]]

    review = reviewed(client, order=keys)
    done = client.get(confirmed(client, "release", review).headers["location"]).text

    assert "1 order released" in done
    assert "it is not held, or no longer" in done
    again = confirmed(client, "release", review)
    assert (again.status_code, "not held" in again.text) == (409, True)


def test_so_many_at_once_and_no_more(
    held: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantining, "ORDERS_MAX", 2)
    client = visit(held)

    review = reviewed(client, "block", scope="all")

    assert "Block 2 held orders?" in review
    assert "More match" in review
    confirmed(client, "block", review)
    assert len(listed(client)) == 2


@pytest.mark.parametrize("word", ["release", "block"])
def test_only_a_page_of_ours_and_whoever_may_can_decide(
    held: Shop, visit: Visit, word: str
) -> None:
    viewer, owner = visit(held, "viewer"), visit(held)
    review = reviewed(owner, word, order=['["meta-web", "=1+2"]'])

    assert viewer.post("/quarantine/review", data={"word": word}).status_code == 403
    signer = URLSafeTimedSerializer(KnownPeople.secret, salt="capi-jobs form")
    refused = confirmed(viewer, word, review, token=str(signer.dumps("viewer")))
    assert (refused.status_code, "You may look" in refused.text) == (403, True)
    assert confirmed(owner, word, review, token="forged").status_code == 403
    assert confirmed(owner, word, review, reason=" ").status_code == 409
    foreign = {"sec-fetch-site": "cross-site"}
    sent = owner.post(f"/quarantine/{word}", data={"reason": "x"}, headers=foreign)
    assert sent.status_code == 403
    body = {"orders": [{"destination": "meta-web", "order_id": "=1+2"}], "reason": "x"}
    path = f"{API}/quarantine/{word}"
    assert owner.post(path, json=body).status_code == 403
    assert viewer.post(path, json=body, headers=OWNER).status_code == 403
    assert "Release …" not in viewer.get("/quarantine").text
    assert len(listed(owner)) == 4


def test_programs_look_before_they_decide_about_all(held: Shop, visit: Visit) -> None:
    client, path = visit(held), f"{API}/quarantine/release"
    wish = {"matching": {"destination": "meta-web"}, "reason": "looked"}

    def asked(**changes: object) -> Any:  # noqa: ANN401
        return client.post(path, json=wish | changes, headers=OWNER)

    assert asked().status_code == 409
    shown = asked(dry_run=True).json()
    assert len(listed(client)) == 4
    assert shown["orders"] == {"orders": 3, "values": {"EUR": "3.00"}}
    assert shown["not_done"][0]["samples"] == ["bad"]
    assert asked(digest="0" * 64).status_code == 409
    done = asked(digest=shown["digest"]).json()
    assert done == shown | {"dry_run": False}
    assert listed(client) == ["bad"]
    assert asked(orders=[{"destination": "m", "order_id": "x"}]).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/quarantine?least=1e400", 422),
        ("/quarantine?first=yesterday", 422),
        ("/quarantine?after=nonsense", 409),
        ("/quarantine?rule=%00%F0%9F", 422),
        ("/quarantine/meta-web/nobody", 404),
        ("/quarantine/%00/%00", 422),
        ("/quarantine/done?told=forged", 400),
    ],
)
def test_what_cannot_be_told_is_said(
    seen: Shop, visit: Visit, path: str, status: int
) -> None:
    assert visit(seen).get(path).status_code == status


@pytest.mark.parametrize("key", ["", "[]", "[[", '["meta-web", 1]', "é"])
def test_a_form_that_names_no_order_is_refused(
    seen: Shop, visit: Visit, key: str
) -> None:
    form = {"word": "release", "order": key}
    assert visit(seen).post("/quarantine/review", data=form).status_code == 400


def test_what_another_version_told_is_no_fault_of_ours(
    seen: Shop, visit: Visit
) -> None:
    told = URLSafeSerializer(KnownPeople.secret, salt=SALT).dumps({"word": "old"})
    assert visit(seen).get("/quarantine/done", params={"told": told}).status_code == 400


def test_before_the_first_run_nothing_is_held(new: Shop, visit: Visit) -> None:
    client = visit(new)
    page = client.get("/quarantine").text

    assert "Nothing is held" in page
    review = client.post("/quarantine/review", data={"word": "block", "scope": "all"})
    assert (review.status_code, "Nothing to block" in review.text) == (200, True)
    assert not (new.folder / "ledger.db").exists()
