"""Orders and their value as pages show and JSON tells them: money is text, exact."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Self

from capi_jobs.report import amounts
from capi_jobs.web.page import Shown

_NONE: Mapping[str, int] = MappingProxyType({})


class Worth(Shown):
    """So many orders, and their value by currency, that of the most orders first."""

    orders: int
    values: dict[str, str]  # currency ("": unreadable) → 48210.50

    @classmethod
    def of(cls, amount: amounts.Amount) -> Self:
        """Tell an amount of the report's."""
        return cls(
            orders=amount.orders,
            values={
                currency: amounts.plain(value, currency)
                for currency, (_, value) in amount.usual_first()
            },
        )

    @classmethod
    def given(
        cls,
        orders: int,
        values: Mapping[str, Decimal],
        usual: Mapping[str, int] = _NONE,
    ) -> Self:
        """Tell what the ledger counted; `usual` has the orders of each currency."""
        codes = (
            sorted(values, key=lambda code: -usual.get(code, 0)) if usual else values
        )
        told = {code: amounts.plain(values[code], code) for code in codes}
        return cls(orders=orders, values=told)

    @property
    def lines(self) -> list[str]:
        """Write each currency's value for people: 48,210.50 EUR."""
        return [
            f"{amounts.grouped(Decimal(text), currency)}"
            f" {currency or 'without currency'}"
            for currency, text in self.values.items()
        ]
