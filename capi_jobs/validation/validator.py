"""Pages of orders and conversions go in, verdicts come out.

Suites and their faults live in `suites.py`, Great Expectations in `engine.py`, what
the rules look at in `order_frame.py` and `conversion_frame.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from capi_jobs.errors import ConfigFault
from capi_jobs.model import Conversion, Order, RowFault
from capi_jobs.platforms import NAMES, MatchKey, platform_named
from capi_jobs.validation import conversion_frame, order_frame, sample, suites
from capi_jobs.validation.columns import Column, Page, frame
from capi_jobs.validation.engine import Engine
from capi_jobs.validation.importing import sparing
from capi_jobs.validation.judging import verdict, with_faults
from capi_jobs.validation.verdict import SuiteVerdict

if TYPE_CHECKING:
    import pandas as pd

    from capi_jobs.validation.rule import Rule


class Validator:
    """Holds rows by the rules of a folder; nothing is loaded before the first page."""

    def __init__(
        self,
        expectations: Path | None = None,
        *,
        now: datetime,
        match_keys: Sequence[MatchKey] | None = None,
    ) -> None:
        """Take our own rules and all platforms' keys unless told otherwise."""
        self._folder = suites.shipped() if expectations is None else expectations
        self._now = now
        self._told_keys = match_keys
        # Destinations side by side share a validator; it is loaded once.
        self._loading = Lock()

    def check(self) -> None:
        """Raise ConfigFault with every fault of both suites, if there are any."""
        self._rules("orders")

    def orders(
        self,
        rows: Sequence[Mapping[str, object]],
        faults: Mapping[int, tuple[RowFault, ...]],
        orders: Sequence[Order | None],
    ) -> SuiteVerdict:
        """Judge raw rows (our column names) and what the row reader made of them."""
        page = order_frame.OrderPage(rows, faults, orders, self._now)
        rules = self._rules("orders")
        made = frame(_wanted(rules, order_frame.COLUMNS), page)
        return self._judge(rules, made, page.told("order_id"), faults)

    def conversions(
        self,
        conversions: Sequence[Conversion],
        match_keys: Sequence[MatchKey] | None = None,
    ) -> SuiteVerdict:
        """Judge what is about to be sent, by one platform's keys if they are told."""
        keys = self._keys if match_keys is None else match_keys
        page = conversion_frame.page(conversions, keys, self._now)
        rules = self._rules("conversions")
        made = frame(_wanted(rules, conversion_frame.COLUMNS), page)
        return self._judge(rules, made, [c.order_id for c in conversions], {})

    @cached_property
    def _engine(self) -> Engine:
        return Engine()

    @cached_property
    def _keys(self) -> Sequence[MatchKey]:
        if self._told_keys is not None:
            return self._told_keys
        return [key for name in NAMES for key in platform_named(name).match_keys]

    @cached_property
    def _suites(self) -> "dict[str, tuple[Rule, ...]]":
        engine = self._engine  # its import quietens the log first
        with sparing():
            frames = sample.frames(self._now)
            columns = {name: tuple(made.columns) for name, made in frames.items()}
            found, faults = suites.read(self._folder, columns)
            for name, rules in found.items():
                faults += engine.trial(rules, frames[name])
        suites.refuse(faults)
        return found

    def _rules(self, suite: str) -> "tuple[Rule, ...]":
        with self._loading:
            return self._suites[suite]

    def _judge(
        self,
        rules: "tuple[Rule, ...]",
        page: "pd.DataFrame",
        order_ids: Sequence[str | None],
        faults: Mapping[int, tuple[RowFault, ...]],
    ) -> SuiteVerdict:
        found = self._engine.run(rules, page)
        broken = [r.name for r in rules if found[r.name].error]
        if broken:
            raise ConfigFault(
                f"rules of {rules[0].suite}.json cannot be run on this page",
                ids=broken,
                do="mend them: they do not fit the kind of their column",
            )
        findings = [(rule, found[rule.name]) for rule in rules]
        return verdict(with_faults(findings, faults, len(order_ids)), order_ids)


def _wanted(
    rules: "tuple[Rule, ...]", columns: tuple[Column[Page], ...]
) -> list[Column[Page]]:
    """Leave out the columns that no rule looks at: each costs something per row."""
    if any(rule.columns is None for rule in rules):
        return list(columns)
    looked_at = {name for rule in rules for name in rule.columns or ()}
    return [column for column in columns if column.name in looked_at]
