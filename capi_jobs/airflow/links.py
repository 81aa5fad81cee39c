"""Addresses of our pages in Airflow's web server, for approvals and notices.

The pages themselves are `plugin.py`.
"""

from urllib.parse import quote, urlencode

from airflow.sdk.configuration import conf
from airflow.sdk.types import RuntimeTaskInstanceProtocol

# Where `plugin.py` mounts its pages.
MOUNTED_AT = "/capi-jobs"


def report_link(run_id: str, destination: str | None = None) -> str:
    """Return the address of the report of one run; a path without `base_url`.

    The public address of Airflow is its own setting `[api] base_url`.
    """
    asked = f"?{urlencode({'destination': destination})}" if destination else ""
    return f"{base_url()}{MOUNTED_AT}/report/{quote(run_id, safe='')}{asked}"


def answer_link(task: RuntimeTaskInstanceProtocol) -> str:
    """Return the address where a task's question is answered.

    Airflow's own function refuses to name one where `base_url` is not set.
    """
    run = f"dags/{quote(task.dag_id)}/runs/{quote(task.run_id, safe='')}"
    return f"{base_url()}/{run}/tasks/{quote(task.task_id)}/required_actions"


def questions_link() -> str:
    """Return the address where Airflow lists what waits for an answer."""
    return f"{base_url()}/required_actions?response_received=false"


def base_url() -> str:
    """Return the public address of Airflow, without a slash at its end."""
    base: str = conf.get("api", "base_url", fallback="") or ""
    return base.rstrip("/")
