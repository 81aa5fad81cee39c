"""What OpenTelemetry's own variables ask for; their names are its specification's.

Only which exporters there are is read here: all else the SDK reads by itself.
"""

import os
from collections.abc import Mapping

from capi_jobs.telemetry.exporting import Exports

# Over HTTP, as the specification recommends; the extra `otel` brings this one.
_PROTOCOL = "http/protobuf"
_OTLP = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


def exports(environment: Mapping[str, str] | None = None) -> Exports:
    """Say what to export: nothing, unless an exporter or an endpoint is named."""
    told = os.environ if environment is None else environment
    if told.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Exports((), ())
    named = "OTEL_SERVICE_NAME" in told or "service.name=" in told.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return Exports(
        _exporters(told, "TRACES"),
        _exporters(told, "METRICS"),
        None if named else "capi-jobs",
    )


def _exporters(told: Mapping[str, str], signal: str) -> tuple[str, ...]:
    general = told.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    endpoint = told.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or general
    default = "otlp" if endpoint else "none"
    wanted = told.get(f"OTEL_{signal}_EXPORTER", "").strip() or default
    names = (name.strip() for name in wanted.split(","))
    return tuple(
        _entry_point(name, told, signal) for name in names if name not in {"", "none"}
    )


def _entry_point(name: str, told: Mapping[str, str], signal: str) -> str:
    if name != "otlp":
        return name
    protocol = (
        told.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
        or told.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or _PROTOCOL
    )
    return _OTLP.get(protocol.strip(), name)
