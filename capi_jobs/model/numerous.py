"""What makes a class of the nouns that a run has hundreds of thousands of.

The nouns themselves are in `orders.py`, `books.py` and `calls.py`.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def numerous(cls: type[T]) -> type[T]:
    """Make a dataclass that is frozen to mypy, and to nobody at run time.

    A frozen one sets each field by a call of its own: a tenth of preparing an order
    went into that. mypy reads all our code, and no other code makes or changes these.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
