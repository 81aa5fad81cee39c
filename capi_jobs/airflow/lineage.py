"""Lineage, where the OpenLineage provider is installed: orders in, deliveries out.

Told to Airflow's collector while a task runs, which passes it on; without a provider
that listens it does nothing. The scheme `capi-jobs` is registered by `provider.py`.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from airflow.sdk import Asset
from airflow.sdk.lineage import get_hook_lineage_collector

if TYPE_CHECKING:
    from openlineage.client.event_v2 import Dataset

    from capi_jobs.config import Settings

SCHEME = "capi-jobs"
_DELIVERIES = f"{SCHEME}://deliveries"


def orders_read(settings: "Settings", task: Any) -> None:  # noqa: ANN401 - operator
    """Say that this task reads the table of the orders, if it is named."""
    if uri := settings.airflow.orders_asset:
        get_hook_lineage_collector().add_input_asset(task, uri=uri)


def delivered(destination: str, task: Any) -> None:  # noqa: ANN401 - operator
    """Say that this task has delivered to a destination."""
    uri = f"{_DELIVERIES}/{quote(destination, safe='')}"
    get_hook_lineage_collector().add_output_asset(task, uri=uri)


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Take only what this file writes: ValueError says that a URI is no delivery."""
    if uri.netloc != "deliveries" or not uri.path.strip("/"):
        raise ValueError(f"a delivery is written {_DELIVERIES}/<destination>")
    return uri


def as_dataset(asset: Asset, _context: object) -> "Dataset":
    """Write a delivery in OpenLineage's words."""
    from openlineage.client.event_v2 import Dataset  # noqa: PLC0415 - is it installed

    return Dataset(namespace=_DELIVERIES, name=unquote(urlsplit(asset.uri).path[1:]))
