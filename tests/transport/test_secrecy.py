"""What nobody may read, and where nothing may go."""

import logging

import pytest

from capi_jobs.model import Answer
from tests.loopback import Connection
from tests.transport.calling import (
    PLENTY,
    TOKEN,
    answers,
    call,
    send_to,
    sent,
    transport,
)


def test_token_and_address_stand_in_no_log_and_no_repr(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    good, _ = sent(answers)
    lost, _ = sent(Connection.request)
    nowhere = f"http://127.0.0.1:1/?access_token={TOKEN}"
    refused = send_to(nowhere)

    asked = call(nowhere, body=TOKEN.encode())
    shown = repr([*good, *lost, refused, asked, transport(PLENTY)])
    for secret in (TOKEN, "access_token", "127.0.0.1", "v26.0"):
        assert secret not in shown
        assert secret not in caplog.text


def test_an_answer_that_repeats_a_token_shows_it_to_nobody() -> None:
    assert TOKEN not in repr(Answer(200, {}, TOKEN.encode()))


def test_this_machine_is_never_asked_for_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    (answer,), server = sent(answers)

    assert isinstance(answer, Answer)
    assert len(server.requests) == 1
