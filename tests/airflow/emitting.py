"""Runs a DAG that tells lineage as ours do; OpenLineage writes files of it.

A process of its own: OpenLineage reads its settings once.
"""

import json
import os
import sys
from pathlib import Path

from tests import airflow_home

DAG = """
from datetime import UTC, datetime
from types import SimpleNamespace

from airflow.sdk import dag, get_current_context, task

from capi_jobs.airflow import lineage

ORDERS = "postgres://warehouse/shop/public/orders"


@dag(schedule=None, start_date=datetime(2020, 1, 1, tzinfo=UTC))
def example():
    @task
    def assess():
        settings = SimpleNamespace(airflow=SimpleNamespace(orders_asset=ORDERS))
        lineage.orders_read(settings, get_current_context()["ti"].task)

    @task
    def report():
        lineage.delivered("meta.main", get_current_context()["ti"].task)

    assess() >> report()


example()
"""


def main(folder: Path) -> None:
    """Run it, and leave the events in the folder."""
    (folder / "example.py").write_text(DAG)
    transport = {"type": "file", "log_file_path": str(folder / "events")}
    os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"] = json.dumps(transport)
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(folder)
    airflow_home.database()
    _run(folder)


def _run(folder: Path) -> None:
    # Not before OpenLineage's settings are there.
    from airflow.dag_processing.bundles import manager  # noqa: PLC0415
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db  # noqa: PLC0415

    bundles = manager.DagBundlesManager()  # type: ignore[no-untyped-call] # Airflow's
    bundles.sync_bundles_to_db()
    bag = DagBag(str(folder), bundle_name="dags-folder")
    sync_bag_to_db(bag, "dags-folder", None)
    bag.dags["example"].test()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
