"""The client logs in, asks, and raises what Airflow refuses in Airflow's words."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from capi_jobs.airflow.local import api
from capi_jobs.airflow.local.api import AirflowApi, ApiRefused, health

# As Airflow 3.3 on SQLite says it while another of its processes writes.
BUSY = {"detail": {"reason": "Database error", "statement": "hidden"}}


class Airflow(BaseHTTPRequestHandler):
    """Knows one login; repeats what it is told; its database may be busy."""

    busy = 0
    asked = 0

    def do_GET(self) -> None:
        Airflow.asked += 1
        if self.path.endswith("/dags") and Airflow.asked <= Airflow.busy:
            self.answer(500, BUSY)
        elif self.path.endswith("/dags"):
            self.answer(200, {"dags": []})
        elif self.path.endswith("/broken"):
            self.answer(500, {"detail": "broken"})
        elif self.path == "/api/v2/monitor/health":
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
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(api, "BUSY_SECONDS", (0, 0, 0))
    Airflow.asked = Airflow.busy = 0
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


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_busy_database_is_asked_again(url: str, times: int) -> None:
    Airflow.busy = times
    assert AirflowApi(url, "ana", "secret").get("dags") == {"dags": []}
    assert Airflow.asked == times + 1


def test_a_database_that_stays_busy_is_told(url: str) -> None:
    Airflow.busy = 9
    with pytest.raises(ApiRefused, match="Database error"):
        AirflowApi(url, "ana", "secret").get("dags")
    assert Airflow.asked == 4


def test_any_other_failure_is_not_asked_again(url: str) -> None:
    with pytest.raises(ApiRefused, match="broken"):
        AirflowApi(url, "ana", "secret").get("broken")
    assert Airflow.asked == 1


def test_health_is_told_by_part(url: str) -> None:
    assert health(url) == {"scheduler": "healthy"}


def test_nobody_is_healthy_where_nobody_answers() -> None:
    assert health("http://127.0.0.1:9") == {}
