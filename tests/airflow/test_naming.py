"""What a destination is called in Airflow."""

from airflow.sdk import DAG, TaskGroup

from capi_jobs.airflow.naming import delivered_name, group_id, pool_name


def test_a_name_with_dots_can_be_a_group() -> None:
    with DAG("a_dag", schedule=None), TaskGroup(group_id("shop.de-1_x")) as group:
        pass

    assert group.group_id == "shop_dot_de-1_x"


def test_pool_and_asset_say_whose_they_are() -> None:
    assert pool_name("meta.main") == "capi_jobs_meta.main"
    assert delivered_name("meta.main") == "capi_jobs_delivered_meta_main"
