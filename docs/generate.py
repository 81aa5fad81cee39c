"""Rewrite the generated parts of docs/: `python docs/generate.py [--check]`.

A part stands between `<!-- name -->` and `<!-- /name -->`. What each holds is made by
the function of that name below, from the code itself.
"""
# ruff: noqa: INP001 - a program, not a package

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from inspect import getdoc
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from capi_jobs.audit import CAUSES
from capi_jobs.config import (
    Airflow,
    ArrivalSettings,
    AuditSettings,
    DatabaseUrl,
    Delivery,
    Destination,
    GateSettings,
    LedgerSettings,
    Notification,
    Orders,
    SecretRef,
    SentEvents,
    Settings,
    Validation,
    Verify,
    Warehouse,
)
from capi_jobs.config.types import BaseUrl, ZoneName, span_text
from capi_jobs.identity.hashing import ANSWERS_REMEMBERED
from capi_jobs.jobs.house import RECONCILE_MB
from capi_jobs.lifecycle import TRANSITIONS
from capi_jobs.platforms import NAMES, platform_named
from capi_jobs.preparation.kept import KEPT_BYTES_MAX, KEPT_FOR, SEALED_BYTES_MAX
from capi_jobs.telemetry.names import ATTRIBUTES, EVENTS, FIELDS, METRICS, SPANS
from capi_jobs.transport import ANSWER_BYTES_MAX
from docs.command_reference import commands

DOCS = Path(__file__).parent
ROOT = DOCS.parent

# ── lifecycle ───────────────────────────────────────────────────────────────────


def lifecycle() -> str:
    """Draw `TRANSITIONS`; events between the same two statuses share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, event), after in TRANSITIONS.items():
        arrows.setdefault((before or "[*]", after), []).append(event)
    lines = [
        f"    {before} --> {after}: {', '.join(events)}"
        for (before, after), events in arrows.items()
    ]
    return _mermaid(["stateDiagram-v2", "    direction LR", *lines])


# ── layers and rooms ────────────────────────────────────────────────────────────


def layers() -> str:
    """Draw the import contract, one box a layer."""
    rows = _layers()
    boxes = [f'    l{n}["{" · ".join(rooms)}"]' for n, rooms in enumerate(rows)]
    arrows = [f"    l{n} --> l{n + 1}" for n in range(len(rows) - 1)]
    return _mermaid(["flowchart TD", *boxes, *arrows])


def rooms() -> str:
    """List the rooms from the top down, each with its docstring's first sentence."""
    names = [room for row in _layers() for room in row]
    told = [(f"`{name}`", _first_sentence(name)) for name in (*names, "sandbox")]
    return _table(("room", "what lives there"), told)


