"""Great Expectations itself: frames in, row numbers out; how it is quick: `plan.py`.

It is imported on first use, which takes a second (`importing.py`). What it returns
holds values of rows, so nothing but counts and row numbers leaves this file.
"""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from capi_jobs.validation.importing import quiet
from capi_jobs.validation.plan import Plan
from capi_jobs.validation.rule import Fault, Found, Rule

if TYPE_CHECKING:
    import pandas as pd

# A validator has two suites.
_PLANS_MAX = 2


class Engine:
    """Runs suites on pages; safe to share between threads."""

    def __init__(self) -> None:
        quiet()
        self._plans: deque[tuple[Sequence[Rule], Plan]] = deque(maxlen=_PLANS_MAX)
        self._lock = Lock()

    def run(self, rules: Sequence[Rule], frame: "pd.DataFrame") -> dict[str, Found]:
        """Say what each rule finds, by the rule's name."""
        if not rules or frame.empty:
            return {rule.name: Found() for rule in rules}
        with self._lock:
            plan = self._plan(rules, frame)
            try:
                found = plan.run(frame)
            except Exception:  # noqa: BLE001 — of any kind; the other way says of which
                return self.plainly(rules, frame)
            return found | self.plainly(plan.left, frame)

    def plainly(self, rules: Sequence[Rule], frame: "pd.DataFrame") -> dict[str, Found]:
        """Ask Great Expectations the public way, and name each rule that cannot run.

        Half a second a page. It is taken for rules that a plan cannot hold, and for
        pages that break one; a test compares both ways.
        """
        named = [r for r in rules if r.severity != "info"]
        counted = [r for r in rules if r.severity == "info"]
        return {
            **self._validate(named, frame, "COMPLETE"),
            **self._validate(counted, frame, "BASIC"),
        }

    def trial(self, rules: Sequence[Rule], frame: "pd.DataFrame") -> list[Fault]:
        """Run every rule on a sample: a bad pattern shows only when it runs."""
        found = self.run(rules, frame)
        faults = [(r, found[r.name].error) for r in rules]
        return [
            Fault(f"{r.suite}.json: {r.name}", f"cannot be run: {error}")
            for r, error in faults
            if error
        ]

    def _plan(self, rules: Sequence[Rule], frame: "pd.DataFrame") -> Plan:
        for told, plan in self._plans:
            if told is rules:
                return plan
        dtypes = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
        self._plans.append((rules, Plan(rules, dtypes)))
        return self._plans[-1][1]

    def _validate(
        self, rules: Sequence[Rule], frame: "pd.DataFrame", result_format: str
    ) -> dict[str, Found]:
        if not rules:
            return {}
        from great_expectations.core import ExpectationSuite  # noqa: PLC0415

        suite = ExpectationSuite(
            name=rules[0].suite, expectations=[r.expectation for r in rules]
        )
        batch = self._batches.get_batch({"dataframe": frame})
        answer = batch.validate(suite, result_format=result_format)
        return {
            one.expectation_config.meta["rule"]: _found(one) for one in answer.results
        }

    @cached_property
    def _batches(self) -> Any:  # noqa: ANN401
        return _batches()


def make(kind: str, kwargs: Mapping[str, Any], severity: str, rule: str) -> Any:  # noqa: ANN401
    """Make Great Expectations' own object of one rule, or say why not, as text."""
    from great_expectations.exceptions import exceptions  # noqa: PLC0415
    from great_expectations.expectations import expectation, registry  # noqa: PLC0415

    try:
        made: Any = registry.get_expectation_impl(kind)
    except exceptions.ExpectationNotFoundError:
        return f"Great Expectations knows no {kind}"
    about_rows = (
        expectation.ColumnMapExpectation,
        expectation.ColumnPairMapExpectation,
        expectation.MulticolumnMapExpectation,
    )
    if not issubclass(made, about_rows):
        return f"{kind} is about a whole table; only rules about rows are taken"
    try:
        return made(**kwargs, severity=severity, meta={"rule": rule})
    except (ValueError, TypeError) as error:
        return " ".join(str(error).split())


def _batches() -> Any:  # noqa: ANN401
    import great_expectations as gx  # noqa: PLC0415
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("pages").add_dataframe_asset("page")
    return asset.add_batch_definition_whole_dataframe("whole")


def _found(one: Any) -> Found:  # noqa: ANN401
    error = _error(one.exception_info or {})
    if error:
        return Found(error=error)
    result = one.result
    # Great Expectations skips nulls: there the rule does not apply.
    return Found(
        evaluated=result["element_count"] - result.get("missing_count", 0),
        failed=result["unexpected_count"],
        rows=tuple(map(int, result.get("unexpected_index_list") or ())),
    )


def _error(told: Mapping[str, Any]) -> str:
    """Name the error, never quote it: its message may hold a value."""
    several = [told] if "raised_exception" in told else list(told.values())
    for one in several:
        if one.get("raised_exception"):
            root = _NAME_OF_ERROR.search(str(one.get("exception_traceback")))
            return root[1] if root else "an error of Great Expectations"
    return ""


# The first line of a traceback that ends one: what was raised before all else.
_NAME_OF_ERROR = re.compile(r"^([\w.]+)(?::|$)", re.MULTILINE)
