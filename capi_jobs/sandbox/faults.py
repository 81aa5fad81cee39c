"""Faults by script: which request goes wrong, and how. Nothing fails by chance.

How a platform words the fault stands in its own file; intake.py carries it out.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Action: TypeAlias = Literal[
    "refuse",
    "throttle",
    "delay",
    "drop_before",
    "drop_after",
    "nonsense",
    "html",
    "error_500",
    "expire_token",
    "partial_count",
    "transient",
    "lose",
    "forbid",
    "other_zone",
    "paginate",
]
# What can only go wrong with a question of a read API.
_OF_READING = frozenset({"forbid", "other_zone", "paginate"})
Positive: TypeAlias = Annotated[int, Field(ge=1)]
_span = re.compile(r"from (\d+) to (\d+)\Z").match


class When(BaseModel):
    """Requests that contain one of these events."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: frozenset[str] = frozenset()
    order_id: frozenset[str] = frozenset()

    def names(self, event_id: str | None, order_id: str | None) -> bool:
        return event_id in self.event_id or order_id in self.order_id


class Rule(BaseModel):
    """One fault: where it strikes, which requests, and what happens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Action
    platform: Literal["meta", "tiktok", "snapchat"] | None = None
    account: str | None = None
    on: Literal["send", "read"] = "send"
    when: When | None = None
    # Among the requests that fit the three above, counted from 1:
    request: Positive | str | None = None
    every: Positive | None = None
    times: Positive | None = None
    # How it goes wrong:
    seconds: Annotated[float, Field(ge=0, le=600)] = 0
    retry_after: Annotated[int, Field(ge=0)] | None = None
    code: int | None = None
    subcode: int | None = None
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    name_index: bool | None = None
    count: Annotated[int, Field(ge=0)] = 0
    count_first: bool | None = None
    each: Positive | None = None
    zone: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if isinstance(self.request, str) and _span(self.request) is None:
            raise ValueError('request must be a number or "from N to M"')
        if self.zone is not None and self.zone not in available_timezones():
            raise ValueError("zone must be a time zone, such as Asia/Kolkata")
        if self.do == "lose" and self.on == "read":
            raise ValueError("only what is sent can be lost")
        return self

    def is_about(self, what: str) -> bool:
        """Whether it is about sending or about reading."""
        return what == ("read" if self.do in _OF_READING else self.on)

    def strikes(self, number: int) -> bool:
        """Whether the number-th request that fits is one that goes wrong."""
        if isinstance(self.request, int) and number != self.request:
            return False
        span = _span(str(self.request))
        if span is not None and not int(span[1]) <= number <= int(span[2]):
            return False
        return self.every is None or number % self.every == 0


Rules = TypeAdapter(tuple[Rule, ...])


def read_script(path: Path) -> tuple[Rule, ...]:
    """Read a script: a JSON list of rules. Raises ValueError that names each fault."""
    return Rules.validate_json(path.read_bytes())


class _Armed:
    """A rule, and how often it was looked at and struck."""

    __slots__ = ("passed", "rule", "seen", "struck")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        self.struck = 0
        self.passed = 0  # events of requests that it struck

    def strikes_next(self) -> bool:
        self.seen += 1
        spent = self.rule.times is not None and self.struck >= self.rule.times
        return not spent and self.rule.strikes(self.seen)


class Script:
    """The rules in force; the first that strikes a request is carried out."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._armed = [_Armed(rule) for rule in rules]

    def add(self, rules: Iterable[Rule]) -> None:
        self._armed += [_Armed(rule) for rule in rules]

    def clear(self) -> None:
        self._armed.clear()

    def strike(
        self,
        platform: str,
        account: str,
        ids: Sequence[tuple[str | None, str | None]],
        on: str = "send",
    ) -> tuple[Rule | None, int | None]:
        """Take the rule that strikes, and the index of the event it names."""
        taken: tuple[_Armed, int | None] | None = None
        for armed in self._armed:
            fits, index = _fits(armed.rule, platform, account, ids)
            fits = fits and armed.rule.is_about(on)
            if fits and armed.strikes_next() and taken is None:
                taken = armed, index
        if taken is None:
            return None, None
        taken[0].struck += 1
        return taken[0].rule, taken[1]

    def lost(
        self, rule: Rule, ids: Sequence[tuple[str | None, str | None]]
    ) -> frozenset[int]:
        """Say which events of a struck request are lost: named ones, or each n-th."""
        [armed] = [one for one in self._armed if one.rule is rule]
        before = armed.passed
        armed.passed += len(ids)
        return frozenset(
            index
            for index, told in enumerate(ids)
            if (rule.when is None or rule.when.names(*told))
            and (before + index + 1) % (rule.each or 1) == 0
        )

    def __bool__(self) -> bool:
        return bool(self._armed)

    def listed(self) -> list[dict[str, object]]:
        return [
            {
                **armed.rule.model_dump(mode="json", exclude_defaults=True),
                "seen": armed.seen,
                "struck": armed.struck,
            }
            for armed in self._armed
        ]


def _fits(
    rule: Rule,
    platform: str,
    account: str,
    ids: Sequence[tuple[str | None, str | None]],
) -> tuple[bool, int | None]:
    if rule.platform not in {None, platform} or rule.account not in {None, account}:
        return False, None
    if rule.when is None:
        return True, None
    for index, (event_id, order_id) in enumerate(ids):
        if rule.when.names(event_id, order_id):
            return True, index
    return False, None
