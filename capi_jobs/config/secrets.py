"""Where secrets come from. They are read when needed, masked everywhere, kept nowhere.

References are checked in `types.py`; who asks for them is `Settings.tokens`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capi_jobs.config.types import SecretRef
from capi_jobs.errors import ConfigFault

# A token is a few hundred bytes; a larger file is not one.
SECRET_BYTES_MAX = 16_384


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens one destination. Its repr shows nothing."""

    token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)


def secret_of(ref: SecretRef, environment: Mapping[str, str]) -> str:
    """Return the secret that `ref` names; ConfigFault says which is missing."""
    if ref.scheme == "env":
        text = environment.get(ref.place, "")
        missing = f"the environment variable {ref.place} is not set"
    elif ref.scheme == "file":
        text = _file_text(Path(ref.place))
        missing = f"there is no secret in the file {ref.place}"
    else:
        text, missing = "", f"{ref.scheme}:{ref.place} can be read inside Airflow only"
    if not text.strip():
        raise ConfigFault(missing)
    if not (text.strip().isascii() and text.strip().isprintable()):
        # It travels in a header or URL; no platform's token has anything else.
        raise ConfigFault(f"{ref.scheme}:{ref.place} holds more than one line of ASCII")
    return text.strip()


def _file_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
        return content.decode() if len(content) <= SECRET_BYTES_MAX else ""
    except (OSError, ValueError):
        return ""
