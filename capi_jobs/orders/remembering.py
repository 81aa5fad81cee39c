"""Answers of a reader, by the text that was read: the words and amounts that repeat."""

from collections.abc import Callable
from typing import Any

Read = Callable[[Any], Any]


class Remembered(dict[Any, Any]):
    """Answers by text, learnt when they are first asked for; faults are not kept.

    When it is full it forgets all and begins anew, which is cheaper than forgetting
    the oldest. Lanes may share it: at worst a text is read twice.
    """

    def __init__(self, read: Read, *, answers_max: int, characters_max: int) -> None:
        """Remember so many answers, of texts no longer than that."""
        super().__init__()
        self._read = read
        self._answers_max, self._characters_max = answers_max, characters_max

    def __missing__(self, text: str | None) -> object:
        """Read what is not known yet."""
        found = self._read(text)
        if text is None or len(text) <= self._characters_max:
            if len(self) >= self._answers_max:
                self.clear()
            self[text] = found
        return found
