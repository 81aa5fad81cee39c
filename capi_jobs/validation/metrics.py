"""What a rule needs Great Expectations to compute, asked as its validator asks.

The only file that knows more of it than its public way; `plan.py` guards its use.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# The minor versions whose answers a test compared with those of the public way.
COMPARED = ("1.24",)
# Metrics by name: ids of them, or values.
Named = Mapping[str, Any]

COUNTING = {"result_format": "BOOLEAN_ONLY"}
NAMING = {"result_format": "COMPLETE"}


def check_fit(expectation: Any) -> None:  # noqa: ANN401
    """Raise LookupError for what only the public way can judge."""
    from great_expectations import __version__  # noqa: PLC0415

    if not __version__.startswith(tuple(f"{one}." for one in COMPARED)):
        raise LookupError(__version__)
    # What such a parameter stands for is found anew for each page.
    if expectation.suite_parameter_options:
        raise LookupError(expectation.suite_parameter_options)


def new_engine() -> Any:  # noqa: ANN401
    """Make what holds a page's columns and computes metrics of them."""
    from great_expectations.execution_engine.pandas_execution_engine import (  # noqa: PLC0415
        PandasExecutionEngine,
    )

    return PandasExecutionEngine(caching=False)


def bound(expectation: Any, **to: str) -> Any:  # noqa: ANN401
    """Copy an expectation for a batch, or for another column."""
    told = expectation.configuration
    told.kwargs.update(to)
    return told.to_domain_obj()


def dependencies(expectation: Any, configuration: Named) -> dict[str, Any]:  # noqa: ANN401
    """Say which metrics a rule needs; they know what they need themselves."""
    from great_expectations.validator.validation_graph import ValidationGraph  # noqa: PLC0415

    engine = new_engine()
    wanted = expectation.get_validation_dependencies(engine, dict(configuration))
    graph = ValidationGraph(execution_engine=engine)
    for metric in wanted.get_metric_configurations():
        graph.build_metric_dependency_graph(metric, dict(configuration))
    return dict(wanted.metric_configurations)


def with_theirs(metrics: Iterable[Any]) -> dict[Any, Any]:
    """Add what metrics need, and what that needs, by their ids."""
    found: dict[Any, Any] = {}
    for metric in metrics:
        found[metric.id] = metric
        found |= with_theirs(metric.metric_dependencies.values())
    return found


def levels(needed: Mapping[Any, Any]) -> list[list[Any]]:
    """Sort metrics so that each stands behind those it needs."""
    depths: dict[Any, int] = {}

    def depth(metric: Any) -> int:  # noqa: ANN401
        if metric.id not in depths:
            below: Iterable[Any] = metric.metric_dependencies.values()
            depths[metric.id] = 1 + max(map(depth, below), default=-1)
        return depths[metric.id]

    sorted_in: dict[int, list[Any]] = {}
    for metric in needed.values():
        sorted_in.setdefault(depth(metric), []).append(metric)
    return [sorted_in[key] for key in sorted(sorted_in)]


def looked_at(expectation: Any) -> Callable[[Named], int]:  # noqa: ANN401
    """Say how its own `_validate` counts the rows that the rule applies to."""
    from great_expectations.expectations import expectation as kinds  # noqa: PLC0415
    from great_expectations.expectations import registry  # noqa: PLC0415

    impl = registry.get_expectation_impl
    ways: tuple[tuple[Any, Callable[[Named], int]], ...] = (
        (kinds.ColumnMapExpectation, _not_null),
        (kinds.ColumnPairMapExpectation, _not_left_out),
        (kinds.MulticolumnMapExpectation, _not_left_out),
        (impl("expect_column_values_to_not_be_null"), _all),
        (impl("expect_column_values_to_be_null"), _all),
    )
    for kind, way in ways:
        if type(expectation)._validate is kind._validate:  # noqa: SLF001 — own ones differ
            return way
    raise LookupError(type(expectation).__name__)


def _not_null(counts: Named) -> int:
    nulls = counts["column_values.nonnull.unexpected_count"]
    return int(counts["table.row_count"] - nulls)


def _not_left_out(counts: Named) -> int:
    name = next(name for name in counts if name.endswith(".filtered_row_count"))
    return int(counts[name])


def _all(counts: Named) -> int:
    return int(counts["table.row_count"])
