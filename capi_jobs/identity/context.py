"""What a normal form may know beside the text itself."""

from typing import NamedTuple


class Context(NamedTuple):
    """Where the customer lives: the order's country, else the destination's default."""

    country: str | None = None  # ISO 3166-1 alpha-2, upper case
