"""Rules that ask the same of many flags are asked once, of all flags in one column.

A rule costs a millisecond however few its rows; coverage alone is two dozen rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from capi_jobs.validation import metrics
from capi_jobs.validation.rule import Found, Rule

if TYPE_CHECKING:
    import pandas as pd

# Each value is judged by itself, whatever stands above and below it.
_KIND = "expect_column_values_to_be_in_set"
_DTYPE = "boolean"
_COLUMN = "flags"


def stacks(
    rules: Sequence[Rule], dtypes: Mapping[str, str]
) -> Iterator[tuple["Stack", list[Rule]]]:
    """Find rules that differ in nothing but their column, all of them flags."""
    alike: dict[str, list[Rule]] = {}
    for rule in rules:
        told = rule.expectation.configuration
        if told.type == _KIND and dtypes.get(told.kwargs["column"]) == _DTYPE:
            # How many must pass is for the verdict; the rows are the same.
            asked = {**told.kwargs, "column": "", "mostly": 1}
            alike.setdefault(repr(sorted(asked.items())), []).append(rule)
    for number, some in enumerate(alike.values()):
        if "row_condition" not in some[0].expectation.configuration.kwargs:
            yield Stack(f"\n{number}", some), some


class Stack:
    """One expectation that stands for the rules of many flags."""

    def __init__(self, batch: str, rules: Sequence[Rule]) -> None:
        """Ask what it needs as if it were a rule of one column."""
        self._batch, self._rules = batch, rules
        self._columns = [r.expectation.configuration.kwargs["column"] for r in rules]
        for rule in rules:
            metrics.check_fit(rule.expectation)
        one = metrics.bound(rules[0].expectation, batch_id=batch, column=_COLUMN)
        metrics.looked_at(one)
        wanted = metrics.dependencies(one, metrics.COUNTING)
        self.needed = metrics.with_theirs(wanted.values())
        ids = {metric.metric_name: key for key, metric in self.needed.items()}
        self._wrong = ids[f"{one.map_metric}.condition"]
        self._null = ids["column_values.nonnull.condition"]

    def load(self, engine: Any, frame: "pd.DataFrame") -> None:  # noqa: ANN401
        """Put the flags of a page under one another."""
        import pandas as pd  # noqa: PLC0415

        flags = [frame[name] for name in self._columns]
        if {str(flag.dtype) for flag in flags} != {_DTYPE}:
            raise LookupError(_DTYPE)
        column = pd.concat(flags, ignore_index=True)
        engine.load_batch_data(self._batch, column.to_frame(_COLUMN))

    def found(
        self, values: Mapping[Any, Any], rows: int
    ) -> Iterator[tuple[str, Found]]:
        """Say of each rule what was found in its part of the column."""
        wrong, nulls = values[self._wrong][0], values[self._null][0]
        places = wrong.index.to_numpy()[wrong.to_numpy(dtype=bool)]
        nulls = nulls.to_numpy(dtype=bool)
        for number, rule in enumerate(self._rules):
            first, end = number * rows, (number + 1) * rows
            mine = places[places.searchsorted(first) : places.searchsorted(end)] - first
            named = () if rule.severity == "info" else tuple(mine.tolist())
            evaluated = rows - int(nulls[first:end].sum())
            yield rule.name, Found(evaluated, len(mine), named)
