"""What the expectations say to people, read from their files.

Great Expectations takes seconds to load, and a report needs its words alone. How rules
are run lives in `validation/`.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import orjson

from capi_jobs.report.contents import RuleWords

_SUITES = ("orders", "conversions")


def rule_words(folder: Path | None = None) -> Mapping[str, RuleWords]:
    """Return rule → words of a folder, else of our own suites.

    `check` names what is wrong with a file; a report goes on without it.
    """
    return {rule: words for (_, rule), words in words_by_suite(folder).items()}


def words_by_suite(folder: Path | None = None) -> Mapping[tuple[str, str], RuleWords]:
    """Return the same by suite and rule: both suites count coverage, in other words."""
    folder = folder or _shipped()
    words: dict[tuple[str, str], RuleWords] = {}
    for suite in _SUITES:
        try:
            told = orjson.loads((folder / f"{suite}.json").read_bytes())
            metas = [one["meta"] for one in told["expectations"] if "meta" in one]
            words |= {(suite, str(meta["rule"])): _words(meta) for meta in metas}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return words


def _shipped() -> Path:
    """Find our own suites: inside an installed package, else beside the package."""
    inside = Path(str(files("capi_jobs"))) / "expectations"
    return inside if inside.is_dir() else inside.parents[1] / "expectations"


def _words(meta: Mapping[str, object]) -> RuleWords:
    return RuleWords(*(str(meta.get(name) or "") for name in ("says", "do", "ask")))
