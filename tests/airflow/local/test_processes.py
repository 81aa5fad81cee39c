"""Commands in the background end with us, and say why when they end before."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from capi_jobs.airflow.local.processes import (
    NOTE,
    Processes,
    in_sessions,
    remove_leftovers,
)
from capi_jobs.errors import CapiJobsError

# Stays, deaf to polite words, with a child in a process group of its own.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                 process_group=0)
print("ready", flush=True)
time.sleep(600)
"""
PATIENCE_SECONDS = 30


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path, {"PATH": os.environ["PATH"], "SAID": "hello"})
    yield made
    made.stop()


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def until_ready(log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while "ready" not in log.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_command_gets_the_environment_and_its_words_go_to_its_log(
    processes: Processes,
) -> None:
    processes.start("hello", python("import os; print(os.environ['SAID'])"))
    processes.finish("hello", PATIENCE_SECONDS)
    assert processes.log("hello").read_text() == "hello\n"


def test_a_command_that_fails_is_told_with_the_end_of_its_log(
    processes: Processes,
) -> None:
    processes.start("broken", python("raise SystemExit('no such thing')"))
    with pytest.raises(CapiJobsError, match=r"broken ended with 1(.|\n)*no such thing"):
        processes.finish("broken", PATIENCE_SECONDS)


def test_one_that_leaves_unasked_is_noticed(processes: Processes) -> None:
    processes.start("short", python("raise SystemExit(3)"))
    processes.running["short"].wait()
    with pytest.raises(CapiJobsError, match="short ended with 3"):
        processes.check()


def test_what_does_not_listen_is_killed_with_its_children(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capi_jobs.airflow.local.processes.STOP_SECONDS_MAX", 0.1)
    processes.start("stubborn", python(STUBBORN))
    until_ready(processes.log("stubborn"))
    leader = processes.running["stubborn"].pid
    alive = in_sessions([leader])
    processes.stop()
    assert len(alive) == 2
    _, left = psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)
    assert left == []
    assert processes.running == {}


def test_only_the_named_ones_are_stopped(processes: Processes) -> None:
    for name in ("one", "two"):
        processes.start(name, python("import time; time.sleep(600)"))
    processes.stop("one")
    assert list(processes.running) == ["two"]


def test_what_a_killed_owner_left_is_killed(
    processes: Processes, tmp_path: Path
) -> None:
    processes.start("left", python("import time; time.sleep(600)"))
    note = tmp_path / NOTE
    noted = json.loads(note.read_text())
    # The owner's number was given to another since: it started at another time.
    noted["owner"][1] -= 1
    note.write_text(json.dumps(noted))
    remove_leftovers(tmp_path)
    assert processes.running["left"].wait(PATIENCE_SECONDS) == -9


def test_an_owner_that_lives_is_not_disturbed(
    processes: Processes, tmp_path: Path
) -> None:
    processes.start("busy", python("import time; time.sleep(600)"))
    with pytest.raises(CapiJobsError, match=f"process {os.getpid()} runs an Airflow"):
        remove_leftovers(tmp_path)
    assert processes.running["busy"].poll() is None
