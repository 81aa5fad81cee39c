"""What became of a page of keys: ready, held, excluded or gone; and holds in words."""

from dataclasses import dataclass, field

from capi_jobs.model import Hold, OrderKey, OwedAs, Prepared, RowFault
from capi_jobs.validation import SuiteVerdict

AMBIGUOUS = RowFault(
    "order_id_ambiguous", "several rows have this order id, and they differ"
)
ID_TOO_LONG = RowFault("id_too_long", "an id takes more bytes than the ledger can hold")
TOO_LARGE = RowFault("event_too_large", "one call of the platform cannot carry it")


@dataclass(slots=True)
class Page:
    """What became of a page of keys. Every key stands in exactly one of the lists."""

    ready: list[Prepared] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    # Rows that changed since their keys were read: no longer to be sent, by reason.
    excluded: dict[str, str] = field(default_factory=dict)
    # Orders whose row is no longer there.
    gone: list[str] = field(default_factory=list)
    orders_verdict: SuiteVerdict = field(default_factory=SuiteVerdict)
    conversions_verdict: SuiteVerdict = field(default_factory=SuiteVerdict)
    # When its rows were asked for, in seconds of a clock that only grows.
    read_at: float = 0


def keep_back(page: Page, key: OrderKey, hold: Hold) -> None:
    """Hold what is owed; an enrichment counts already, and is only left out."""
    if key.owed_as is OwedAs.ENRICHMENT:
        page.excluded[key.order_id] = hold.rule
    else:
        page.holds.append(hold)


def held_key(destination: str, key: OrderKey, fault: RowFault) -> Hold:
    return Hold(
        destination=destination,
        order_id=key.order_id,
        rule=fault.rule,
        message=fault.message,
        rules=(fault.rule,),
        day=key.day,
        value=key.value,
        currency=key.currency,
    )
