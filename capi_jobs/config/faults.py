"""What is wrong with a configuration, in words, each fault with its path.

Values are never shown: one of them may be a secret. What is a fault is said by the
sections and their types.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from capi_jobs.errors import ConfigFault

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

# What a terminal shows without scrolling; the rest is counted.
FAULTS_SHOWN = 40
# Enough to know a key again.
_KEY_CHARACTERS_SHOWN = 64

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "tuple_type": "must be a list in [brackets]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "has a character, or a length, that cannot be here",
    "too_short": "is empty",
}


def config_fault(what: str, lines: Iterable[str]) -> ConfigFault:
    """Put all faults into one exception, a line each."""
    found = list(lines)
    more = len(found) - FAULTS_SHOWN
    shown = found[:FAULTS_SHOWN] + ([f"and {more} more"] if more > 0 else [])
    listed = "".join(f"\n  - {line}" for line in shown)
    return ConfigFault(
        f"{what}: {len(found)} fault{'' if len(found) == 1 else 's'}{listed}\n",
        do="mend them; docs/configuration.md lists every setting",
    )


def fault_lines(
    error: "ValidationError", known: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """Write each of pydantic's faults; `known` are the keys of each section."""
    faults = error.errors(include_input=False, include_url=False)
    broken = {
        fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))
    }
    for fault in faults:
        if fault["type"] == "too_short" and fault["loc"] in broken:
            continue  # Empty only because nothing in it is right.
        yield f"{_place(fault['loc'])}: {_message(fault, known)}"


def _place(parts: tuple[int | str, ...]) -> str:
    written = "".join(
        f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in parts
    )
    return written.lstrip(".") or "the file"


def _message(fault: "ErrorDetails", known: Mapping[str, Iterable[str]]) -> str:
    if fault["type"] == "extra_forbidden":
        return _unknown(fault["loc"], known)
    words: str = _WORDS.get(fault["type"], fault["msg"])
    return words.removeprefix("Value error, ").replace("Input should be", "must be")


def _unknown(parts: tuple[int | str, ...], known: Mapping[str, Iterable[str]]) -> str:
    section = ".".join(str(part) for part in parts[:-1] if isinstance(part, str))
    return f"unknown key{meant(parts[-1], known.get(section, ()))}"


def meant(word: Any, known: Iterable[str]) -> str:  # noqa: ANN401  # as TOML has it
    """Ask whether a known word was meant, if one is near."""
    near = get_close_matches(str(word)[:_KEY_CHARACTERS_SHOWN], list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _shown(part: str) -> str:
    cut = part[:_KEY_CHARACTERS_SHOWN]
    safe = cut if cut.isprintable() else repr(cut)
    return safe + "…" if len(part) > len(cut) else safe
