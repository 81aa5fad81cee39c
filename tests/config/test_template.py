"""What `capi-jobs init` writes."""

from pathlib import Path

from capi_jobs.config.template import template
from tests.config.building import loaded


def test_what_init_writes_can_be_loaded_as_it_is(tmp_path: Path) -> None:
    made = loaded(tmp_path, template())

    assert [d.platform for d in made.destinations] == ["meta", "tiktok", "snapchat"]
    assert {d.token.scheme for d in made.destinations} == {"env"}
    assert made.warehouse is not None
    assert str(made.warehouse.url) == f"sqlite:///{tmp_path}/shop.db"


def test_what_init_writes_shows_the_sandbox_but_does_not_use_it(tmp_path: Path) -> None:
    made = loaded(tmp_path, template())
    with_sandbox = loaded(tmp_path, template().replace("# base_url", "base_url"))

    assert {d.base_url for d in made.destinations} == {None}
    addresses = {d.base_url for d in with_sandbox.destinations}
    assert addresses == {"http://127.0.0.1:8765"}
