"""Lines of the log, as text and as JSON: what they name, and what they never hold."""

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from capi_jobs.errors import DestinationStopped
from capi_jobs.telemetry import bound, carried, keep_secret, masked, tell
from capi_jobs.telemetry.logs import Format, JsonLines, TextLines
from capi_jobs.telemetry.names import EVENTS, FIELDS

PACKAGE = Path(__file__).parents[2] / "capi_jobs"
TOKEN = "opens-everything"
META = "EAA" + "Gm0PX4ZCpsBAKZC7" * 3
HASH = "5e" * 32
HOSTILE = (
    f"GET https://graph.example/v26.0/1/events?access_token={META}&x=1 failed for"
    f" ada.secret@example.com ({HASH}), +4930901820; Authorization: Bearer {META};"
    f" postgresql://reader:pa55w0rd@db/shop; {{'token': 'short7'}} and {TOKEN}\n"
)
NEVER = (META, "ada.secret", HASH, "+4930901820", "pa55w0rd", "short7", TOKEN)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger of our own writes, set apart from the tests' own log."""
    stream = io.StringIO()
    yield stream
    log = logging.getLogger("capi_jobs.test_logs")
    log.handlers.clear()


def a_log(stream: io.StringIO, form: Format) -> logging.Logger:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    log = logging.getLogger("capi_jobs.test_logs")
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.DEBUG)
    return log


def break_with(error: Exception) -> None:
    raise error from KeyError(HOSTILE)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_of_json_has_its_time_and_what_is_bound(written: io.StringIO) -> None:
    log = a_log(written, "json")

    with bound(run_id="r1", destination="meta-web"):
        tell(log.warning, "gate asked", rules=["first_run"], values={"EUR": Decimal(1)})
        log.info("a library speaks: %s", "hello")
    log.info("outside")

    [ours, theirs, outside] = lines(written)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", ours["timestamp"])
    del ours["timestamp"]
    assert ours == {
        "level": "warning",
        "logger": "capi_jobs.test_logs",
        "message": "gate asked",
        "run_id": "r1",
        "destination": "meta-web",
        "rules": ["first_run"],
        "values": {"EUR": "1"},
    }
    assert theirs["message"] == "a library speaks: hello"
    assert theirs["run_id"] == "r1"
    assert "run_id" not in outside


def test_a_line_of_text_names_the_same(written: io.StringIO) -> None:
    with bound(run_id="r1"):
        tell(a_log(written, "text").info, "throttled", pause=1.5, reason="too many")

    assert written.getvalue().partition(" ")[2] == (
        "INFO capi_jobs.test_logs throttled: run_id=r1 pause=1.5 reason='too many'\n"
    )


def test_airflows_formatter_shows_run_and_destination(written: io.StringIO) -> None:
    """Its stdlib records pass through structlog, which knows nothing of our fields."""
    log = a_log(written, "text")
    log.handlers[0].setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ]
        )
    )

    with bound(run_id="r1", destination="meta-web"):
        tell(log.info, "call answered", outcome="accepted")

    assert lines(written)[0]["event"] == (
        "call answered: run_id=r1 destination=meta-web outcome=accepted"
    )


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_and_nothing_personal_is_written(
    written: io.StringIO, form: Format
) -> None:
    """Whoever says it: a message, a field, a bound field, an exception, its cause."""
    keep_secret(TOKEN)
    log = a_log(written, form)
    stopped = DestinationStopped(f"meta: {HOSTILE}", do="look")

    with bound(reason=HOSTILE):
        log.warning("%s", HOSTILE)
        tell(log.error, "failed", reason=HOSTILE, held={HOSTILE: [HOSTILE]})
        for error in (ValueError(HOSTILE), stopped):
            try:
                break_with(error)
            except Exception:
                log.exception(HOSTILE)

    text = written.getvalue()
    assert [one for one in NEVER if one in text] == []
    assert "ValueError" in text
    assert "test_logs.py:" in text
    assert "DestinationStopped: meta: GET https://graph.example/v26.0/1" in text


BREAKS = """
import sys, threading
from capi_jobs.telemetry import keep_secret
from capi_jobs.telemetry.logs import write_to
from tests.telemetry.test_logs import HOSTILE, TOKEN, break_with

def bug():
    break_with(ValueError(HOSTILE))

write_to(sys.stderr, sys.argv[1], 30)
keep_secret(TOKEN)
if sys.argv[1] == "json":
    thread = threading.Thread(target=bug)
    thread.start()
    thread.join()
bug()
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_bug_that_nobody_catches_tells_its_place_and_no_value(form: Format) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BREAKS, form],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PACKAGE.parent,
    )

    assert [one for one in NEVER if one in done.stderr] == []
    assert "ValueError" in done.stderr
    assert "break_with" in done.stderr
    if form == "json":
        told = [json.loads(line) for line in done.stderr.splitlines()]
        assert [one["message"] for one in told] == ["failed", "failed"]


def test_masks_leave_what_operators_need() -> None:
    kept = "run 2026-11-22-meta-web-1a2b3c4d, 1,000 of 1,000 events, HTTP 400: code 190"

    assert masked(kept) == kept
    assert masked("x" * 100_000).endswith("…")


def test_each_task_and_thread_has_its_own_fields(written: io.StringIO) -> None:
    log = a_log(written, "json")

    async def lane(name: str, reader: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        with bound(destination=name):
            await asyncio.sleep(0)
            await asyncio.to_thread(tell, log.info, "call answered", kind=name)
            read = carried(partial(tell, log.info, "rows validated", kind=name))
            await loop.run_in_executor(reader, read)

    async def both() -> None:
        with ThreadPoolExecutor(1) as reader, bound(run_id="r1"):
            await asyncio.gather(*(lane(name, reader) for name in ("meta", "tiktok")))

    asyncio.run(both())

    told = [(one["run_id"], one["destination"], one["kind"]) for one in lines(written)]
    assert (
        sorted(told) == [("r1", "meta", "meta")] * 2 + [("r1", "tiktok", "tiktok")] * 2
    )


def who_tells() -> str:
    """Return the code of every module that tells something."""
    texts = (path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    return "".join(text for text in texts if "from capi_jobs.telemetry" in text)


def test_every_event_that_is_told_is_documented_and_the_reverse() -> None:
    """f-strings are spelled out by hand: they have two forms."""
    code = who_tells()
    told = set(re.findall(r'tell\(\s*log\.\w+(?: if [^,]+)?,\s*"([^"]+)"', code))

    assert told | {"assessment began", "slice began"} == set(EVENTS)


def test_every_field_that_is_told_is_documented() -> None:
    code = who_tells()
    calls = re.findall(r"(?:tell\(\s*log\.|\bbound\()((?:[^()]|\([^()]*\))*)\)", code)
    names = {name for call in calls for name in re.findall(r"\b([a-z_]+)=", call)}

    assert names - set(FIELDS) == set()
    assert {"run_id", "batch_id"} <= names
