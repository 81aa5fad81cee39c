"""Notices through Airflow's own notifiers, to servers on loopback."""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from airflow.sdk._shared.secrets_masker import redact

from capi_jobs.airflow.notifying import tell
from capi_jobs.config import Settings, read
from tests.airflow import receiving
from tests.airflow.conftest import Connect

LINK = "https://airflow.example/capi-jobs/report/r-1"
# Who knows a webhook's path may post to it.
PATH = "T0SECRET/B0SECRET/xyzSECRET"


def _settings(*notifications: Mapping[str, object]) -> Settings:
    return read(
        {
            "warehouse": "sqlite:///shop.db",
            "orders": {"relation": "orders"},
            "destinations": [
                {"name": "m", "platform": "meta", "account": "1", "token": "env:T"}
            ],
            "airflow": {"notifications": list(notifications)},
        },
        Path("capi_jobs.toml"),
    )


def _tell(settings: Settings, subject: str = "meta asks", body: str = "3 rows") -> None:
    tell(settings, "needs_approval", subject=subject, body=body, link=LINK)


def test_a_webhook_gets_json(connect: Connect) -> None:
    with receiving.http() as server:
        name = connect(conn_type="http", host=f"http://127.0.0.1:{server.port}/{PATH}")
        _tell(_settings({"kind": "webhook", "connection": name}))
    assert server.paths == [f"/{PATH}"]
    assert server.bodies == [
        {
            "event": "needs_approval",
            "subject": "meta asks",
            "body": "3 rows",
            "link": LINK,
        }
    ]


def test_slack_gets_marked_text_in_which_nothing_is_markup_of_ours(
    connect: Connect,
) -> None:
    with receiving.http() as server:
        host = f"http://127.0.0.1:{server.port}/services"
        name = connect(conn_type="slackwebhook", host=host, password=PATH)
        _tell(
            _settings({"kind": "slack", "connection": name}), body="a <!here> {{ x }}"
        )
    assert server.paths == [f"/services/{PATH}"]
    [body] = server.bodies
    assert body["text"] == f"*meta asks*\na &lt;!here&gt; {{{{ x }}}}\n<{LINK}|Report>"


def test_slack_with_a_channel_asks_slacks_api(connect: Connect) -> None:
    with receiving.http(b'{"ok": true}') as server:
        name = connect(
            conn_type="slack",
            password="xoxb-SECRET-1",
            extra={"base_url": f"http://127.0.0.1:{server.port}/api/"},
        )
        wanted = {"kind": "slack", "connection": name, "channel": "#orders"}
        _tell(_settings(wanted))
    assert server.paths == ["/api/chat.postMessage"]
    [body] = server.bodies
    sent = (
        body if isinstance(body, dict) else {k: v[0] for k, v in parse_qs(body).items()}
    )
    assert sent["channel"] == "#orders"
    assert sent["text"].startswith("*meta asks*\n3 rows\n")


def _mail_connection(connect: Connect, port: int) -> str:
    return connect(
        conn_type="smtp",
        host="127.0.0.1",
        port=port,
        extra={
            "from_email": "airflow@example.com",
            "disable_ssl": True,
            "disable_tls": True,
            "retry_limit": 1,
        },
    )


def test_mail_goes_to_all_addresses_with_a_subject_of_one_line(
    connect: Connect,
) -> None:
    to = ["a@example.com", "b@example.com"]
    with receiving.smtp() as server:
        name = _mail_connection(connect, server.port)
        settings = _settings({"kind": "email", "connection": name, "to": to})
        _tell(settings, subject="asks\r\nBcc: c@example.com", body="1 < 2")
    [mail] = server.mails
    assert server.recipients == to
    assert mail["Subject"] == "asks Bcc: c@example.com"
    html = mail.get_body(("html",))
    assert html is not None
    text = html.get_content().replace("\n", "")
    assert text == f'<pre>1 &lt; 2</pre><p><a href="{LINK}">{LINK}</a></p>'


def test_only_those_are_told_who_want_to_hear_of_it(connect: Connect) -> None:
    with receiving.http() as server:
        name = connect(conn_type="http", host=f"http://127.0.0.1:{server.port}")
        other = {"kind": "webhook", "connection": name, "on": ["failed", "in_doubt"]}
        _tell(_settings(other))
        assert server.bodies == []
        tell(_settings(other), "failed", subject="s", body="b")
    assert [body["event"] for body in server.bodies] == ["failed"]


def test_long_texts_are_cut(connect: Connect) -> None:
    with receiving.http() as server:
        name = connect(conn_type="http", host=f"http://127.0.0.1:{server.port}")
        settings = _settings({"kind": "webhook", "connection": name})
        _tell(settings, subject="s" * 10_000, body="b" * 100_000)
    [body] = server.bodies
    assert (len(body["subject"]), len(body["body"])) == (200, 3_500)
    assert body["body"].endswith("b…")


def _errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        one.getMessage()
        for one in caplog.records
        if one.name == "capi_jobs.airflow.notifying" and one.levelno == logging.ERROR
    ]


def test_one_that_fails_is_logged_and_the_next_is_told(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        receiving.http(b'{"error": "no"}', status=403) as refusing,
        receiving.http() as server,
    ):
        bad = f"http://127.0.0.1:{refusing.port}/{PATH}"
        refused = connect(conn_type="http", host=bad)
        slack = connect(conn_type="slackwebhook", password=bad)
        good = connect(conn_type="http", host=f"http://127.0.0.1:{server.port}")
        kinds = {refused: "webhook", slack: "slack", "absent": "email", good: "webhook"}
        _tell(
            _settings(
                *(
                    {"kind": kind, "connection": name}
                    | ({"to": ["a@example.com"]} if kind == "email" else {})
                    for name, kind in kinds.items()
                )
            )
        )
    assert len(server.bodies) == 1
    said = "The {} notice through the connection {!r} was not sent: {}"
    answered = "the other side answered 403"
    add = "there is no such connection → add it under Admin > Connections"
    assert _errors(caplog) == [
        said.format("webhook", refused, answered),
        said.format("slack", slack, answered),
        said.format("email", "absent", add),
    ]


def test_nothing_listening_is_told_without_the_secret_address(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving.http() as closed:
        host = f"http://127.0.0.1:{closed.port}/{PATH}"
    name = connect(conn_type="http", host=host)
    _tell(_settings({"kind": "webhook", "connection": name}))
    [error] = _errors(caplog)
    assert error.endswith("was not sent: ConnectionError")
    assert PATH not in caplog.text


def test_a_missing_provider_says_which_extra_brings_it(
    connect: Connect, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "airflow.providers.http.notifications.http", None)
    _tell(_settings({"kind": "webhook", "connection": connect(conn_type="http")}))
    [error] = _errors(caplog)
    assert error.endswith("is not installed → install capi-jobs[notify]")


def test_a_webhooks_path_is_masked_in_every_log(connect: Connect) -> None:
    with receiving.http() as server:
        path = f"hooks/{uuid4().hex}"
        host = f"http://127.0.0.1:{server.port}/{path}"
        name = connect(conn_type="http", host=host)
        _tell(_settings({"kind": "webhook", "connection": name}))
    assert redact(f"posted to /{path}") == "posted to /***"
