"""How an order that was forgotten is still recognised: by digests of its ids.

The forgetting itself, and its price, are in forgetting.py.
"""

import hashlib

from sqlalchemy import Connection, Exists, exists, func, select

from capi_jobs.ledger.columns import kept_id
from capi_jobs.ledger.schema import entries

PREFIX = "forgotten:"


def digest_of(text: str) -> str:
    """Return what stands in the place of a forgotten id.

    SQL can say the same: 'forgotten:' || sha256(order_id).
    """
    return PREFIX + hashlib.sha256(kept_id(text).encode()).hexdigest()


def any_forgotten(connection: Connection, destination: str | None = None) -> bool:
    """Whether digests must be looked up at all; an index of those few answers."""
    return bool(connection.scalar(select(some_forgotten(destination))))


def some_forgotten(destination: str | None = None) -> Exists:
    """Ask the same as a part of another question."""
    query = select(entries.c.event_id).where(entries.c.forgotten_at.is_not(None))
    if destination is not None:
        # As a value, or SQLite searches all of the destination's entries for it.
        named = func.coalesce(entries.c.destination, entries.c.destination)
        query = query.where(named == destination)
    return exists(query)
