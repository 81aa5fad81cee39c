"""How lines of the log are written: as text, or as JSON, one object a line.

Set up by the command line alone; inside Airflow its own logging writes the lines.
"""

import json
import logging
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from traceback import extract_tb, format_exception
from types import TracebackType
from typing import Literal, Protocol

from capi_jobs.errors import CapiJobsError
from capi_jobs.telemetry.fields import Said, current, plain
from capi_jobs.telemetry.masking import masked

Format = Literal["text", "json"]

# Names that are ours alone: a mask for long words could hit them.
_IDENTITIES = frozenset({"run_id", "destination", "platform", "batch_id", "interval"})
# The innermost calls tell where it was.
_FRAMES_MAX = 8

_log = logging.getLogger("capi_jobs")


class Stream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object:
        """Write a line."""


def write_to(stream: Stream, form: Format, level: int) -> None:
    """Write our log from this level on, and others' warnings, to one stream.

    What libraries say below a warning may show what is personal: it is never written.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    _log.setLevel(level)
    sys.excepthook = _uncaught if form == "json" else _uncaught_as_text
    if form == "json":
        # Else these are lines that are not JSON.
        logging.captureWarnings(capture=True)
        threading.excepthook = _uncaught_in_thread


def _uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    _log.critical(Said("failed", current()), exc_info=(kind, error, trace))


def _uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        _uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _uncaught_as_text(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Show a bug as Python does, without what is known to be secret or personal."""
    sys.stderr.writelines(map(masked, format_exception(kind, error, trace)))


class JsonLines(logging.Formatter):
    """One JSON object a line; the fields are those of `names.FIELDS`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        message, fields = _parts(record)
        line = {
            "timestamp": _utc(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            **fields,
            **_raised(record),
        }
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """The same for eyes: what, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        message, fields = _parts(record)
        told = str(Said(message, {**fields, **_raised(record)}))
        return f"{_utc(record)} {record.levelname} {record.name} {told}"


def _parts(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    said = record.msg
    if isinstance(said, Said):
        return said.what, _masked(said.fields)
    return masked(record.getMessage()), _masked(current())


def _masked(fields: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value if name in _IDENTITIES else _harmless(value)
        for name, value in ((name, plain(value)) for name, value in fields.items())
    }


def _harmless(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked(name): _harmless(one) for name, one in value.items()}
    return [_harmless(one) for one in value] if isinstance(value, list) else value


def _raised(record: logging.LogRecord) -> dict[str, object]:
    """Name an exception and its place. Texts of others may hold anybody's data."""
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    _, error, trace = record.exc_info
    ours = f": {masked(str(error))}" if isinstance(error, CapiJobsError) else ""
    frames = extract_tb(trace)[-_FRAMES_MAX:]
    return {
        "error": f"{type(error).__name__}{ours}",
        "at": [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames],
    }


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _utc(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
