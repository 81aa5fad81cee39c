"""Rows of the warehouse or of a preview file become orders, or all their faults.

Pure: no I/O, no clock. Which orders may be sent is `choosing.py`; what they become is
`conversion.py`. Bad identifiers are no faults here: they cost only themselves, there.
"""

from capi_jobs.orders.choosing import (
    event_id_of,
    exclusion,
    future_fault,
    template_fault,
)
from capi_jobs.orders.reading import read_order
from capi_jobs.orders.scalars import ID_CHARACTERS_MAX, read_id

__all__ = [
    "ID_CHARACTERS_MAX",
    "event_id_of",
    "exclusion",
    "future_fault",
    "read_id",
    "read_order",
    "template_fault",
]
