"""A suite prepared once: each page only computes what its rules need.

The public way (`engine.py`) copies every rule a hundred times per page and works out
anew what it depends on, eight milliseconds a rule before it looks at a row. Here that
is worked out once. What looks at the rows is the same: the metrics of Great
Expectations, for every rule on every row of every page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from capi_jobs.validation import metrics
from capi_jobs.validation.rule import Found, Rule
from capi_jobs.validation.stack import Stack, stacks

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = "*"  # the batch of all columns, for a rule that a condition narrows


@dataclass(frozen=True)
class _Step:
    """One rule: the ids of its counts, and the metric that names its rows."""

    rule: Rule
    bound: Any  # Great Expectations' own object, for its batch
    counts: metrics.Named
    looked_at: Callable[[metrics.Named], int]
    needed: Mapping[Any, Any]

    def found(self, engine: Any, values: Mapping[Any, Any]) -> Found:  # noqa: ANN401
        counts = {name: values[key] for name, key in self.counts.items()}
        failed = int(counts[f"{self.bound.map_metric}.unexpected_count"])
        rows: Sequence[Any] = ()
        if failed and self.rule.severity != "info":
            rows = engine.resolve_metrics([self._rows], values, {})[self._rows.id]
        return Found(self.looked_at(counts), failed, tuple(map(int, rows)))

    @cached_property
    def _rows(self) -> Any:  # noqa: ANN401
        """Ask for what names the rows only once some fail: most rules have none."""
        named = metrics.dependencies(self.bound, metrics.NAMING)
        return named[f"{self.bound.map_metric}.unexpected_index_list"]


class Plan:
    """What the rules of a suite need of a page, in the order to compute it."""

    def __init__(self, rules: Sequence[Rule], dtypes: Mapping[str, str]) -> None:
        """Take the rules that fit; the others, `left`, want the public way."""
        self.left = list[Rule]()
        self._batches: dict[str, tuple[str, ...]] = {}
        self._steps = list[_Step]()
        self._stacks = list[Stack]()
        stacked = self._stack(rules, dtypes)
        for rule in rules:
            if rule.name not in stacked:
                self._take(rule)
        parts: list[_Step | Stack] = [*self._steps, *self._stacks]
        needed = {key: one for part in parts for key, one in part.needed.items()}
        self._levels = metrics.levels(needed)

    def run(self, frame: "pd.DataFrame") -> dict[str, Found]:
        """Say what each rule finds; raise what Great Expectations raises."""
        engine = metrics.new_engine()
        for batch, columns in self._batches.items():
            engine.load_batch_data(batch, _part(frame, columns))
        for stack in self._stacks:
            stack.load(engine, frame)
        values: dict[Any, Any] = {}
        for level in self._levels:
            values |= engine.resolve_metrics(level, values, {})
        found = {s.rule.name: s.found(engine, values) for s in self._steps}
        for stack in self._stacks:
            found |= stack.found(values, len(frame))
        return found

    def _stack(self, rules: Sequence[Rule], dtypes: Mapping[str, str]) -> set[str]:
        try:
            made = list(stacks(rules, dtypes))
        except Exception:  # noqa: BLE001 — whatever a later version may raise
            return set()
        self._stacks = [stack for stack, _ in made]
        return {rule.name for _, some in made for rule in some}

    def _take(self, rule: Rule) -> None:
        try:
            metrics.check_fit(rule.expectation)
            step = self._step(rule)
        except Exception:  # noqa: BLE001 — whatever a later version may raise
            self.left.append(rule)
        else:
            self._steps.append(step)

    def _step(self, rule: Rule) -> _Step:
        """Ask Great Expectations what a rule needs, as its own validator does."""
        bound = metrics.bound(rule.expectation, batch_id=self._batch(rule.expectation))
        wanted = metrics.dependencies(bound, metrics.COUNTING)
        counts = {name: metric.id for name, metric in wanted.items()}
        way, needed = metrics.looked_at(bound), metrics.with_theirs(wanted.values())
        return _Step(rule, bound, counts, way, needed)

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
