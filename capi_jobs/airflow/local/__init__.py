"""A whole Airflow on one machine, for trying the DAGs and for tests of them.

`python -m capi_jobs.airflow.local` is `make airflow`. Nothing here imports Airflow, or
is of use where an Airflow runs already.
"""

from capi_jobs.airflow.local.api import AirflowApi, ApiRefused
from capi_jobs.airflow.local.server import LocalAirflow, project_dags, running
from capi_jobs.airflow.local.settings import AirflowSettings

__all__ = [
    "AirflowApi",
    "AirflowSettings",
    "ApiRefused",
    "LocalAirflow",
    "project_dags",
    "running",
]
