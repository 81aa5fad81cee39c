"""Markdown that says what it is given and nothing else, whoever renders it.

Names of rules and words of platforms may hold anything; Airflow renders a body as a
Jinja template first and as Markdown with tables then.
"""

import re
from collections.abc import Iterable, Sequence

from capi_jobs.report.sentences import printable

# Jinja's brackets, HTML's, a table's bar, and what Markdown would take for its own. An
# underscore within a word is none: rules have such names.
_SPECIAL = re.compile(
    r"[\\`*{}\[\]<>#~|&!@$^]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|:(?=//)|(?<=www)\.|^[-+](?=[-\s]|$)|(?<=^\d)[.)](?=\s|$)",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Write foreign text so that it is shown as it is, on one line."""
    return _SPECIAL.sub(_entity, printable(" ".join(text.split())))


def bullets(lines: Iterable[str]) -> list[str]:
    """Write a list of lines that are Markdown already."""
    return [f"- {line}" for line in lines]


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1
) -> list[str]:
    """Write a table of cells that are Markdown already; figures after `texts`."""
    marks = ["---" if n < texts else "---:" for n in range(len(head))]
    return [_line(head), _line(marks), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _entity(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(each)};" for each in found[0])
