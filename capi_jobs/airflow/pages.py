"""Our pages inside Airflow's web server; the pages themselves are `capi_jobs/web`.

Airflow gives applications of plugins no login of their own: `guard.py` asks for it.
"""

from fastapi import FastAPI

from capi_jobs.airflow.guard import AirflowGuard
from capi_jobs.airflow.links import questions_link
from capi_jobs.airflow.vault import airflow_vault
from capi_jobs.web import create_app
from capi_jobs.web.office import Office


def create_pages() -> FastAPI:
    """Make the application, with secrets out of Airflow's connections."""
    app = create_app(Office(vault=airflow_vault), AirflowGuard())
    # A nightly run is answered where its task waits: `web/views/asking.py`.
    app.state.airflow_at = questions_link()
    return app
