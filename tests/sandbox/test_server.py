"""The real server: it listens on loopback, is ready, and drops connections."""

import signal
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from capi_jobs.sandbox import Rule, SandboxSettings, running, serve
from tests.sandbox.builders import NOW, TOKEN, meta_event

URL = "/v26.0/1/events"


def settings(*rules: Rule) -> SandboxSettings:
    return SandboxSettings(faults=rules, machine_time=lambda: NOW)


def post(client: httpx.Client, order: str = "o-1", **body: object) -> httpx.Response:
    content = {"access_token": TOKEN, "data": [meta_event(order)]} | body
    return client.post(URL, json=content)


def counted(client: httpx.Client) -> int:
    answer = client.get(
        "/sandbox/counted", params={"events": False, "platform": "meta"}
    )
    return int(answer.json()["meta"]["counted"])


@pytest.mark.parametrize(("do", "count"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_has_no_answer_and_the_next_one_works(
    do: str, count: int
) -> None:
    rule = Rule.model_validate({"do": do, "request": 2})
    with running(settings(rule)) as url, httpx.Client(base_url=url) as client:
        assert post(client, "o-1").status_code == 200  # the connection is kept alive
        with pytest.raises(httpx.RemoteProtocolError):
            post(client, "o-2")
        assert 1 + count == counted(client)
        assert post(client, "o-2").status_code == 200
        assert counted(client) == 2
        visits = client.get("/sandbox/requests").json()

    assert [visit["status"] for visit in visits] == [200, None, 200]
    assert [None, do, None] == [visit["fault"] for visit in visits]


@pytest.mark.parametrize("data", [100, 1000])
def test_a_big_request_is_dropped_as_well(data: int) -> None:
    events = [meta_event(str(number)) for number in range(data)]
    rule = Rule(do="drop_after", times=1)
    with running(settings(rule)) as url, httpx.Client(base_url=url) as client:
        with pytest.raises(httpx.TransportError):
            post(client, data=events)
        assert data == counted(client)


@pytest.mark.parametrize(("count_first", "count"), [(True, 1), (False, 0)])
def test_a_late_answer_comes_after_the_client_has_gone(
    count_first: bool, count: int
) -> None:
    rule = Rule(do="delay", seconds=0.4, times=1, count_first=count_first)
    with running(settings(rule)) as url, httpx.Client(base_url=url) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(
                URL,
                json={"access_token": TOKEN, "data": [meta_event()]},
                timeout=0.1,
            )
        assert count == counted(client)
        deadline = time.monotonic() + 5
        while counted(client) == 0 and time.monotonic() < deadline:
            pass
        assert counted(client) == 1


ELSEWHERE = ["0.0.0.0", "192.0.2.1", "example.com", "::", ""]  # noqa: S104 - refused


@pytest.mark.parametrize("host", ELSEWHERE)
def test_it_serves_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        serve(settings(), host=host)


def test_it_serves_every_address_where_that_was_asked_for() -> None:
    """A container is reached by its name: loopback would be the container's own."""
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - taken, so that serving ends at once
        port = taken.getsockname()[1]

        with pytest.raises(OSError, match="in use"):
            serve(settings(), "0.0.0.0", port, beyond_loopback=True)  # noqa: S104


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell that starts us in the background has SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_serve_tells_the_free_port_it_took_and_ends_when_interrupted() -> None:
    answers: list[int] = []

    def ask(port: int) -> None:
        answers.append(
            httpx.get(f"http://127.0.0.1:{port}/sandbox/counted").status_code
        )
        signal.raise_signal(signal.SIGINT)

    def ready(port: int) -> None:
        threading.Thread(target=ask, args=(port,)).start()

    with pytest.raises(KeyboardInterrupt):
        serve(settings(), port=0, on_ready=ready)

    assert answers == [200]


def test_a_taken_port_is_an_error() -> None:
    with running(settings()) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            serve(settings(), port=port)


def test_a_client_that_dies_while_sending_leaves_no_trace(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with running(settings()) as url, httpx.Client(base_url=url) as client:
        with socket.create_connection(("127.0.0.1", httpx.URL(url).port)) as half:
            half.sendall(b"POST /v26.0/1/events HTTP/1.1\r\nHost: x\r\n")
            half.sendall(b"Content-Length: 1000\r\n\r\n{")
        assert counted(client) == 0
        assert post(client).status_code == 200
    out, err = capfd.readouterr()

    assert (out, err) == ("", "")


def _has_newer_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_newer_loopback(), reason="this machine has no ::1")
def test_it_serves_the_newer_loopback_too() -> None:
    with running(settings(), host="::1") as url:
        assert httpx.get(f"{url}/sandbox/counted").status_code == 200
