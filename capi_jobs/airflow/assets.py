"""Assets: the orders that a run waits for, the deliveries that others wait for."""

from typing import Any

from airflow.sdk import Asset, PartitionedAssetTimetable
from airflow.sdk.definitions.asset import AssetUriRef

from capi_jobs.airflow.naming import delivered_name
from capi_jobs.airflow.timetable import NightlyTimetable
from capi_jobs.config import Settings


def orders_asset(settings: Settings) -> AssetUriRef | None:
    """Return the orders' asset by its URI: its producer names and owns it.

    An asset of our own with the same URI and another name would be a conflict, in
    which Airflow stops both.
    """
    uri = settings.airflow.orders_asset
    # Airflow completes URIs, such as with a port: the producer's is complete, too.
    return Asset.ref(uri=Asset(uri).uri) if uri else None


def delivered_asset(destination: str) -> Asset:
    """Return what is updated when a day was delivered to a destination."""
    return Asset(delivered_name(destination), group="capi_jobs")


def nightly_schedule(settings: Settings) -> Any:  # noqa: ANN401 - whatever a DAG takes
    """Return when the nightly run starts: by the clock, or when the orders are there.

    Airflow gives an event with a day to timetables with partitions alone, and one
    without to the others alone: which of them comes is configured.
    """
    told, asset = settings.airflow, orders_asset(settings)
    if asset is None or told.trigger == "clock":
        return NightlyTimetable(told.schedule, timezone=settings.day_zone.key)
    if told.trigger == "asset_of_day":
        return PartitionedAssetTimetable(assets=asset)
    return [asset]
