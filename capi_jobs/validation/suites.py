"""Suites of `expectations/`: found, read and checked; every fault is told at once.

Only rules about rows are taken: rows come in pages, so a rule about a whole table
would change its answer with the size of a page. Running them lives in `engine.py`.
"""

from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import orjson

from capi_jobs.errors import ConfigFault
from capi_jobs.validation.engine import make
from capi_jobs.validation.rule import Fault, Rule
from capi_jobs.validation.verdict import SEVERITIES

# Both must be there; an empty list of expectations switches a suite off.
NAMES = ("orders", "conversions")


def shipped() -> Path:
    """Find our own suites: inside an installed package, else beside the package."""
    inside = Path(str(files("capi_jobs"))) / "expectations"
    return inside if inside.is_dir() else inside.parents[1] / "expectations"


def read(
    folder: Path, columns: Mapping[str, Collection[str]]
) -> tuple[dict[str, tuple[Rule, ...]], list[Fault]]:
    """Read every suite of a folder; beside the rules comes all that is wrong."""
    suites: dict[str, tuple[Rule, ...]] = {}
    faults: list[Fault] = []
    for name in NAMES:
        path = folder / f"{name}.json"
        found = list(_rules(path, name, columns[name]))
        suites[name] = tuple(r for r in found if isinstance(r, Rule))
        faults += [f for f in found if isinstance(f, Fault)]
        faults += _twice(path, suites[name])
    return suites, faults


def refuse(faults: list[Fault]) -> None:
    """Raise one fault that names them all, if there are any."""
    if faults:
        told = "\n".join(f"  {fault}" for fault in faults)
        raise ConfigFault(
            f"{len(faults)} fault(s) in the expectations:\n{told}\n",
            do="mend them; docs/expectations.md lists the columns and the form",
        )


def _rules(path: Path, suite: str, columns: Collection[str]) -> Iterator[Rule | Fault]:
    try:
        told = orjson.loads(path.read_bytes())
    except OSError as error:
        yield Fault(str(path), f"cannot be read: {error.strerror}")
        return
    except ValueError as error:
        yield Fault(str(path), f"is no JSON: {error}")
        return
    expectations = told.get("expectations") if isinstance(told, dict) else None
    if not isinstance(expectations, list):
        yield Fault(str(path), 'wants {"name": …, "expectations": [ … ]}')
        return
    for place, one in enumerate(expectations, start=1):
        yield _rule(path, suite, columns, (place, one))


def _rule(
    path: Path, suite: str, columns: Collection[str], told: tuple[int, object]
) -> Rule | Fault:
    place, one = told
    if not isinstance(one, dict) or not isinstance(one.get("type"), str):
        return Fault(f"{path}: expectation {place}", 'wants {"type": …, "kwargs": …}')
    kwargs, meta = one.get("kwargs") or {}, one.get("meta") or {}
    if not isinstance(kwargs, dict) or not isinstance(meta, dict):
        return Fault(f"{path}: expectation {place}", "kwargs and meta are objects")
    looked_at = list(_columns_of(kwargs))
    rule = str(meta.get("rule") or ":".join([one["type"], *looked_at]))
    where = f"{path}: expectation {place} ({rule})"
    severity = one.get("severity", "critical")  # Great Expectations' own default
    what = _fault(looked_at, columns, severity)
    if what:
        return Fault(where, what)
    made = make(one["type"], kwargs, severity, rule)
    if isinstance(made, str):
        return Fault(where, made)
    return Rule(
        suite=suite,
        name=rule,
        column=", ".join(looked_at),
        severity=severity,
        mostly=float(made.mostly),
        says=str(meta.get("says") or f"the rule {rule} is broken"),
        do=str(meta.get("do") or ""),
        ask=str(meta.get("ask") or ""),
        expectation=made,
        # A condition may look at any column.
        columns=None if "row_condition" in kwargs else frozenset(looked_at),
    )


def _columns_of(kwargs: Mapping[str, object]) -> Iterator[str]:
    for name in ("column", "column_A", "column_B"):
        if name in kwargs:
            yield str(kwargs[name])
    several = kwargs.get("column_list")
    if isinstance(several, list):
        yield from map(str, several)


def _fault(told: list[str], columns: Collection[str], severity: object) -> str:
    unknown = [name for name in told if name not in columns]
    if unknown:
        return f"no such column: {', '.join(unknown)}"
    if severity not in SEVERITIES:
        return f"severity is one of {', '.join(SEVERITIES)}"
    return ""


def _twice(path: Path, rules: Collection[Rule]) -> Iterator[Fault]:
    seen: set[str] = set()
    for rule in rules:
        if rule.name in seen:
            yield Fault(f"{path}: {rule.name}", "two expectations have this rule name")
        seen.add(rule.name)