def _layers() -> list[list[str]]:
    """Return the rooms that exist, layer by layer, as the import contract has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    rows = [re.findall(r"\w+", layer) for layer in contract["layers"]]
    standing = [[room for room in row if _source(room)] for row in rows]
    return [row for row in standing if row]


def _source(room: str) -> Path | None:
    package = ROOT / "capi_jobs"
    files = (package / f"{room}.py", package / room / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _first_sentence(room: str) -> str:
    file = _source(room)
    text = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "") if file else ""
    return " ".join(text.split("\n\n")[0].split())


# ── settings ────────────────────────────────────────────────────────────────────

_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Above all tables", Settings),
    ("`[warehouse]`", Warehouse),
    ("`[ledger]`", LedgerSettings),
    ("`[orders]`", Orders),
    ("`[[sent_events]]`", SentEvents),
    ("`[validation]`", Validation),
    ("`[gate]`", GateSettings),
    ("`[delivery]`", Delivery),
    ("`[audit]`", AuditSettings),
    ("`[verify]`", Verify),
    ("`[airflow]`", Airflow),
    ("`[[airflow.notifications]]`", Notification),
    ("`[[destinations]]`", Destination),
    ("`[destinations.arrival]`", ArrivalSettings),
)

_WORDS: tuple[tuple[object, str], ...] = (
    (ZoneName, "time zone"),
    (BaseUrl, "address"),
    (DatabaseUrl, "database URL"),
    (SecretRef, "place of a secret"),
    (timedelta, "span of time"),
    (Path, "path"),
    (bool, "`true` or `false`"),
    (int, "whole number"),
    (float, "number"),
    (str, "text"),
)


def settings() -> str:
    """Describe every setting, table by table."""
    return "\n".join(_section(title, model) for title, model in _TABLES)


def _section(title: str, model: type[BaseModel]) -> str:
    fields = {k: f for k, f in model.model_fields.items() if not _is_table(f)}
    head: tuple[str, ...] = ("key", "takes", "default", "meaning")
    rows: list[tuple[str, ...]] = [
        (f"`{key}`", _takes(field), _default(field), field.description or "")
        for key, field in fields.items()
    ]
    reasons = [_why(field) for field in fields.values()]
    if any(reasons):
        head = (*head, "why this default")
        rows = [(*row, why) for row, why in zip(rows, reasons, strict=True)]
    return f"## {title}\n\n{getdoc(model)}\n\n{_table(head, rows)}"


def _is_table(field: FieldInfo) -> bool:
    """Say whether a field is a table of its own, with a heading of its own."""
    inner = [field.annotation, *get_args(field.annotation)]
    return any(isinstance(t, type) and issubclass(t, BaseModel) for t in inner)


def _takes(field: FieldInfo) -> str:
    words = _type_words(field.annotation)
    bounds = list(_bounds(field.metadata))
    return f"{words}, {' and '.join(bounds)}" if bounds else words


def _type_words(kind: Any) -> str:  # noqa: ANN401 - any annotation
    for known, words in _WORDS:
        if kind is known or kind == known:
            return words
    origin = get_origin(kind)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if origin in {Annotated, Union, UnionType}:
        # What follows is checks, or None.
        return _type_words(get_args(kind)[0])
    return {tuple: "list of texts", dict: "table of texts"}[origin]


def _bounds(metadata: Sequence[object]) -> Iterator[str]:
    for name, words in (
        ("ge", "at least"),
        ("gt", "above"),
        ("le", "at most"),
    ):
        for bound in metadata:
            if (value := getattr(bound, name, None)) is not None:
                yield f"{words} {value:,}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ({}, ()):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, timedelta):
        return f"`{span_text(value)}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value:,}`" if isinstance(value, int) else f"`{value}`"


def _why(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra.get("why", "")) if isinstance(extra, dict) else ""


# ── bounds ──────────────────────────────────────────────────────────────────────


def bounds() -> str:
    """List what grows with the shop, and where it stops."""
    work, joins = Delivery(), f"{RECONCILE_MB} MB: tables on disk, joined in parts"
    page = (
        f"one page of {work.page_rows:,}; ready ones, and rows that were read ahead,"
        " a page per destination"
    )
    calls = f"{work.in_flight_max} in flight per destination, of the platform's size"
    answer = f"{ANSWER_BYTES_MAX // 2**20} MB, then the call counts as lost"
    mb, span = KEPT_BYTES_MAX // 2**20, span_text(KEPT_FOR)
    gb = SEALED_BYTES_MAX // 2**30
    kept = f"{mb} MB, then {gb} GB sealed, for {span}; the rest is prepared again"
    remembered = f"at most {ANSWERS_REMEMBERED:,} answers a form"
    return _table(
        ("what grows with the shop", "its bound", "set by"),
        (
            ("keys being joined", joins, "`reconcile/parting.py`"),
            ("whole orders", page, "`[delivery] page_rows`"),
            ("what a run prepared and sends at once", kept, "`preparation/kept.py`"),
            ("calls", calls, "`[delivery] in_flight_max`, the platform's limits"),
            ("answers", answer, "`transport.py`"),
            ("normal forms that are remembered", remembered, "`identity/`"),
            ("the report", "samples and groups are cut, sums are not", "`report/`"),
        ),
    )


# ── readings ────────────────────────────────────────────────────────────────────


def readings() -> str:
    """List each platform's windows, as they are sent by and as they may be loosened."""
    head = ("platform", "what", "default", "at most")
    rows = [row for name in NAMES for row in _readings(name)]
    return _table(head, rows)


