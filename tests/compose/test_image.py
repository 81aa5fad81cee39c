"""Dockerfile: linted, with locked wheels only, and no more than it needs."""

import re
import subprocess
import tomllib
from importlib.metadata import requires

from packaging.requirements import Requirement

from tests.compose.reading import (
    BIN,
    ROOT,
    SECONDS_MAX,
    copied,
    final_stage,
    instructions,
)

RUNS = [rest for word, rest in instructions() if word == "RUN"]


def test_hadolint_finds_nothing() -> None:
    said = subprocess.run(
        [BIN / "hadolint", ROOT / "Dockerfile"],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )

    assert (said.returncode, said.stdout) == (0, "")


def test_both_stages_have_the_same_pinned_base() -> None:
    """A wheel that fits one Python need not fit another."""
    bases = {rest.partition(" ")[0] for word, rest in instructions() if word == "FROM"}

    (base,) = bases
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base)


def test_whatever_is_fetched_is_a_wheel_with_a_hash() -> None:
    commands = [c for run in RUNS for c in run.split("&&") if " install " in c]
    fetching = [c for c in commands if "pip" in c and "dist/" not in c]

    assert len(fetching) == 2
    for command in fetching:
        assert "--require-hashes" in command
        assert "--only-binary :all:" in command


def needed_by(name: str) -> set[str]:
    """Return what a package needs, and what that needs, on this Python."""
    needs = [Requirement(line) for line in requires(name) or ()]
    here = {one.name for one in needs if not one.marker or one.marker.evaluate()}
    return {name}.union(*map(needed_by, here))


def test_the_build_backend_of_our_wheel_is_locked_whole() -> None:
    """The awk of a stage picks these out of requirements.lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    picked = re.search(r"names='([a-z|-]+)'", "".join(RUNS))

    assert picked
    assert project["build-system"]["requires"] == ["hatchling"]
    assert set(picked[1].split("|")) == needed_by("hatchling")


def test_it_runs_as_nobody_in_particular() -> None:
    users = [rest for word, rest in final_stage() if word == "USER"]
    after = [word for word, _ in final_stage()]

    assert users == ["50000:50000"]
    assert "RUN" not in after[after.index("USER") :]


def test_nothing_is_built_or_fetched_in_the_image_that_is_kept() -> None:
    kept = " ".join(rest for word, rest in final_stage() if word == "RUN")

    assert re.findall(r"\b(pip|apt-get|curl|wget|gcc|awk)\b", kept) == []


def test_all_that_is_copied_is_there_and_let_through() -> None:
    """`.dockerignore` leaves out everything but what it names."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    sources = {
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }

    assert {source.removeprefix("./") for source in sources} == allowed
    assert {s for s in allowed if not (ROOT / s).exists()} == set()
    assert "*" in ignored
    assert [target for _, target in copied() if not target.startswith("/opt/")] == []
