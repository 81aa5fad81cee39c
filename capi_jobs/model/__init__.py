"""The nouns of the house: frozen, typed, no I/O, no clock.

How rows become orders lives in `orders/`, how orders become conversions in
`conversion.py`, what the ledger keeps in `ledger/`.
"""

from capi_jobs.model.books import Batch, Entry, Hold, Prepared, Receipt
from capi_jobs.model.calls import (
    Accepted,
    Answer,
    Call,
    Conversion,
    Deferred,
    Lost,
    NoAnswer,
    Outcome,
    Refused,
)
from capi_jobs.model.orders import (
    ORDER_FIELDS,
    ClassCount,
    DataInterval,
    Item,
    Order,
    OrderClass,
    OrderKey,
    OwedAs,
    RowFault,
    Texts,
    orders_of,
)

__all__ = [
    "ORDER_FIELDS",
    "Accepted",
    "Answer",
    "Batch",
    "Call",
    "ClassCount",
    "Conversion",
    "DataInterval",
    "Deferred",
    "Entry",
    "Hold",
    "Item",
    "Lost",
    "NoAnswer",
    "Order",
    "OrderClass",
    "OrderKey",
    "Outcome",
    "OwedAs",
    "Prepared",
    "Receipt",
    "Refused",
    "RowFault",
    "Texts",
    "orders_of",
]
