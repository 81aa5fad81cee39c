"""The part `commands` of docs/commands.md, made from the command line itself."""
# ruff: noqa: INP001 - beside a program, not in a package

import inspect
import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from capi_jobs.cli import app

# Every Typer application has these.
_TYPERS = {"help", "install_completion", "show_completion"}
_MARKUP = re.compile(r"\[/?(?:bold|dim|red|yellow|cyan)?\]")


def commands() -> str:
    """Describe every command: what it does, its arguments, options and variables."""
    parts = [_section(name, command) for name, command in _walk(get_command(app), ())]
    return "\n".join(parts)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - Typer's own click has no types
    children = getattr(command, "commands", {})
    if not children or not path:
        yield " ".join(("capi-jobs", *path)), command
    for name, child in children.items():
        yield from _walk(child, (*path, name))


def _section(name: str, command: Any) -> str:  # noqa: ANN401
    told = inspect.cleandoc(command.help or "").split("\n\n")[0].replace("\n", " ")
    rows = [row for parameter in command.params for row in _row(parameter)]
    lines = [f"### {name}", "", _MARKUP.sub("", told), ""]
    if rows:
        head = ["| write | or set | meaning |", "|---|---|---|"]
        lines += [*head, *rows, ""]
    return "\n".join(lines)


def _row(parameter: Any) -> Iterator[str]:  # noqa: ANN401
    if parameter.name in _TYPERS:
        return
    meaning = (getattr(parameter, "help", None) or "").replace("|", "\\|")
    if parameter.required:
        meaning = f"**Needed.** {meaning}".strip()
    variable = f"`{parameter.envvar}`" if parameter.envvar else "–"
    yield f"| {_written(parameter)} | {variable} | {meaning} |"


def _written(parameter: Any) -> str:  # noqa: ANN401
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.rstrip('_').upper()}`"
    names = ", ".join(f"`{one}`" for one in parameter.opts)
    return f"{names}, again and again" if parameter.multiple else names
