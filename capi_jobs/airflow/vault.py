"""Secrets out of Airflow connections: `token = "airflow:meta_token"` and the like.

Read through the Task SDK, so any secrets backend works: in a task, and in the
API server, too. What else a secret can be is `config/secrets.py`.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from capi_jobs.config import Settings
from capi_jobs.errors import ConfigFault

_POSTGRES = frozenset({"postgres", "postgresql"})
_FILES = frozenset({"sqlite", "duckdb"})
# Also what Airflow makes of a type whose provider is not installed.
_NO_DATABASE = frozenset({"", "generic"})
# Extras of a PostgreSQL connection that are libpq's own; others (`cursor`, `iam`) are
# of Airflow's hook alone, and libpq refuses what it does not know.
_LIBPQ = frozenset(
    """
    application_name channel_binding connect_timeout gssencmode host keepalives
    keepalives_count keepalives_idle keepalives_interval options passfile
    sslcert sslcrl sslkey sslmode sslpassword sslrootcert target_session_attrs
    """.split()
)


def airflow_vault(conn_id: str, field: str) -> str:
    """Return a connection's `token`, `app_secret` or `url`; its text is masked."""
    connection = _connection(conn_id)
    if field == "token":
        found = connection.password
        wanted = "password"
    elif field == "app_secret":
        found = _extras(connection).get("app_secret")
        wanted = "extra field app_secret"
    else:
        found = _url(connection)
        wanted = "database (a type such as postgres, or an extra sqlalchemy_url)"
    if not isinstance(found, str) or not found.strip():
        raise ConfigFault(
            f"the Airflow connection {conn_id!r} has no {wanted}",
            do="fill it in: Airflow's page Admin > Connections, or its secrets backend",
        )
    mask_secret(found.strip())
    return found.strip()


def mask_own_secrets(settings: Settings) -> None:
    """Mask what stands in variables and files, too, though nothing of ours logs it."""
    for one in settings.destinations:
        # Without a vault those of Airflow are faults; whoever needs one says so.
        with suppress(ConfigFault):
            found = settings.tokens((one,))[one.name]
            mask_secret(found.token)
            mask_secret(found.app_secret or "")
        with suppress(ConfigFault):
            mask_secret(settings.reading_secrets(one).token)


def _connection(conn_id: str) -> Connection:
    try:
        connection: Connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        raise ConfigFault(
            f"there is no Airflow connection {conn_id!r}",
            do="add it: Airflow's page Admin > Connections, or its secrets backend",
        ) from None
    except Exception as error:  # noqa: BLE001 - backends raise what they like
        # Its text may hold what the backend was asked with.
        raise ConfigFault(
            f"the Airflow connection {conn_id!r} cannot be read:"
            f" {type(error).__name__}",
            do="look at Airflow's secrets backend",
        ) from None
    return connection


def _extras(connection: Connection) -> dict[str, Any]:
    extras: object = connection.extra_dejson
    return extras if isinstance(extras, dict) else {}


def _url(connection: Connection) -> str:
    """Write the URL that SQLAlchemy takes; an extra `sqlalchemy_url` is one already."""
    extras = _extras(connection)
    if given := extras.get("sqlalchemy_url"):
        return str(given)
    kind = (connection.conn_type or "").lower().replace("-", "_")
    if kind in _FILES:
        # A form has the path as host; a URI with four slashes as schema.
        path = connection.host or connection.schema
        return f"{kind}:///{path}" if path else ""
    if kind in _NO_DATABASE:
        return ""
    if not connection.host and not connection.schema and "host" not in extras:
        return ""
    if kind in _POSTGRES:
        known = {name: extras[name] for name in sorted(_LIBPQ & extras.keys())}
        return _networked("postgresql+psycopg", connection, known)
    return _networked(kind.replace("_", "+"), connection, {})


def _networked(scheme: str, connection: Connection, query: dict[str, object]) -> str:
    user = quote(connection.login or "", safe="")
    if connection.password:
        # Masked alone as well: a driver's message may show it without the URL.
        mask_secret(quote(connection.password, safe=""))
        user += ":" + quote(connection.password, safe="")
    host = connection.host or ""
    place = f"[{host}]" if ":" in host and not host.startswith("[") else host
    if place.startswith("/"):
        # A folder of sockets is no host of a URL.
        place, query = "", {**query, "host": place}
    port = f":{connection.port}" if connection.port else ""
    at = "@" if user else ""
    database = quote(connection.schema or "", safe="")
    asked = f"?{urlencode(query)}" if query else ""
    return f"{scheme}://{user}{at}{place}{port}/{database}{asked}"
