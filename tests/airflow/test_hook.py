"""The connection type: its form as Airflow shows it, and the button *Test*."""

import json

import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk import Connection
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from capi_jobs.airflow.hook import CapiJobsHook
from capi_jobs.sandbox import SandboxSettings, running
from tests.airflow.conftest import Connect
from tests.shop import ACCOUNTS, TOKEN


def _tested(**fields: object) -> tuple[bool, str]:
    """Press *Test*, as Airflow does: the connection is kept nowhere else."""
    extra = fields.pop("extra", None)
    told = {"conn_type": "capi_jobs", "extra": json.dumps(extra) if extra else None}
    return Connection(conn_id="in_the_form", **(told | fields)).test_connection()  # type: ignore[arg-type]


def test_airflow_knows_the_form_with_its_fields() -> None:
    manager = ProvidersManager()  # type: ignore[no-untyped-call] # Airflow's
    runtime = ProvidersManagerTaskRuntime()  # type: ignore[no-untyped-call] # likewise
    hook = runtime.hooks["capi_jobs"]
    assert hook is not None
    assert hook.hook_class_name == "capi_jobs.airflow.hook.CapiJobsHook"
    fields = {
        name.removeprefix("extra__capi_jobs__")
        for name in manager.connection_form_widgets
        if name.startswith("extra__capi_jobs__")
    }
    assert fields == {"platform", "account", "base_url", "app_secret"}
    behaviour = manager.field_behaviours["capi_jobs"]
    assert behaviour["relabeling"] == {"password": "Access token"}


def test_a_token_alone_is_looked_at(connect: Connect) -> None:
    ok, words = _tested(password=TOKEN)
    assert ok
    assert "Name platform and account" in words


@pytest.mark.parametrize("password", ["one\ntwo", "tökén", "   ", None])
def test_what_cannot_be_a_token_is_said_without_showing_it(
    password: str | None,
) -> None:
    ok, words = _tested(password=password)
    assert not ok
    assert "in_the_form" in words
    assert "two" not in words
    assert "kén" not in words


@pytest.mark.parametrize("platform", ["meta", "tiktok", "snapchat"])
def test_with_platform_and_account_the_platform_is_asked(platform: str) -> None:
    told = {"platform": platform, "account": ACCOUNTS[platform]}
    with running(SandboxSettings(tokens=frozenset({TOKEN}))) as url:
        right = _tested(password=TOKEN, extra={**told, "base_url": url})
        wrong = _tested(password="another", extra={**told, "base_url": url})
    assert right[0], right
    assert not wrong[0]
    assert "token" in wrong[1]


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"platform": "myspace", "account": "1"}, "platform: "),
        (
            {
                "platform": "meta",
                "account": "1",
                "base_url": "http://elsewhere.example",
            },
            "base_url: base_url must be https",
        ),
    ],
)
def test_a_field_that_cannot_be_is_named(extra: dict[str, str], said: str) -> None:
    ok, words = _tested(password=TOKEN, extra=extra)
    assert not ok
    assert said in words


def test_the_hook_gives_both_secrets(connect: Connect) -> None:
    name = connect(
        conn_type="capi_jobs", password=TOKEN, extra={"app_secret": "s-3-cret"}
    )
    credentials = CapiJobsHook(name).get_conn()
    assert (credentials.token, credentials.app_secret) == (TOKEN, "s-3-cret")
