from datetime import timedelta

import pytest

from capi_jobs.config.scheduling import OCCASIONS, Airflow
from tests.config.building import faults, settings


def test_without_a_table_nights_run_by_the_clock_and_silence_sends_nothing() -> None:
    made = settings().airflow

    assert (made.trigger, made.schedule, made.approval_unanswered) == (
        "clock",
        "0 3 * * *",
        "hold",
    )
    assert made == Airflow()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"schedule": "every night"}, "schedule"),
        ({"schedule": "@daily"}, "schedule"),
        ({"verify_schedule": "0 9 * *"}, "verify_schedule"),
        ({"trigger": "asset"}, "orders_asset"),
        ({"trigger": "asset_of_day"}, "orders_asset"),
        ({"reupload_folder": "ids"}, "reupload_folder"),
        ({"approval_timeout": "59s"}, "approval_timeout"),
        ({"approval_unanswered": "wait"}, "approval_unanswered"),
        ({"slice_orders": 0}, "slice_orders"),
        ({"slices_max": 257}, "slices_max"),
        ({"pool_slots": 0}, "pool_slots"),
        ({"retries": -1}, "retries"),
        ({"retries": 21}, "retries"),
        ({"data_owners": [""]}, "data_owners[0]"),
        ({"data_owner": ["dora"]}, "data_owner"),
    ],
    ids=str,
)
def test_a_table_that_cannot_work_is_refused_with_the_key(
    changes: dict[str, object], key: str
) -> None:
    (found,) = faults(airflow=changes)

    assert found.startswith(f"airflow.{key}: ")


def test_a_mistyped_key_is_answered_with_the_one_that_was_meant() -> None:
    (found,) = faults(airflow={"shedule": "0 3 * * *"})

    assert found == "airflow.shedule: unknown key; did you mean schedule?"


def test_an_asset_starts_the_run_when_it_is_named() -> None:
    uri = "postgres://warehouse/shop/analytics/orders"

    made = settings(airflow={"trigger": "asset", "orders_asset": uri}).airflow

    assert made.orders_asset == uri


def test_cron_may_be_written_with_any_spaces() -> None:
    made = settings(airflow={"schedule": " 30  2 * * 1-5 "}).airflow

    assert made.schedule == "30 2 * * 1-5"


def notification(**changes: object) -> dict[str, object]:
    valid: dict[str, object] = {"kind": "slack", "connection": "slack_capi"}
    return valid | changes


def test_who_is_told_is_told_everything_unless_said_otherwise() -> None:
    all_of_it = notification()
    some = notification(kind="email", to=["dora@shop.example"], on=["failed"])

    told = settings(airflow={"notifications": [all_of_it, some]}).airflow.notifications

    assert [one.on for one in told] == [OCCASIONS, ("failed",)]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"connection": ""}, "connection"),
        ({"on": []}, "on"),
        ({"on": ["sunshine"]}, "on[0]"),
        ({"kind": "email"}, "to"),
        ({"to": ["dora@shop.example"]}, "to"),
        ({"kind": "webhook", "channel": "#capi"}, "channel"),
    ],
    ids=str,
)
def test_a_notification_that_reaches_nobody_is_refused(
    changes: dict[str, object], key: str
) -> None:
    (found,) = faults(airflow={"notifications": [notification(**changes)]})

    assert found.startswith(f"airflow.notifications[0].{key}: ")


def test_the_wait_for_an_approval_is_a_span() -> None:
    made = settings(airflow={"approval_timeout": "2d"}).airflow

    assert made.approval_timeout == timedelta(days=2)


def test_a_mistyped_key_of_a_notification_is_compared_with_its_own() -> None:
    (found,) = faults(airflow={"notifications": [notification(chanel="#capi")]})

    assert found == (
        "airflow.notifications[0].chanel: unknown key; did you mean channel?"
    )
