"""Airflow's REST API as one user: log in, ask, tell.

Plain urllib, as httpx belongs to the calls to platforms. What is asked stands with
those who ask.
"""

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from capi_jobs.errors import CapiJobsError

# A page of the API takes well under a second; a busy machine takes more.
SECONDS_MAX = 30
# Airflow on SQLite answers 500 while another of its processes writes. Nothing was done
# then, so the same is asked again; a database that is broken stays so for longer.
_BUSY_WORDS = '"Database error"'
BUSY_SECONDS = (0.5, 1, 2, 4, 8)


class ApiRefused(CapiJobsError):
    """Airflow answered with an error: read it, its status says whose fault it is."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"Airflow answered {status}: {text}")
        self.status = status


class AirflowApi:
    """What one user may do. Airflow's own rights hold."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._headers = {"Content-Type": "application/json"}
        login = {"username": user, "password": password}
        token = self.ask("POST", "/auth/token", login)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON of Airflow's
        return self.ask("GET", f"/api/v2/{path}")

    def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401
        return self.ask("POST", f"/api/v2/{path}", body)

    def patch(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401
        return self.ask("PATCH", f"/api/v2/{path}", body)

    def ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Any:  # noqa: ANN401
        """Send a request; what Airflow refuses is raised with its words."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - our own loopback
            self.url + path, data, self._headers, method=method
        )
        for seconds in BUSY_SECONDS:
            try:
                return _sent(request)
            except ApiRefused as refused:
                if refused.status != HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                if _BUSY_WORDS not in str(refused):
                    raise
            time.sleep(seconds)
        return _sent(request)


def _sent(request: Request) -> Any:  # noqa: ANN401 - JSON of Airflow's
    try:
        with urlopen(request, timeout=SECONDS_MAX) as answer:  # noqa: S310
            text = answer.read()
    except HTTPError as refused:
        raise ApiRefused(refused.code, refused.read().decode()) from None
    return json.loads(text) if text else None


def health(url: str) -> dict[str, str]:
    """Return the status of each part; nothing where nobody answers yet."""
    try:
        with urlopen(f"{url}/api/v2/monitor/health", timeout=SECONDS_MAX) as answer:  # noqa: S310
            told = json.load(answer)
    except (OSError, HTTPException, ValueError):
        return {}
    return {name: str(part["status"]) for name, part in told.items()}
