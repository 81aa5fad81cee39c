"""Spans and metrics of a whole run, and what it is like without OpenTelemetry."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from capi_jobs.telemetry import bound, count, span
from capi_jobs.telemetry.names import ATTRIBUTES, FIELDS, METRICS, SPANS
from capi_jobs.telemetry.signals import switch_off, switch_on
from tests.shop import PERSONAL, TOKEN, Shop, an_order, orders, shop_in


class Heard:
    """What was handed to OpenTelemetry."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        meters = MeterProvider([self.reader], shutdown_on_exit=False)
        switch_on(tracers.get_tracer("test"), meters.get_meter("test"))

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def parents(self) -> set[tuple[str | None, str]]:
        names = {one.context.span_id: one.name for one in self.spans if one.context}
        return {
            (names[one.parent.span_id] if one.parent else None, one.name)
            for one in self.spans
        }

    def points(self) -> dict[str, dict[tuple[str, ...], Any]]:
        """Return each metric's points by their attributes, without the destination."""
        data = self.reader.get_metrics_data()
        found = dict[str, dict[tuple[str, ...], Any]]()
        for metric in data.resource_metrics[0].scope_metrics[0].metrics if data else ():
            for point in metric.data.data_points:
                left = {
                    k: str(v)
                    for k, v in (point.attributes or {}).items()
                    if k not in {"capi_jobs.destination", "capi_jobs.platform"}
                }
                value = getattr(point, "value", None) or getattr(point, "count", 0)
                found.setdefault(metric.name, {})[tuple(left.values())] = value
        return found


@pytest.fixture
def heard() -> Iterator[Heard]:
    try:
        yield Heard()
    finally:
        switch_off()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop_in(tmp_path_factory.mktemp("signals")) as made:
        yield made.configure(platforms=("meta",))


def test_a_run_is_a_tree_of_spans_and_the_metrics_say_what_became_of_orders(
    shop: Shop, heard: Heard
) -> None:
    shop.fill([*orders(3), an_order("bad", value="-5"), an_order("no")])
    shop.faults({"do": "refuse", "when": {"order_id": ["no"]}})

    told = shop.run(code=3)

    assert heard.parents() == {
        (None, "run"),
        ("run", "reconcile"),
        ("run", "validate"),
        ("run", "deliver"),
        ("deliver", "call"),
    }
    [run] = [one for one in heard.spans if one.name == "run"]
    assert dict(run.attributes or {}) == {
        "capi_jobs.run.id": told["run_id"],
        "capi_jobs.run.kind": "run",
    }
    calls = [one.attributes or {} for one in heard.spans if one.name == "call"]
    assert {
        "capi_jobs.run.id",
        "capi_jobs.destination",
        "capi_jobs.platform",
        "capi_jobs.batch.id",
        "capi_jobs.call.attempt",
        "capi_jobs.events",
        "capi_jobs.outcome",
        "http.response.status_code",
    } == set(calls[0])
    points = heard.points()
    assert points["capi_jobs.orders"] == {("missing",): 5}
    assert points["capi_jobs.orders.held"] == {("value_negative",): 1}
    assert points["capi_jobs.events"][("accepted",)] == 3
    assert points["capi_jobs.events"][("refused",)] == 1
    assert (
        sum(points["capi_jobs.calls"].values())
        == told["destinations"][0]["sent"]["requests"]
    )
    assert points["capi_jobs.call.duration"] == points["capi_jobs.calls"]
    assert points["capi_jobs.rows.validated"] == {(): 5}
    assert set(points) <= set(METRICS)
    everything = "".join(one.to_json() for one in heard.spans) + str(points)
    assert [x for x in (*PERSONAL, TOKEN, '"o-1"', '"no"') if x in everything] == []


def test_an_exception_is_named_by_its_kind_alone(heard: Heard) -> None:
    with (
        pytest.raises(ValueError, match="ada"),
        bound(run_id="r1", reason="ada@example.com"),
        span("run", order_id="o-1", email="ada@example.com"),
    ):
        raise ValueError("ada@example.com")

    [one] = heard.spans
    assert dict(one.attributes or {}) == {
        "capi_jobs.run.id": "r1",
        "error.type": "ValueError",
    }
    assert "ada" not in one.to_json()
    assert "o-1" not in one.to_json()


def test_a_metric_has_its_own_attributes_and_no_other(heard: Heard) -> None:
    with bound(run_id="r1", batch_id="b1", destination="meta", platform="meta"):
        count("capi_jobs.calls", 1, outcome="lost", reason="hello")

    assert heard.points() == {"capi_jobs.calls": {("lost",): 1}}


def test_attributes_are_fields_of_the_log_or_of_metrics() -> None:
    assert set(ATTRIBUTES) - set(FIELDS) == {"class", "rule"}
    used = {name for one in METRICS.values() for name in one.attributes}
    assert used - set(ATTRIBUTES) == set()
    assert not {"order_id", "event_id", "email", "token"} & set(ATTRIBUTES)
    assert {"run", "deliver", "call"} <= set(SPANS)


BLOCKED = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Block())
from capi_jobs.cli import app
app()
"""


def lines_of_the_page() -> list[dict[str, Any]]:
    page = Path(__file__).parents[2] / "docs" / "observability.md"
    text = page.read_text("utf-8").splitlines()
    return [json.loads(line) for line in text if line.startswith('{"timestamp"')]


def shapes(lines: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Say of each line what happened and which fields it has, in their order."""
    return [(one["message"], list(one)) for one in lines]


def test_without_the_package_a_run_works_and_says_what_is_missing(shop: Shop) -> None:
    """Every line of its log is JSON, names the run, and holds nothing personal."""
    shop.fill([an_order("late")])
    command = ["--log-format", "json", "run", "-i", shop.days, "-c", str(shop.config)]
    left = subprocess.run(
        [sys.executable, "-c", BLOCKED, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OTEL_TRACES_EXPORTER": "otlp"},
        timeout=120,
    )

    assert left.returncode in {0, 3}, left.stderr
    told = [json.loads(line) for line in left.stderr.splitlines()]
    assert told[0]["message"] == "exporting is not possible"
    assert "the extra `otel`" in told[0]["reason"]
    assert [one["message"] for one in told[1:]] == [
        "run began",
        "destination reconciled",
        "rows validated",
        "call answered",
        "run ended",
    ]
    assert {one["level"] for one in told[1:]} == {"info"}
    assert len({one["run_id"] for one in told[1:]}) == 1
    [call] = [one for one in told if one["message"] == "call answered"]
    assert (call["outcome"], call["events"]) == ("accepted", 1)
    assert {"destination", "platform", "batch_id", "seconds", "attempt"} <= set(call)
    assert [x for x in (*PERSONAL, TOKEN) if x in left.stderr] == []
    assert shapes(told[1:]) == shapes(lines_of_the_page())
