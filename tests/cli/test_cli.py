import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.main import get_command

from capi_jobs import __version__
from capi_jobs.cli import app
from tests.shop import typed

HEAVY = (
    "pandas duckdb great_expectations sqlalchemy pyarrow httpx faker fastapi uvicorn"
    " alembic phonenumbers numpy"
).split()
# Every Typer application has these.
TYPERS = {"help", "install_completion", "show_completion"}
COMMANDS = (
    "demo init check platforms sandbox plan run preview approve hold report quarantine"
    " ledger audit trace verify reupload ui"
    " validation"
).split()


def _walk(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", None)
    yield " ".join(path), command
    for name, child in (children or {}).items():
        yield from _walk(child, (*path, name))


def _options() -> Iterator[tuple[str, object]]:
    for path, command in _walk(get_command(app)):
        for parameter in command.params:  # type: ignore[attr-defined]
            is_ours = parameter.name not in TYPERS
            if parameter.param_type_name == "option" and is_ours:
                yield f"{path} {parameter.opts[0]}".strip(), parameter


def test_every_command_is_there() -> None:
    assert sorted(get_command(app).commands) == sorted(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "option", [pytest.param(option, id=name) for name, option in _options()]
)
def test_every_option_has_an_environment_name_shown_in_help(option: object) -> None:
    name = getattr(option, "envvar", None)

    assert str(name).startswith("CAPI_JOBS_")
    assert getattr(option, "show_envvar", False)
    assert getattr(option, "help", None)


def test_no_secret_is_an_argument() -> None:
    """Arguments stand in the list of processes, for everybody on the machine."""
    words = re.compile(r"token|secret|passw|key|cred")
    found = {name for name, _ in _options() if words.search(name)}

    assert found == {"sandbox --token"}  # what the sandbox takes, which opens nothing


def test_the_traceback_of_a_bug_shows_no_values() -> None:
    code = (
        "import sys; from capi_jobs.cli import app\n"
        "@app.command()\n"
        "def broken():\n"
        "    token = '5e' + 'cret'\n"
        "    raise KeyError('a bug')\n"
        "sys.argv = ['capi-jobs', 'broken']\n"
        "app()"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )

    assert "KeyError: 'a bug'" in told.stderr
    assert "5ecret" not in told.stderr + told.stdout


def test_an_environment_name_means_the_same_option_everywhere() -> None:
    names: dict[str, set[str]] = {}
    for _, option in _options():
        names.setdefault(option.envvar, set()).add(option.opts[0])  # type: ignore[attr-defined]

    assert {name: opts for name, opts in names.items() if len(opts) > 1} == {}


@pytest.mark.parametrize(
    "path", [path for path, _ in _walk(get_command(app))], ids=lambda path: path or "-"
)
def test_every_command_explains_itself(path: str) -> None:
    said = typed(*path.split(), "--help")

    assert (said.code, said.err) == (0, "")
    assert "Usage: " in said.out


def test_help_tells_the_exit_codes() -> None:
    assert "0 done, 1 failed, 2 usage, 3 done but a person is" in typed("--help").out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner\n"
        "from capi_jobs.cli import app\n"
        "left = CliRunner().invoke(app, sys.argv[1:])\n"
        "assert left.exit_code == 0, left.output\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    for words in (["--help"], ["run", "--help"], ["ledger", "list", "--help"]):
        told = subprocess.run(
            [sys.executable, "-c", code, *words],
            check=True,
            capture_output=True,
            text=True,
        )
        assert set(told.stdout.split()) & set(HEAVY) == set()


def test_the_version_is_printed() -> None:
    assert typed("--version").out == f"capi-jobs {__version__}\n"


def test_an_unknown_command_is_a_mistake_of_usage() -> None:
    assert typed("sned").code == 2
