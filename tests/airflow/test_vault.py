"""Secrets of Airflow connections, read as a task reads them."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from airflow.sdk import Connection
from airflow.sdk._shared.secrets_masker import redact

from capi_jobs.airflow.vault import airflow_vault, mask_own_secrets
from capi_jobs.config import read
from capi_jobs.errors import ConfigFault
from tests.airflow.conftest import Connect


def test_the_token_is_the_password(connect: Connect) -> None:
    name = connect(conn_type="capi_jobs", password=" tok-en-1 \n")
    assert airflow_vault(name, "token") == "tok-en-1"


def test_the_app_secret_is_an_extra(connect: Connect) -> None:
    name = connect(
        conn_type="capi_jobs", password="tok-en-1", extra={"app_secret": "s-3-cret"}
    )
    assert airflow_vault(name, "app_secret") == "s-3-cret"


@pytest.mark.parametrize("field", ["token", "app_secret", "url"])
def test_an_empty_field_is_named_with_its_connection(
    connect: Connect, field: str
) -> None:
    name = connect(conn_type="capi_jobs", description=field)
    with pytest.raises(ConfigFault, match=f"{name}.* has no .*Connections"):
        airflow_vault(name, field)


def test_a_connection_without_a_type_names_no_database(connect: Connect) -> None:
    name = connect(conn_type="generic", host="/data/shop.db")
    with pytest.raises(ConfigFault, match="or an extra sqlalchemy_url"):
        airflow_vault(name, "url")


def test_a_missing_connection_is_named_with_the_remedy() -> None:
    with pytest.raises(ConfigFault, match=r"no Airflow connection 'nobody'.* → add it"):
        airflow_vault("nobody", "token")


def test_a_backend_that_fails_is_told_without_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(conn_id: str) -> Connection:
        raise RuntimeError("asked with s-3-cret")

    monkeypatch.setattr(Connection, "get", refuse)
    with pytest.raises(ConfigFault) as caught:
        airflow_vault("any", "token")
    assert "s-3-cret" not in str(caught.value)
    assert "RuntimeError" in str(caught.value)


def test_what_was_read_is_masked_in_every_log(connect: Connect) -> None:
    name = connect(
        conn_type="postgres", host="db", login="u", password="p@ss/word-1", schema="s"
    )
    url = airflow_vault(name, "url")
    assert redact(f"cannot reach {url}") == "cannot reach ***"
    assert "p%40ss" not in redact("user u p%40ss%2Fword-1")


def test_tokens_in_variables_and_files_are_masked_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is missing is none of this function's business."""
    monkeypatch.setenv("WEB_TOKEN", "t-0-ken-of-web")
    monkeypatch.setenv("APP_SECRET", "k-3-y-of-the-app")
    (tmp_path / "app").write_text("t-0-ken-of-app")
    (tmp_path / "reads").write_text("t-0-ken-that-reads")
    tokens: list[dict[str, object]] = [
        {"token": "env:NOT_THERE"},
        {"token": "env:WEB_TOKEN", "app_secret": "env:APP_SECRET"},
        {
            "token": f"file:{tmp_path / 'app'}",
            "arrival": {"token": f"file:{tmp_path / 'reads'}"},
        },
    ]
    settings = read(
        {
            "warehouse": "sqlite:///shop.db",
            "orders": {"relation": "orders"},
            "destinations": [
                {"name": f"m-{n}", "platform": "meta", "account": str(n), **one}
                for n, one in enumerate(tokens)
            ],
        },
        tmp_path / "capi_jobs.toml",
    )

    mask_own_secrets(settings)

    said = "t-0-ken-of-web k-3-y-of-the-app t-0-ken-of-app t-0-ken-that-reads"
    assert redact(said) == "*** *** *** ***"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {
                "conn_type": "postgres",
                "host": "db.example",
                "port": 5433,
                "login": "cap:i",
                "password": "p@ss/word",
                "schema": "shop",
                "extra": {"sslmode": "require", "cursor": "dictcursor"},
            },
            "postgresql+psycopg://cap%3Ai:p%40ss%2Fword@db.example:5433/shop?sslmode=require",
            id="postgres; what only Airflow's hook knows is left out",
        ),
        pytest.param(
            {"uri": "postgresql://u:p@db/shop?sslmode=disable"},
            "postgresql+psycopg://u:p@db/shop?sslmode=disable",
            id="written as a URI",
        ),
        pytest.param(
            {"conn_type": "postgres", "login": "u", "schema": "s", "host": "/run/pg"},
            "postgresql+psycopg://u@/s?host=%2Frun%2Fpg",
            id="a folder of sockets",
        ),
        pytest.param(
            {"conn_type": "sqlite", "host": "/data/shop.db"},
            "sqlite:////data/shop.db",
            id="sqlite by its form",
        ),
        pytest.param(
            {"uri": "sqlite:////data/shop.db"},
            "sqlite:////data/shop.db",
            id="sqlite by its URI",
        ),
        pytest.param(
            {"conn_type": "duckdb", "host": "shop.duckdb"},
            "duckdb:///shop.duckdb",
            id="duckdb",
        ),
        pytest.param(
            {"conn_type": "mysql", "host": "::1", "login": "u", "schema": "s"},
            "mysql://u@[::1]/s",
            id="another database",
        ),
        pytest.param(
            {"conn_type": "generic", "extra": {"sqlalchemy_url": "snowflake://u@a/d"}},
            "snowflake://u@a/d",
            id="a URL given as it is",
        ),
    ],
)
def test_a_url_is_what_sqlalchemy_takes(
    connect: Connect, fields: dict[str, object], expected: str
) -> None:
    url = airflow_vault(connect(**fields), "url")
    assert url == expected
    assert sa.make_url(url).render_as_string(hide_password=False)
