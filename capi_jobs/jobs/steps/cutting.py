"""Cuts the time that was looked at into slices with about as many orders to send."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Self

from capi_jobs.ledger.columns import EXACT
from capi_jobs.ledger.values import SliceDue
from capi_jobs.model import DataInterval, OrderKey
from capi_jobs.preparation import Page
from capi_jobs.reconcile import Reconciliation


@dataclass(frozen=True, slots=True)
class Cutting:
    """Where slices begin, and what is due in each as pages are looked at."""

    interval: DataInterval
    cuts: Sequence[datetime]
    _due: dict[int, tuple[int, dict[str, Decimal]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        found: Reconciliation,
        interval: DataInterval,
        slice_orders: int,
        slices_max: int,
    ) -> Self:
        """Cut by keys: there are never fewer than orders that can be sent."""
        orders = sum(due.orders for due in found.due())
        slices = min(slices_max, math.ceil(orders / slice_orders))
        return cls(interval, found.cuts(slices) if slices > 1 else ())

    def count(self, keys: Sequence[OrderKey], page: Page) -> None:
        """Count what of a page is ready to be sent."""
        times = {key.order_id: key.completed_at for key in keys}
        for one in page.ready:
            entry = one.entry
            at = times[entry.order_id] or self.interval.start
            number = bisect_right(self.cuts, at)
            orders, values = self._due.get(number, (0, {}))
            before = values.get(entry.currency, Decimal(0))
            values[entry.currency] = EXACT.add(before, entry.value)
            self._due[number] = orders + 1, values

    def slices(self) -> list[SliceDue]:
        """Return every slice, the oldest orders first; together they are the whole."""
        ends = [self.interval.start, *self.cuts, self.interval.end]
        return [
            SliceDue(DataInterval(start, end), *self._due.get(number, (0, {})))
            for number, (start, end) in enumerate(pairwise(ends))
        ]
