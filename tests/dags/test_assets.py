"""The producer of the orders starts the night, whatever it calls its asset."""

from datetime import UTC, datetime

import pytest
from airflow.assets.manager import AssetManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.asset import AssetDagRunQueue, AssetPartitionDagRun
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset
from airflow.serialization.definitions.assets import SerializedAssetUniqueKey
from airflow.utils.session import create_session
from sqlalchemy import delete, select, update

from tests.dags.stage import Stage
from tests.shop import Shop

pytestmark = pytest.mark.filterwarnings("default")  # Airflow's own warnings
URI = "postgres://warehouse/shop/public/orders"


def _producer() -> DAG:
    orders = Asset("the-orders-by-another-name", uri=URI)
    with DAG("load", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        EmptyOperator(task_id="load", outlets=[orders])
    return dag


def _known(bag: DagBag) -> None:
    """Let Airflow know these DAGs, and a load that brings the orders."""
    bag.bag_dag(_producer())
    with create_session() as session:
        if not session.get(DagBundleModel, "ours"):
            session.add(DagBundleModel(name="ours"))
    sync_bag_to_db(bag, "ours", None)
    with create_session() as session:
        session.execute(update(DagModel).values(is_paused=False))
        session.execute(delete(AssetDagRunQueue))
        session.execute(delete(AssetPartitionDagRun))


@pytest.mark.parametrize(
    ("trigger", "day", "started"),
    [
        ("asset", None, ["capi_nightly"]),
        ("asset_of_day", "2026-11-22", ["capi_nightly 2026-11-22"]),
        # Airflow hands events with a day to timetables with days alone, and so on.
        ("asset", "2026-11-22", []),
        ("asset_of_day", None, []),
        ("clock", None, []),
    ],
)
def test_an_update_of_the_orders_starts_a_run(
    shop: Shop, stage: Stage, trigger: str, day: str | None, started: list[str]
) -> None:
    more = f'trigger = "{trigger}"\norders_asset = "{URI}"\n'
    shop.configure(extra=shop.extra + more)
    _known(stage.bag())

    with create_session() as session:
        AssetManager.register_asset_change(
            asset=SerializedAssetUniqueKey(
                name="the-orders-by-another-name", uri=Asset(URI).uri
            ),
            partition_key=day,
            session=session,
        )
    with create_session() as session:
        plain = [
            f"{row.target_dag_id}" for row in session.scalars(select(AssetDagRunQueue))
        ]
        dayed = [
            f"{row.target_dag_id} {row.partition_key}"
            for row in session.scalars(select(AssetPartitionDagRun))
        ]

    assert plain + dayed == started
