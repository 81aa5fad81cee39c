"""The client logs in, asks, and raises what Airflow refuses in Airflow's words."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from capi_jobs.airflow.local.api import AirflowApi, ApiRefused, health


class Airflow(BaseHTTPRequestHandler):
    """Knows one login; repeats what it is told."""

    def do_GET(self) -> None:
        if self.path == "/api/v2/monitor/health":
            self.answer(200, {"scheduler": {"status": "healthy"}})
        else:
            self.answer(404, {"detail": "no such thing"})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        if self.path == "/auth/token":
            self.answer(201, {"access_token": f"of-{body['username']}"})
        else:
            self.answer(200, {"told": body, "by": self.headers["Authorization"]})

    def answer(self, status: int, value: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *words: object) -> None:
        """Keep quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Airflow) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_it_speaks_as_the_user_who_logged_in(url: str) -> None:
    told = AirflowApi(url, "ana", "secret").post("dags", {"a": 1})
    assert told == {"told": {"a": 1}, "by": "Bearer of-ana"}


def test_a_refusal_has_status_and_words(url: str) -> None:
    with pytest.raises(ApiRefused, match="no such thing") as refused:
        AirflowApi(url, "ana", "secret").get("dags/unknown")
    assert refused.value.status == 404


def test_health_is_told_by_part(url: str) -> None:
    assert health(url) == {"scheduler": "healthy"}


def test_nobody_is_healthy_where_nobody_answers() -> None:
    assert health("http://127.0.0.1:9") == {}
