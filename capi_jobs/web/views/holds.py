"""Held orders as pages show them, and which of them an address asks for.

The pages are `quarantine.py`, `hold.py` and `quarantine_word.py`.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import BeforeValidator, Field

from capi_jobs.jobs.quarantining import Wanted
from capi_jobs.ledger.values import HoldRow
from capi_jobs.report.amounts import grouped, plain
from capi_jobs.report.contents import RuleWords
from capi_jobs.report.remedies import releasable
from capi_jobs.web.page import Shown
from capi_jobs.web.views.parameters import TEXT_MAX, Kept, Named

Words = Mapping[str, RuleWords]
NO_WORDS = RuleWords()
# More digits than any sane amount has, fewer than would be a burden.
_DIGITS_MAX = 24


def _nothing(value: Any) -> Any:  # noqa: ANN401 - what a form sent
    """A form sends what nobody filled in as an empty text."""
    return None if value == "" else value


Text = Annotated[str, Field(max_length=TEXT_MAX), Kept]
Day = Annotated[date | None, BeforeValidator(_nothing)]
Value = Annotated[
    Annotated[Decimal, Field(max_digits=_DIGITS_MAX)] | None,
    BeforeValidator(_nothing),
]


class Filter(Shown):
    """Which held orders: all that fit; what is empty fits any."""

    destination: Text = ""
    rule: Text = Field("", description="The rule that holds an order first.")
    first: Day = Field(None, description="First day of the orders.")
    last: Day = Field(None, description="Last day of the orders.")
    least: Value = Field(None, description="Least value, whatever the currency.")
    most: Value = Field(None, description="Greatest value, whatever the currency.")

    def wanted(self) -> Wanted:
        """Say the same to the ledger."""
        return Wanted(
            destination=self.destination or None,
            rule=self.rule or None,
            first_day=self.first,
            last_day=self.last,
            min_value=self.least,
            max_value=self.most,
        )

    @property
    def given(self) -> dict[str, str]:
        """Return what is set, as an address carries it."""
        told = self.model_dump(mode="json")
        return {name: value for name, value in told.items() if value}


def filter_of(
    destination: Named = "",
    rule: Named = "",
    first: Annotated[Day, Query(description="First day of the orders.")] = None,
    last: Annotated[Day, Query(description="Last day of the orders.")] = None,
    least: Annotated[Value, Query(description="Least value, any currency.")] = None,
    most: Annotated[Value, Query(description="Greatest value, any currency.")] = None,
) -> Filter:
    """Read the filter from an address."""
    return Filter(
        destination=destination,
        rule=rule,
        first=first,
        last=last,
        least=least,
        most=most,
    )


class HeldOrder(Shown):
    """One held order of a list."""

    destination: str
    order_id: str
    rule: str
    rules: tuple[str, ...]  # all that failed
    message: str
    day: date | None
    value: str | None  # null: none that can be added up
    currency: str
    first_seen_at: datetime
    last_seen_at: datetime
    releasable: bool  # by a person's word

    @classmethod
    def of(cls, row: HoldRow, words: Words) -> Self:
        """Tell a hold of the ledger."""
        return cls(
            destination=row.destination,
            order_id=row.order_id,
            rule=row.rule,
            rules=row.rules,
            message=row.message,
            day=row.day,
            value=None if row.value is None else plain(row.value, row.currency),
            currency=row.currency,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            releasable=all(
                releasable(rule, words) for rule in row.rules or (row.rule,)
            ),
        )

    @property
    def key(self) -> str:
        """Name the order in a form."""
        return key_of(self.destination, self.order_id)

    @property
    def money(self) -> str:
        """Write its value for people."""
        return money_of(self.value, self.currency)


def key_of(destination: str, order_id: str) -> str:
    """Write both as JSON in ASCII: a browser would change line breaks."""
    return json.dumps([destination, order_id])


def money_of(value: str | None, currency: str) -> str:
    """Write a value for people: 1,234.50 EUR."""
    return "–" if value is None else f"{grouped(Decimal(value), currency)} {currency}"
