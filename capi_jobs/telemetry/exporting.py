"""Sets OpenTelemetry's SDK up from the environment, where it is installed, and flushes.

Its classes read the rest of OTEL_* themselves: endpoint, headers, sampler, intervals.
Where the program around us has set it up already (Airflow, opentelemetry-instrument),
its providers are used and left alone. What the environment says is `config/exports.py`.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from capi_jobs import __version__
from capi_jobs.telemetry.fields import tell
from capi_jobs.telemetry.signals import is_on, switch_off, switch_on

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

# A collector answers in milliseconds; one that is away keeps no run from its end.
FLUSH_SECONDS_MAX = 5
_SCOPE = "capi_jobs"
_End = Callable[[], object]  # of a provider: flush what waits

log = logging.getLogger(__name__)


class Exports(NamedTuple):
    """Which exporters the environment asks for, by their entry points' names."""

    traces: Sequence[str]
    metrics: Sequence[str]
    # None: the environment names the service itself.
    service: str | None = "capi-jobs"

    def __bool__(self) -> bool:
        """Whether anything is exported."""
        return bool(self.traces or self.metrics)


@contextmanager
def exporting(wanted: Exports) -> Iterator[None]:
    """Export what is told within, and flush it; without trouble to the run, ever."""
    if is_on() or not wanted:
        yield
        return
    try:
        providers = _set_up(wanted)
    except Exception as error:  # noqa: BLE001 - exporters raise what they like
        tell(
            log.warning,
            "exporting is not possible",
            error=type(error).__name__,
            reason=_remedy(error),
        )
        yield
        return
    tell(log.debug, "exporting began")
    try:
        yield
    finally:
        switch_off()
        _end(providers)


def _remedy(error: Exception) -> str:
    if isinstance(error, ImportError | LookupError):
        return "OTEL_* asks for an exporter that is not installed: the extra `otel`"
    return "see what OTEL_* says"


def _set_up(wanted: Exports) -> Sequence[_End]:
    from opentelemetry import metrics, trace  # noqa: PLC0415 - only if asked for

    tracers: Any = trace.get_tracer_provider()
    meters: Any = metrics.get_meter_provider()
    ends = list[_End]()
    if _is_theirs(tracers):
        ends.append(tracers.force_flush)
    else:
        tracers = _tracers(wanted)
        ends.append(tracers.shutdown)
    if _is_theirs(meters):
        ends.append(meters.force_flush)
    else:
        meters = _meters(wanted)
        ends.append(meters.shutdown)
    switch_on(
        tracers.get_tracer(_SCOPE, __version__), meters.get_meter(_SCOPE, __version__)
    )
    return ends


def _is_theirs(provider: object) -> bool:
    """Whether somebody set an SDK up: the API's stand-ins cannot flush."""
    return hasattr(provider, "force_flush")


def _tracers(wanted: Exports) -> Any:  # noqa: ANN401 - the SDK's
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    made = TracerProvider(resource=_resource(wanted), shutdown_on_exit=False)
    for name in wanted.traces:
        exporter = _loaded("opentelemetry_traces_exporter", name)
        made.add_span_processor(BatchSpanProcessor(exporter()))
    return made


def _meters(wanted: Exports) -> Any:  # noqa: ANN401 - the SDK's
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - likewise

    group = "opentelemetry_metrics_exporter"
    readers = [_reader(_loaded(group, name)) for name in wanted.metrics]
    return MeterProvider(readers, _resource(wanted), shutdown_on_exit=False)


def _resource(wanted: Exports) -> "Resource":
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - likewise

    named = {"service.name": wanted.service} if wanted.service else {}
    return Resource.create({"service.version": __version__, **named})


def _loaded(group: str, name: str) -> Any:  # noqa: ANN401 - whatever is installed
    found = entry_points(group=group, name=name)
    if not found:
        raise LookupError(name)
    return next(iter(found)).load()


def _reader(made: Any) -> Any:  # noqa: ANN401 - an exporter, or a reader that is pulled
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415 - likewise
        MetricReader,
        PeriodicExportingMetricReader,
    )

    if issubclass(made, MetricReader):
        return made()
    return PeriodicExportingMetricReader(made())


def _end(providers: Sequence[_End]) -> None:
    """Let all flush side by side, and wait no longer than a run may be kept."""
    threads = [Thread(target=_quietly, args=(end,), daemon=True) for end in providers]
    for thread in threads:
        thread.start()
    until = monotonic() + FLUSH_SECONDS_MAX
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))


def _quietly(end: _End) -> None:
    try:
        end()
    except Exception as error:  # noqa: BLE001 - what was sent stays sent
        tell(log.warning, "exporting is not possible", error=type(error).__name__)
