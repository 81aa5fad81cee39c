"""What OTEL_* asks for: nothing, unless an exporter or an endpoint is named."""

import pytest

from capi_jobs.config.exports import exports

HTTP = ("otlp_proto_http",)


@pytest.mark.parametrize(
    ("told", "traces", "metrics"),
    [
        ({}, (), ()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, HTTP, HTTP),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, HTTP, ()),
        ({"OTEL_TRACES_EXPORTER": "otlp,console"}, (*HTTP, "console"), ()),
        ({"OTEL_METRICS_EXPORTER": "console"}, (), ("console",)),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_METRICS_EXPORTER": "none",
            },
            ("otlp_proto_grpc",),
            (),
        ),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "TRUE"}, (), ()),
    ],
    ids=["nothing", "endpoint", "traces", "two", "metrics", "grpc", "disabled"],
)
def test_what_is_exported(
    told: dict[str, str], traces: tuple[str, ...], metrics: tuple[str, ...]
) -> None:
    asked = exports(told)

    assert (asked.traces, asked.metrics) == (traces, metrics)
    assert bool(asked) is bool(traces or metrics)


def test_the_service_is_ours_unless_the_environment_names_it() -> None:
    assert exports({}).service == "capi-jobs"
    assert exports({"OTEL_SERVICE_NAME": "shop"}).service is None
    assert (
        exports({"OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=shop"}).service is None
    )
