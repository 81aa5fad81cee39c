from pathlib import Path

import pytest
from pydantic import ValidationError

from capi_jobs.config import Credentials, Destination, Settings
from capi_jobs.config.secrets import SECRET_BYTES_MAX, opened_url
from capi_jobs.errors import ConfigFault
from tests.config.building import destination, destination_faults, faults, settings

TOKEN = "EAABsbCS1iHgBO5ecretZCtoken"


def tokens(made: Settings) -> dict[str, Credentials]:
    return made.tokens(made.destinations)


def with_token(reference: str) -> Settings:
    return settings(destinations=[destination(token=reference)])


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN,
        f"Bearer:{TOKEN}",
        f"env:{TOKEN}",
        f"ENV:{TOKEN}",
        f"env: {TOKEN}",
        "env:",
        "file: ",
        "",
        ":",
    ],
)
@pytest.mark.parametrize("key", ["token", "app_secret"])
def test_a_token_in_the_file_is_refused_and_not_shown(key: str, pasted: str) -> None:
    (found,) = destination_faults(**{key: pasted})

    assert found.startswith(f"{key}: ")
    assert TOKEN not in found


@pytest.mark.parametrize("pasted", [[TOKEN], {"value": TOKEN}, {TOKEN: 1}, True])
def test_a_token_of_another_form_is_not_shown_either(pasted: object) -> None:
    (found,) = destination_faults(token=pasted)

    assert found == "token: must be text in quotes"


def test_pydantics_own_error_shows_no_token() -> None:
    with pytest.raises(ValidationError) as raised:
        Destination.model_validate(destination(token=TOKEN))

    assert TOKEN not in str(raised.value)


def test_the_environment_holds_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_TOKEN", f" {TOKEN}\n")
    monkeypatch.setenv("META_APP_SECRET", "5ecret")
    made = settings(destinations=[destination(app_secret="env:META_APP_SECRET")])

    assert tokens(made) == {"meta-web": Credentials(TOKEN, "5ecret")}


def test_files_hold_tokens(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    assert tokens(with_token(f"file:{tmp_path / 'token'}")) == {
        "meta-web": Credentials(TOKEN, None)
    }


def test_all_missing_secrets_are_named_at_once(tmp_path: Path) -> None:
    made = settings(
        destinations=[
            destination(app_secret="env:META_APP_SECRET"),
            destination(name="store", token=f"file:{tmp_path / 'none'}"),
            destination(name="later", token="airflow:meta_conn"),
        ]
    )

    with pytest.raises(ConfigFault) as raised:
        tokens(made)

    said = raised.value.what
    assert "4 faults" in said
    for part in (
        "destination meta-web, token: the environment variable META_TOKEN is not set",
        "destination meta-web, app_secret: the environment variable META_APP_SECRET",
        f"destination store, token: there is no secret in the file {tmp_path}/none",
        "destination later, token: airflow:meta_conn can be read inside Airflow only",
    ):
        assert part in said


def test_only_the_destinations_at_work_need_their_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("META_TOKEN", TOKEN)
    made = settings(
        destinations=[destination(), destination(name="store", token="env:NOT_SET")]
    )

    found = made.tokens(made.chosen(("meta-web",)))

    assert found == {"meta-web": Credentials(TOKEN)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there is no secret"),
        (b" \n", "there is no secret"),
        (b"\xff\xfe", "there is no secret"),
        (b"x" * (SECRET_BYTES_MAX + 1), "there is no secret"),
        (b"one\ntwo", "more than one line of ASCII"),
        (b"a\0b", "more than one line of ASCII"),
        ("tökén".encode(), "more than one line of ASCII"),
    ],
    ids=["empty", "blank", "no-text", "too-large", "lines", "nul", "letters"],
)
def test_what_cannot_be_a_token_is_refused_and_not_shown(
    tmp_path: Path, content: bytes, said: str
) -> None:
    """It would break a header, and the library's error would show it."""
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(ConfigFault, match=said) as raised:
        tokens(with_token(f"file:{tmp_path / 'token'}"))

    assert "xxx" not in str(raised.value)
    assert "two" not in str(raised.value)


def test_a_folder_holds_no_token(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="there is no secret in the file"):
        tokens(with_token(f"file:{tmp_path}"))


def test_secrets_stand_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_TOKEN", TOKEN)
    monkeypatch.setenv("META_APP_SECRET", "5ecret")
    made = settings(destinations=[destination(app_secret="env:META_APP_SECRET")])

    found = tokens(made)
    target = made.destinations[0].target(found["meta-web"].app_secret)

    shown = f"{found!r} {found['meta-web']} {target!r} {made!r} {made}"
    assert TOKEN not in shown
    assert "5ecret" not in shown


def test_a_vault_is_asked_for_what_stands_with_airflow() -> None:
    made = settings(
        destinations=[destination(token="airflow:meta", app_secret="airflow:meta_app")]
    )
    kept = {("meta", "token"): f" {TOKEN} ", ("meta_app", "app_secret"): "5ecret"}

    found = made.tokens(made.destinations, lambda name, what: kept[name, what])

    assert found == {"meta-web": Credentials(TOKEN, "5ecret")}


def test_an_empty_connection_is_named() -> None:
    made = with_token("airflow:meta")

    with pytest.raises(ConfigFault, match="the connection meta has no token"):
        made.tokens(made.destinations, lambda name, what: "")


def test_a_database_in_a_connection_is_opened_by_the_vault_alone() -> None:
    made = settings(warehouse="airflow:shop").warehouse
    assert made is not None

    found = opened_url(made.url, lambda name, what: f"sqlite:///{name}-{what}.db")

    assert found == "sqlite:///shop-url.db"
    with pytest.raises(ConfigFault, match="airflow:shop can be read inside Airflow"):
        opened_url(made.url, None)


def test_any_other_database_needs_no_vault() -> None:
    url = settings().ledger.url

    assert opened_url(url, None) is url


@pytest.mark.parametrize("written", ["airflow:", "airflow:a b", "airflow:a/b"])
def test_a_connection_that_airflow_cannot_know_is_refused(written: str) -> None:
    assert faults(warehouse=written) == [
        "warehouse.url: write airflow:CONN_ID, with the id of a connection"
    ]
