"""Orders and their value, per currency and exact; and how amounts are written.

Currencies are never added up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from capi_jobs.ledger.columns import EXACT

# ISO 4217, table A.1 (2025): currencies whose smallest unit is not a hundredth.
_DECIMALS: Mapping[str, int] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_DECIMALS_USUAL = 2

Part = tuple[int, Decimal]
_NONE: Part = (0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Amount:
    """So many orders, worth so much, in each currency; "": an unreadable one."""

    parts: Mapping[str, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, orders: int, value: Decimal, currency: str) -> "Amount":
        """Return an amount of one currency."""
        return cls({currency: (orders, value)})

    @property
    def orders(self) -> int:
        """Count the orders of all currencies."""
        return sum(orders for orders, _ in self.parts.values())

    @property
    def values(self) -> dict[str, Decimal]:
        """Return the value in each currency."""
        return {currency: value for currency, (_, value) in self.parts.items()}

    def __bool__(self) -> bool:
        return any(orders or value for orders, value in self.parts.values())

    def plus(self, other: "Amount") -> "Amount":
        """Add up, currency by currency."""
        return total((self, other))

    def minus(self, other: "Amount") -> "Amount":
        """Take away; currencies that come out even are left out."""
        negated = {c: (-o, v.copy_negate()) for c, (o, v) in other.parts.items()}
        parts = self.plus(Amount(negated)).parts
        return Amount({c: part for c, part in parts.items() if any(part)})

    def usual_first(self) -> list[tuple[str, Part]]:
        """List currencies, those of the most orders first."""
        return sorted(self.parts.items(), key=lambda item: (-item[1][0], item[0]))


def total(amounts: Iterable[Amount]) -> Amount:
    """Add up any number of amounts, currency by currency."""
    parts: dict[str, Part] = {}
    for amount in amounts:
        for currency, (orders, value) in amount.parts.items():
            before = parts.get(currency, _NONE)
            parts[currency] = before[0] + orders, EXACT.add(before[1], value)
    return Amount(parts)


def plain(value: Decimal, currency: str) -> str:
    """Write money with its currency's decimals, or more where it has more: 12.30."""
    return _written(value, currency, "f")


def grouped(value: Decimal, currency: str) -> str:
    """Write money for people: 48,210.50."""
    return _written(value, currency, ",f")


def _written(value: Decimal, currency: str, form: str) -> str:
    # Zero has no sign, though a difference may come out as minus zero.
    whole, _, decimals = format(value or Decimal(0), form).partition(".")
    kept = decimals.rstrip("0").ljust(_DECIMALS.get(currency, _DECIMALS_USUAL), "0")
    return f"{whole}.{kept}" if kept else whole
