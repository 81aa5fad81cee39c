"""What `make airflow` starts is ready for people, and gone when they leave."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from capi_jobs.airflow.local import AirflowApi
from capi_jobs.airflow.local.demo import DAGS
from capi_jobs.airflow.local.processes import in_sessions
from capi_jobs.airflow.local.settings import USERS

# It takes 12 s on an idle machine; ours may run the other tests beside.
PATIENCE_SECONDS = 180
PARTS = 6  # the sandbox, and Airflow's four with the triggerer's own child


@contextmanager
def typed(folder: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Type the command; in the end it is told to leave, whatever was found."""
    with (
        (folder / "progress").open("w") as progress,
        subprocess.Popen(
            [sys.executable, "-m", "capi_jobs.airflow.local", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=progress,
            text=True,
        ) as command,
    ):
        try:
            yield command
        finally:
            command.send_signal(signal.SIGTERM)
            command.communicate(timeout=PATIENCE_SECONDS)


def test_it_says_where_to_log_in_and_leaves_nothing_behind(tmp_path: Path) -> None:
    words = ["--folder", "demo", "--orders", "500", "--database", "sqlite"]
    with typed(tmp_path, *words) as command:
        said = until_ready(command)
        assert "Ctrl-C" in said, (tmp_path / "progress").read_text()
        [url] = re.findall(r"Airflow runs: (\S+)", said)
        passwords = dict(re.findall(r"^  (\w+) +(\w+)   ", said, re.MULTILINE))
        assert passwords.keys() == USERS.keys()
        dora = AirflowApi(url, "dora", passwords["dora"])
        dags = {dag["dag_id"]: dag["is_paused"] for dag in dora.get("dags")["dags"]}
        assert dags == dict.fromkeys(DAGS, False)
        leaders = [child.pid for child in psutil.Process(command.pid).children()]
        alive = in_sessions(leaders)
        assert len(alive) >= PARTS
    assert command.returncode == 0
    _, left = psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)
    assert left == []
    assert in_sessions(leaders) == []


def until_ready(command: "subprocess.Popen[str]") -> str:
    """Read what it says, up to the last line; nothing more comes if it broke."""
    lines = []
    for line in command.stdout or ():
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)
