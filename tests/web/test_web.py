"""The frame of the pages: nobody passes the guard, page and JSON say the same."""

from html.parser import HTMLParser

import pytest

from capi_jobs.web.page import API
from capi_jobs.web.views import CHANGES, FILES, PAGES
from tests.shop import PERSONAL, TOKEN, Shop
from tests.web.conftest import Visit

# What stands for a parameter in an address; no page knows such a thing.
NOBODYS = "nobodys"


def addresses() -> list[str]:
    """Every address of every page, and of its twin."""
    paths = [page.path for page in PAGES]
    twins = [API + (page.path.rstrip("/") or f"/{page.name}") for page in PAGES]
    return [_filled(path) for path in [*paths, *twins, f"{API}/openapi.json"]]


def _filled(path: str) -> str:
    return "/".join(
        NOBODYS if part.startswith("{") else part for part in path.split("/")
    )


@pytest.mark.parametrize("path", addresses())
def test_nobody_is_told_anything(visit: Visit, told: Shop, path: str) -> None:
    answer = visit(told, "nobody").get(path)
    assert (answer.status_code, "meta-web" in answer.text) == (401, False)


@pytest.mark.parametrize(
    "path",
    sorted(
        {getattr(one, "path", "") for each in (*FILES, *CHANGES) for one in each.routes}
    ),
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_nobody_keeps_or_changes_anything(
    visit: Visit, told: Shop, path: str, method: str
) -> None:
    answer = visit(told, "nobody").request(method, _filled(path), content=b"{}")
    assert answer.status_code in {401, 405}
    assert "meta-web" not in answer.text


@pytest.mark.parametrize("path", addresses())
def test_every_answer_is_sealed_and_holds_nothing_personal(
    visit: Visit, told: Shop, path: str
) -> None:
    answer = visit(told).get(path)
    assert answer.status_code < 500, answer.text
    assert not [word for word in (*PERSONAL, TOKEN) if word in answer.text]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "'unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


class Attributes(HTMLParser):
    """Collects what a strict policy would refuse, and all addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.inline += [name for name in names if name == "style" or name[:2] == "on"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(tag)
        told = [names.get(name) for name in ("href", "src", "action", "formaction")]
        self.addresses += [one for one in told if one]


@pytest.mark.parametrize(
    "path", [_filled(page.path) for page in PAGES if "report" not in page.name]
)
def test_pages_need_no_inline_script_or_style_and_stay_below_their_mount(
    visit: Visit, told: Shop, path: str
) -> None:
    """Behind a proxy, or in Airflow, addresses begin with what is before them."""
    answer = visit(told, root_path="/flow/capi-jobs").get(path)
    seen = Attributes()
    seen.feed(answer.text)
    assert seen.inline == []
    outside = [
        one
        for one in seen.addresses
        if not one.startswith(("/flow/capi-jobs/", "#", "?", "data:,"))
    ]
    assert outside == []


def test_what_is_not_there_is_said_in_the_form_of_the_question(
    visit: Visit, told: Shop
) -> None:
    page, twin = (visit(told).get(f"{at}/nothing") for at in ("", API))
    assert (page.status_code, twin.status_code) == (404, 404)
    assert page.headers["content-type"].startswith("text/html")
    assert twin.json()["status"] == 404


def test_a_broken_configuration_is_told_and_the_server_goes_on(
    visit: Visit, new: Shop
) -> None:
    client, good = visit(new), new.config.read_text()
    new.config.write_text("[gate]\n<script> = 1")
    answer = client.get("/")
    assert (answer.status_code, "is not TOML" in answer.text) == (503, True)
    assert "<script>" not in answer.text.replace("<script src", "")
    new.config.write_text(good)
    assert client.get("/").status_code == 200


def test_before_the_first_run_pages_open_and_make_no_ledger(
    visit: Visit, new: Shop
) -> None:
    fixed = [page.path for page in PAGES if "{" not in page.path]
    assert {visit(new).get(path).status_code for path in fixed} == {200}
    assert not (new.folder / "ledger.db").exists()
