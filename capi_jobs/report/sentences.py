"""The sentences and short forms in which people read a report, on any medium.

What each column means stands in `contents.py`, what to do in `remedies.py`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal

from capi_jobs.model import OrderClass
from capi_jobs.report.amounts import Amount, grouped
from capi_jobs.report.balance import Fault
from capi_jobs.report.contents import CLASS_WORDS, DestinationReport

Level = Literal["good", "look", "fault", "empty"]

# A sentence with more amounts is a table; the table stands below it.
_AMOUNTS_IN_SENTENCE = 2
# A terminal's column; longer ids are cut in the middle, where they differ least.
ID_SHOWN_MAX = 28
_CUT = "…"
# What is less is told as "less than".
_SHARE_MIN = 0.1
# Platforms' messages have a sentence or two; more is a page of HTML.
_WORDS_MAX = 600


def level(told: DestinationReport) -> Level:
    """Say whether all is well, somebody should look, or the books do not close."""
    if not told.closes:
        return "fault"
    if not told.days:
        return "empty"
    if told.needs_person or told.asks:
        return "look"
    return "good"


def headline(told: DestinationReport) -> str:
    """Say in one sentence whether all is well."""
    if not told.closes:
        return (
            f"The books do not close: {count(len(_broken(told)), 'day')} of"
            f" {told.target.name} with orders in no column, or in two."
        )
    if not told.days:
        return "No run has looked at these days yet."
    orders = told.total.orders.orders
    if not orders:
        return "There are no completed orders in these days."
    return "; ".join([_all_stand(orders), *_clauses(told)]) + "."


def _broken(told: DestinationReport) -> list[date | None]:
    return [day.day for day in told.days if not day.closes]


def _all_stand(orders: int) -> str:
    if orders == 1:
        return "The one completed order stands in one column"
    return f"Every one of {orders:,} completed orders stands in one column"


def _clauses(told: DestinationReport) -> Iterator[str]:
    recovered, missing = told.total.recovered, told.total[OrderClass.MISSING].orders
    if recovered.orders:
        yield f"{recovered.orders:,} recovered, worth {amounts(recovered)}"
    if missing:
        yield f"{missing:,} {'is' if missing == 1 else 'are'} owed still"
    if told.asks:
        yield "a run waits for your word"
    need = told.needs_person
    if need:
        yield f"{count(need, 'order')} {'needs' if need == 1 else 'need'} you"
    elif not told.asks:
        yield "nothing needs you"


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: 1 order, 2,304 orders."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(part: float, whole: float = 1) -> str:
    """Write a share; what is little is never told as nothing, nor most as all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < _SHARE_MIN:
        return f"<{_SHARE_MIN} %"
    if 100 - _SHARE_MIN < share < 100:  # noqa: PLR2004 - percent
        return f">{100 - _SHARE_MIN} %"
    return f"{share:.1f} %"


def amounts(amount: Amount, most: int = _AMOUNTS_IN_SENTENCE) -> str:
    """Write the usual currencies and how many more there are; never a sum of them."""
    lines = money_lines(amount)
    told = " · ".join(lines[:most]) or "nothing"
    more = len(lines) - most
    if more <= 0:
        return told
    return f"{told} and {count(more, 'currency', 'currencies')} more"


def money_lines(amount: Amount) -> list[str]:
    """Write each currency's value, that of the most orders first."""
    return [
        f"{grouped(value, currency)} {currency or 'without currency'}"
        for currency, (_, value) in amount.usual_first()
    ]


def fault_line(fault: Fault) -> str:
    """Name what does not close: where, how much, and after which run."""
    column = CLASS_WORDS[fault.order_class][0]
    reason = f" ({fault.reason})" if fault.reason else ""
    currency = fault.currency or "without currency"
    return (
        f"{fault.destination}, {day_name(fault.day)}: {column}{reason} would hold"
        f" {fault.orders:,} orders worth {grouped(fault.value, fault.currency)}"
        f" {currency}; more moved in the ledger than run {fault.run_id} had counted: a"
        " later run has not been assessed, or this is a bug"
    )


def day_name(day: date | None) -> str:
    """Name a day; orders whose time nobody can read have none."""
    return "undated" if day is None else day.isoformat()


def moment(at: datetime | None) -> str:
    """Write a time to the minute, in UTC and saying so."""
    return "–" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def short(identifier: str, most: int = ID_SHOWN_MAX) -> str:
    """Cut a long id in its middle; what does not print is shown as its escape."""
    shown, ending = _shown(identifier[: most * 2]), _shown(identifier[-most:])
    if len(identifier) <= most * 2 and len(shown) <= most:
        return shown
    half = (most - len(_CUT)) // 2
    return f"{shown[:half]}{_CUT}{ending[-half:]}"


def printable(text: str) -> str:
    """Show foreign words as text: cut, and what does not print as its escape."""
    shown = _shown(text[:_WORDS_MAX])
    return shown if len(text) <= _WORDS_MAX else shown + _CUT


def _shown(text: str) -> str:
    if text.isprintable():  # nearly all are, and a report has tens of thousands
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )
