"""Where secrets come from. They are read when needed, masked everywhere, kept nowhere.

References are checked in `types.py`; who asks for them is `Settings.tokens`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capi_jobs.config.types import DatabaseUrl, SecretRef
from capi_jobs.errors import ConfigFault
from capi_jobs.telemetry import keep_secret

# A token is a few hundred bytes; a larger file is not one.
SECRET_BYTES_MAX = 16_384


# Connection id and what is wanted of it (`token`, `app_secret` or `url`) → the text.
# ConfigFault where there is none. Airflow's own is `airflow/vault.py`.
Vault = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens one destination. Its repr shows nothing."""

    token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)


def secret_of(
    ref: SecretRef,
    environment: Mapping[str, str],
    wanted: str = "token",
    vault: Vault | None = None,
) -> str:
    """Return the secret that `ref` names; ConfigFault says which is missing."""
    if ref.scheme == "env":
        text = environment.get(ref.place, "")
        missing = f"the environment variable {ref.place} is not set"
    elif ref.scheme == "file":
        text = _file_text(Path(ref.place))
        missing = f"there is no secret in the file {ref.place}"
    elif vault is None:
        text, missing = "", f"{ref} can be read inside Airflow only"
    else:
        text = vault(ref.place, wanted)
        missing = f"the connection {ref.place} has no {wanted}"
    if not text.strip():
        raise ConfigFault(missing)
    if not (text.strip().isascii() and text.strip().isprintable()):
        # It travels in a header or URL; no platform's token has anything else.
        raise ConfigFault(f"{ref} holds more than one line of ASCII")
    keep_secret(text.strip())
    return text.strip()


def opened_url(url: DatabaseUrl, vault: Vault | None) -> DatabaseUrl:
    """Look up a database that stands as `airflow:CONN_ID`; any other URL as it is."""
    if not url.connection:
        return url
    if vault is None:
        raise ConfigFault(
            f"the database {url} can be read inside Airflow only",
            do="write its URL, or env:NAME, where commands need it, too",
        )
    return DatabaseUrl(vault(url.connection, "url"))


def _file_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
        return content.decode() if len(content) <= SECRET_BYTES_MAX else ""
    except (OSError, ValueError):
        return ""
