"""What the expectations say to people, read from their files.

Great Expectations takes seconds to load, and a report needs its words alone. How rules
are run lives in `validation/`.
"""

from collections.abc import Mapping
from pathlib import Path

import orjson

from capi_jobs.report.contents import RuleWords

_SUITES = ("orders", "conversions")


def rule_words(folder: Path) -> Mapping[str, RuleWords]:
    """Return rule → words; a file that cannot be read says nothing here.

    `check` names what is wrong with a file; a report goes on without it.
    """
    words: dict[str, RuleWords] = {}
    for suite in _SUITES:
        try:
            told = orjson.loads((folder / f"{suite}.json").read_bytes())
            metas = [one["meta"] for one in told["expectations"] if "meta" in one]
            words |= {str(meta["rule"]): _words(meta) for meta in metas}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return words


def _words(meta: Mapping[str, object]) -> RuleWords:
    return RuleWords(*(str(meta.get(name) or "") for name in ("says", "do", "ask")))
