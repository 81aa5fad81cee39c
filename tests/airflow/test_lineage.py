"""Lineage: what OpenLineage is told of orders and deliveries."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.sdk import Asset

from capi_jobs.airflow import lineage

ROOT = Path(__file__).parents[2]


def test_orders_are_an_input_and_deliveries_an_output(tmp_path: Path) -> None:
    """A DAG run by Airflow, with the provider's own transport to files."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.airflow.emitting", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    orders = ("postgres://warehouse:5432", "shop.public.orders")
    delivery = ("capi-jobs://deliveries", "meta.main")
    told = _told(tmp_path)
    assert told["example.assess", "inputs"] == [orders]
    assert told["example.assess", "outputs"] == []
    assert told["example.report", "outputs"] == [delivery]


def _told(folder: Path) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Read the last event of each task."""
    lines = (file.read_text() for file in folder.glob("events*"))
    return {
        (event["job"]["name"], side): [(d["namespace"], d["name"]) for d in event[side]]
        for event in map(json.loads, lines)
        for side in ("inputs", "outputs")
        if event["eventType"] == "COMPLETE"
    }


@pytest.mark.parametrize("destination", ["meta_main", "a.b-c", "with space/slash"])
def test_a_delivery_has_the_destinations_own_name(
    destination: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    collector = SimpleNamespace(add_output_asset=lambda task, uri: told.append(uri))
    monkeypatch.setattr(lineage, "get_hook_lineage_collector", lambda: collector)
    lineage.delivered(destination, object())
    normal = Asset(told[0]).normalized_uri
    assert normal is not None
    dataset = lineage.as_dataset(Asset(normal), None)
    assert (dataset.namespace, dataset.name) == ("capi-jobs://deliveries", destination)


def test_orders_without_a_name_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:  # noqa: ANN401
        raise AssertionError("nothing is to be told")

    monkeypatch.setattr(lineage, "get_hook_lineage_collector", refuse)
    unnamed: Any = SimpleNamespace(airflow=SimpleNamespace(orders_asset=None))
    lineage.orders_read(unnamed, object())


@pytest.mark.parametrize("uri", ["capi-jobs://elsewhere/m", "capi-jobs://deliveries/"])
def test_another_uri_of_our_scheme_is_no_delivery(uri: str) -> None:
    with pytest.raises(ValueError, match="capi-jobs://deliveries/<destination>"):
        lineage.sanitize_uri(urlsplit(uri))
