"""Who may see the pages inside Airflow: its own login, its own permissions.

Who may read the nightly DAG may look; who may trigger it may release and block.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import (
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.dag import DagModel
from airflow.sdk.configuration import conf
from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from capi_jobs.airflow.links import MOUNTED_AT
from capi_jobs.web.access import Person

# The DAG whose rights are asked about.
DAG_ID = "capi_nightly"
_SEE_OTHER = 303

_may_look = requires_access_dag("GET", param_dag_id=DAG_ID)


def _person(user: GetUserDep, _: Annotated[None, Depends(_may_look)]) -> Person:
    return Person(user.get_name(), may_change=_may_trigger(user))


def _may_trigger(user: BaseUser) -> bool:
    return get_auth_manager().is_authorized_dag(
        method="POST",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=DAG_ID, team_name=DagModel.get_team_name(DAG_ID)),
        user=user,
    )


class AirflowGuard:
    """Lets in whom Airflow knows."""

    framed_by = "'self'"  # Airflow's UI shows the pages in a frame of its own

    @property
    def person(self) -> Callable[..., Person]:
        """Ask Airflow: 401 without a login, 403 without the right to read the DAG."""
        return _person

    @property
    def secret(self) -> str:
        """Derive what signs forms: all API servers share the key, none uses ours."""
        key: str = conf.get("api", "secret_key")
        return hmac.new(key.encode(), b"capi-jobs pages", hashlib.sha256).hexdigest()

    def login(self, request: Request) -> Response | None:
        """Send a browser to the login, and back; programs are told."""
        if "text/html" not in request.headers.get("accept", ""):
            return None
        root = str(request.scope.get("root_path", "")).removesuffix(MOUNTED_AT)
        back = quote(str(request.url), safe="")
        return RedirectResponse(f"{root}/api/v2/auth/login?next={back}", _SEE_OTHER)
