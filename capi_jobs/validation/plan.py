"""A suite prepared once: each page only computes what its rules need.

The public way (`engine.py`) copies every rule a hundred times per page and works out
anew what it depends on, eight milliseconds a rule before it looks at a row. Here that
is worked out once. What looks at the rows is the same: the metrics of Great
Expectations, all of them, on every row of every page.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capi_jobs.validation.rule import Found, Rule

if TYPE_CHECKING:
    import pandas as pd

# A metric's value, by the metric's id.
Metrics = dict[Any, Any]

# The minor versions whose answers a test compared with those of the public way.
COMPARED = ("1.24",)
_COUNTING = {"result_format": "BOOLEAN_ONLY"}
_NAMING = {"result_format": "COMPLETE"}
_WHOLE = ""  # the batch of all columns, for a rule that a condition narrows


@dataclass(frozen=True, slots=True)
class _Step:
    """One rule: the ids of its counts, and the metric that names its rows."""

    name: str
    looked_at: Callable[[Mapping[str, Any]], int]
    counts: Mapping[str, Any]
    failed: str
    rows: Any  # none for rules that only count


class Plan:
    """What the rules of a suite need of a page, in the order to compute it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Take the rules that fit; the others, `left`, want the public way."""
        from great_expectations.execution_engine.pandas_execution_engine import (  # noqa: PLC0415
            PandasExecutionEngine,
        )

        self.left = list[Rule]()
        self._engine = PandasExecutionEngine
        self._batches: dict[str, tuple[str, ...]] = {}
        self._steps = list[_Step]()
        needed: dict[Any, Any] = {}
        for rule in rules:
            try:
                _fits(rule.expectation)
                step, metrics = self._step(rule)
            except Exception:  # noqa: BLE001 — whatever a later version may raise
                self.left.append(rule)
            else:
                self._steps.append(step)
                needed |= metrics
        self._levels = _levels(needed)

    def run(self, frame: "pd.DataFrame") -> dict[str, Found]:
        """Say what each rule finds; raise what Great Expectations raises."""
        engine = self._engine(caching=False)
        for batch, columns in self._batches.items():
            engine.load_batch_data(batch, _part(frame, columns))
        metrics: Metrics = {}
        for level in self._levels:
            metrics |= engine.resolve_metrics(level, metrics, {})
        return {step.name: _found(step, engine, metrics) for step in self._steps}

    def _step(self, rule: Rule) -> tuple[_Step, dict[Any, Any]]:
        """Ask Great Expectations what a rule needs, as its own validator does."""
        batch = self._batch(rule.expectation)
        told = rule.expectation.configuration
        told.kwargs["batch_id"] = batch
        bound = told.to_domain_obj()
        engine = self._engine()
        wanted = _dependencies(bound, engine, _COUNTING)
        needed = _with_theirs(wanted.values())
        kind = bound.map_metric
        rows = None
        if rule.severity != "info":
            named = _dependencies(bound, engine, _NAMING)
            rows = named[f"{kind}.unexpected_index_list"]
            needed |= _with_theirs(rows.metric_dependencies.values())
        step = _Step(
            name=rule.name,
            looked_at=_looked_at(bound),
            counts={name: metric.id for name, metric in wanted.items()},
            failed=f"{kind}.unexpected_count",
            rows=rows,
        )
        return step, needed

    def _batch(self, expectation: Any) -> str:  # noqa: ANN401
        """Give each set of columns a batch: a page of forty is slow to cut."""
        told = expectation.configuration.kwargs
        columns = tuple(
            told[name] for name in ("column", "column_A", "column_B") if name in told
        ) or tuple(told["column_list"])
        if told.get("row_condition"):
            columns = ()
        batch = "\n".join(columns) if columns else _WHOLE
        self._batches[batch] = columns
        return batch


def _part(frame: "pd.DataFrame", columns: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415

    if not columns:
        return frame
    return pd.DataFrame({name: frame[name] for name in columns}, copy=False)


def _fits(expectation: Any) -> None:  # noqa: ANN401
    from great_expectations import __version__  # noqa: PLC0415

    if not __version__.startswith(tuple(f"{one}." for one in COMPARED)):
        raise LookupError(__version__)
    # What such a parameter stands for is found anew for each page.
    if expectation.suite_parameter_options:
        raise LookupError(expectation.suite_parameter_options)


def _dependencies(
    bound: Any,  # noqa: ANN401
    engine: Any,  # noqa: ANN401
    configuration: Mapping[str, object],
) -> dict[str, Any]:
    """Say which metrics a rule needs; they know what they need themselves."""
    from great_expectations.validator.validation_graph import ValidationGraph  # noqa: PLC0415

    wanted = bound.get_validation_dependencies(engine, dict(configuration))
    graph = ValidationGraph(execution_engine=engine)
    for metric in wanted.get_metric_configurations():
        graph.build_metric_dependency_graph(metric, dict(configuration))
    return dict(wanted.metric_configurations)


def _with_theirs(metrics: Iterable[Any]) -> dict[Any, Any]:
    """Add what metrics need, and what that needs, by their ids."""
    found: dict[Any, Any] = {}
    for metric in metrics:
        found |= {metric.id: metric}
        found |= _with_theirs(metric.metric_dependencies.values())
    return found


def _levels(needed: Mapping[Any, Any]) -> list[list[Any]]:
    """Sort metrics so that each stands behind those it needs."""
    depths: dict[Any, int] = {}

    def depth(metric: Any) -> int:  # noqa: ANN401
        if metric.id not in depths:
            below: Iterable[Any] = metric.metric_dependencies.values()
            depths[metric.id] = 1 + max(map(depth, below), default=-1)
        return depths[metric.id]

    levels: dict[int, list[Any]] = {}
    for metric in needed.values():
        levels.setdefault(depth(metric), []).append(metric)
    return [levels[key] for key in sorted(levels)]


def _looked_at(bound: Any) -> Callable[[Mapping[str, Any]], int]:  # noqa: ANN401
    """Say which rows the rule applies to, as its own `_validate` does."""
    from great_expectations.expectations import expectation, registry  # noqa: PLC0415

    impl = registry.get_expectation_impl
    ways: tuple[tuple[Any, Callable[[Mapping[str, Any]], int]], ...] = (
        (expectation.ColumnMapExpectation, _not_null),
        (expectation.ColumnPairMapExpectation, _not_left_out),
        (expectation.MulticolumnMapExpectation, _not_left_out),
        (impl("expect_column_values_to_not_be_null"), _all),
        (impl("expect_column_values_to_be_null"), _all),
    )
    for kind, way in ways:
        if type(bound)._validate is kind._validate:  # noqa: SLF001 — own ones differ
            return way
    raise LookupError(type(bound).__name__)


def _not_null(counts: Mapping[str, Any]) -> int:
    nulls = counts["column_values.nonnull.unexpected_count"]
    return int(counts["table.row_count"] - nulls)


def _not_left_out(counts: Mapping[str, Any]) -> int:
    name = next(name for name in counts if name.endswith(".filtered_row_count"))
    return int(counts[name])


def _all(counts: Mapping[str, Any]) -> int:
    return int(counts["table.row_count"])


def _found(step: _Step, engine: Any, metrics: Metrics) -> Found:  # noqa: ANN401
    counts = {name: metrics[key] for name, key in step.counts.items()}
    failed = int(counts[step.failed])
    rows: Sequence[Any] = ()
    if failed and step.rows is not None:
        rows = engine.resolve_metrics([step.rows], metrics, {})[step.rows.id]
    return Found(step.looked_at(counts), failed, tuple(map(int, rows)))
