"""docker-compose.yml as Compose itself reads it, and Dockerfile line by line."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROFILES = ("", "celery")
SECONDS_MAX = 60  # takes half of one

Service = dict[str, Any]


def compose(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Type a command of Compose, without the developer's own `.env`."""
    command = [str(BIN / "docker-compose"), "--env-file", "/dev/null", *words]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )


@cache
def services(profile: str = "", **told: str) -> dict[str, Service]:
    """Return what Compose would start, with every variable filled in."""
    environment = {**told, "COMPOSE_PROFILES": profile}
    said = compose("config", "--format", "json", **environment)
    assert said.returncode == 0, said.stderr
    # Compose writes what it could read again: a dollar sign for a shell is doubled.
    found: dict[str, Service] = json.loads(said.stdout.replace("$$", "$"))["services"]
    return found


def ends_by_itself(service: Service) -> bool:
    return bool(service.get("healthcheck", {}).get("disable"))


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions: the word, and what follows it."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", text)
    found = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in found]


def final_stage() -> list[tuple[str, str]]:
    """Return the instructions of the image that is kept."""
    found = instructions()
    last = max(n for n, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def copied() -> Iterator[tuple[str, str]]:
    """Yield what the image has out of the checkout: from where, to where."""
    for word, rest in final_stage():
        if word == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            yield source, target


def image_environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    pairs = (
        pair.partition("=")
        for word, rest in final_stage()
        if word == "ENV"
        for pair in shlex.split(rest)
    )
    return {name: value for name, _, value in pairs}
