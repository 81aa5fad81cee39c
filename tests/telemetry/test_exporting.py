"""OpenTelemetry set up from the environment; it never stands in a run's way."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import entry_points
from threading import Thread
from typing import ClassVar

import pytest

from capi_jobs.config.exports import exports
from capi_jobs.telemetry import count, span
from capi_jobs.telemetry.exporting import Exports, exporting
from capi_jobs.telemetry.fields import Said
from capi_jobs.telemetry.signals import is_on, switch_off


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    switch_off()


class Collector(BaseHTTPRequestHandler):
    """Takes whatever is sent by OTLP over HTTP."""

    taken: ClassVar[dict[str, bytes]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken[self.path] = self.taken.get(self.path, b"") + body
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_what_is_told_within_is_exported_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=t9")
        with exporting(exports()):
            # A house within a house, as a web page of Airflow may be: one export.
            with exporting(exports()), span("run", kind="nightly"):
                count("capi_jobs.gate.asks", 2, destination="meta")
            assert is_on()
        server.shutdown()

    assert not is_on()
    assert set(Collector.taken) == {"/v1/traces", "/v1/metrics"}
    traces, metrics = Collector.taken["/v1/traces"], Collector.taken["/v1/metrics"]
    assert [w for w in (b"nightly", b"capi-jobs", b"t9") if w not in traces] == []
    assert b"capi_jobs.gate.asks" in metrics


def test_an_exporter_that_is_not_there_is_said_and_nothing_else_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with exporting(Exports(("otlp_proto_smoke_signals",), ())):
        assert not is_on()

    [record] = caplog.records
    assert isinstance(record.msg, Said)
    assert record.levelno == logging.WARNING
    assert "extra `otel`" in str(record.msg.fields["reason"])


UNASKED = """
import sys
from capi_jobs.config.exports import exports
from capi_jobs.jobs import running
from capi_jobs.telemetry.exporting import exporting
with exporting(exports({})):
    print([name for name in sys.modules if name.startswith("opentelemetry")])
"""


def test_nothing_is_set_up_nor_imported_unless_it_is_asked_for() -> None:
    with exporting(Exports((), ())):
        assert not is_on()

    left = subprocess.run(
        [sys.executable, "-c", UNASKED],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert left.stdout == "[]\n"


def test_the_extra_brings_the_exporter_that_is_the_default() -> None:
    for signal in ("traces", "metrics"):
        group = f"opentelemetry_{signal}_exporter"
        assert entry_points(group=group, name="otlp_proto_http")