def _readings(name: str) -> Iterator[tuple[str, ...]]:
    limits = platform_named(name).limits
    window = span_text(limits.dedup_window), span_text(limits.dedup_window_ceiling)
    yield (name, "`dedup_window`", *window)
    for source, age in limits.event_age_max.items():
        most = span_text(limits.event_age_ceiling[source])
        yield (name, f"`event_age_max`, {source}", span_text(age), most)


# ── causes ─────────────────────────────────────────────────────────────────────


def causes() -> str:
    """List what an audit can find, in order of precedence within each kind."""
    head = ("kind", "cause", "what it means", "what to do", "needs a person")
    rows = [
        (one.kind, f"`{one.name}`", one.says, one.do, "yes" if one.needs_person else "")
        for one in CAUSES
    ]
    return _table(head, rows)


# ── observability ──────────────────────────────────────────────────────────────


def fields() -> str:
    """List what a line of the log may carry."""
    return _table(("field", "what it is"), _coded(FIELDS))


def events() -> str:
    """List what capi-jobs itself says in the log."""
    return _table(("message", "when"), _coded(EVENTS))


def spans() -> str:
    """List the spans of a run."""
    return _table(("span", "what it covers"), _coded(SPANS))


def attributes() -> str:
    """List what spans and metrics carry; nothing else leaves the process."""
    of = {**FIELDS, "class": "the class of orders", "rule": "the rule that holds them"}
    rows = [(f"`{name}`", of[field]) for field, name in ATTRIBUTES.items()]
    return _table(("attribute", "what it is"), rows)


def metrics() -> str:
    """List the metrics."""
    rows = [
        (
            f"`{name}`",
            one.kind,
            f"`{one.unit}`",
            ", ".join(f"`{ATTRIBUTES[each]}`" for each in one.attributes),
            one.says,
        )
        for name, one in METRICS.items()
    ]
    return _table(("metric", "kind", "unit", "attributes", "what it says"), rows)


def _coded(told: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", says) for name, says in told.items()]


# ── writing ─────────────────────────────────────────────────────────────────────


def _mermaid(lines: Sequence[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n"
        for line in lines
    )


PARTS: dict[str, Callable[[], str]] = {
    "lifecycle": lifecycle,
    "layers": layers,
    "rooms": rooms,
    "settings": settings,
    "bounds": bounds,
    "readings": readings,
    "commands": commands,
    "causes": causes,
    "fields": fields,
    "events": events,
    "spans": spans,
    "attributes": attributes,
    "metrics": metrics,
}
_PART = re.compile(r"<!-- (?P<name>\w+) -->\n.*?<!-- /(?P=name) -->", re.DOTALL)


def rewritten(page: str) -> str:
    """Return a page with all of its generated parts made anew."""

    def part(found: re.Match[str]) -> str:
        name = found["name"]
        return f"<!-- {name} -->\n{PARTS[name]().strip()}\n<!-- /{name} -->"

    return _PART.sub(part, page)


def stale(folder: Path = DOCS) -> dict[Path, str]:
    """Return each page that is not as the code has it, as it should be."""
    pages = {path: path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))}
    anew = {path: rewritten(text) for path, text in pages.items()}
    return {path: text for path, text in anew.items() if text != pages[path]}


def main(arguments: Sequence[str], folder: Path = DOCS) -> int:
    """Rewrite the pages, or with --check only name those that are stale."""
    found = stale(folder)
    for path, text in found.items():
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
        sys.stdout.write(f"{path.name}\n")
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
