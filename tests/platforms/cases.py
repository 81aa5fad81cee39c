"""The platforms' cases, read from their data files, and what makes objects of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from capi_jobs.model import (
    Accepted,
    Answer,
    Call,
    Conversion,
    Deferred,
    Item,
    Lost,
    Outcome,
    Refused,
)
from capi_jobs.platforms import NAMES, Platform, Target, platform_named

HERE = Path(__file__).parent
TOKEN = "TOKEN&1"


@dataclass(frozen=True)
class Case:
    """One case of one platform."""

    platform: Platform
    told: Mapping[str, Any]

    def conversions(self) -> list[Conversion]:
        """Make what the case tells, or so many that differ only in their id."""
        if "conversions" in self.told:
            return [
                conversion(self.platform, told) for told in self.told["conversions"]
            ]
        ids = [f"A-{number}" for number in range(self.told.get("events", 1))]
        return [conversion(self.platform, {"event_id": i, "order_id": i}) for i in ids]

    def target(self) -> Target:
        """Say where the case's call goes."""
        told = data(self.platform.name)["target"] | self.told.get("target", {})
        return Target(**({"base_url": self.platform.base_url} | told))

    def call(self) -> Call:
        """Write the case's request."""
        events = [self.platform.event(c) for c in self.conversions()]
        return self.platform.call(events, self.target(), TOKEN)

    def answer(self) -> Answer:
        """Return what the case answers."""
        headers = self.told.get("headers", {})
        return Answer(int(self.told["status"]), headers, self.told["body"].encode())

    def golden(self) -> Path:
        """Name the file of the expected request."""
        name = f"{self.told['case'].replace(' ', '-')}.txt"
        return HERE / "goldens" / self.platform.name / name


@cache
def data(name: str) -> dict[str, Any]:
    """Read a platform's data file."""
    read: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
    return read


def cases(section: str) -> list[Case]:
    """Return all platforms' cases of one section."""
    return [
        Case(platform_named(name), told)
        for name in NAMES
        for told in data(name)[section]
    ]


def codes() -> list[tuple[Case, str]]:
    """Return an answer for each listed code, with the meaning it must have."""
    return [
        (_answered(name, code), meaning)
        for name in NAMES
        for codes, meaning in data(name)["codes"].items()
        for code in listed(str(codes))
    ]


def listed(codes: str) -> list[str]:
    """Write out a range such as 200-299."""
    first, _, last = codes.partition("-")
    return [str(n) for n in range(int(first), int(last) + 1)] if last else [first]


def case_id(value: object) -> str | None:
    """Name a case in a test's id."""
    if isinstance(value, Case):
        return f"{value.platform.name}-{value.told['case']}"
    return None


def _answered(name: str, codes: str) -> Case:
    template = data(name)["code_answer"]
    code, _, subcode = codes.partition("/")
    parts = {"code": code, "subcode": subcode or "null"}
    told = {key: str(value) % parts for key, value in template.items()}
    return Case(platform_named(name), {"case": codes, "events": 3, **told})


def conversion(platform: Platform, told: Mapping[str, Any]) -> Conversion:
    """Make a valid conversion, but for what is told."""
    fields = {
        "destination": platform.name,
        "order_id": "A-1001",
        "event_id": "A-1001",
        "event_time": datetime(2026, 11, 20, 10, 15, 30, 999_999, tzinfo=UTC),
        "value": "10.10",
        "currency": "EUR",
        "page_url": "https://shop.example/thanks?x=1",
        **data(platform.name)["conversion"],
        **told,
    }
    fields["value"] = Decimal(fields["value"])
    fields["items"] = tuple(_item(line) for line in fields.get("items", ()))
    fields["match_keys"] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in fields["match_keys"].items()
    }
    return Conversion(**fields)


def _item(line: Mapping[str, Any]) -> Item:
    price = line["unit_price"]
    exact = None if price is None else Decimal(price)
    return Item(line["sku"], line["quantity"], exact, line.get("name"))


def shown(call: Call) -> str:
    """Write a request for reading: a line for each member of an event.

    Only line breaks are added, so that without them it is the request, byte for byte.
    """
    headers = [f"{name}: {value}" for name, value in call.headers.items()]
    body = "".join(_broken(call.body.decode()))
    return "\n".join([f"{call.method} {call.url}", *headers, "", body, ""])


# {"data":[{ … }]}: members of an event are three brackets deep.
_MEMBER_DEPTH = 3


def _broken(body: str) -> Iterator[str]:
    depth, in_text, before = 0, False, ""
    for sign in body:
        if sign == '"' and before != "\\":
            in_text = not in_text
        if not in_text:
            depth += (sign in "{[") - (sign in "}]")
        yield sign
        if sign == "," and not in_text and depth <= _MEMBER_DEPTH:
            yield "\n"
        before = sign


def told(outcomes: Sequence[Outcome]) -> list[str]:
    """Write outcomes as the data files do; equal neighbours share a line."""
    lines: list[str] = []
    for text in (_told(outcome) for outcome in outcomes):
        count, _, last = lines[-1].rpartition(" × ") if lines else ("", "", None)
        if last == text:
            lines[-1] = f"{int(count or 1) + 1} × {text}"
        else:
            lines.append(text)
    return lines


def _told(outcome: Outcome) -> str:
    match outcome:
        case Accepted(trace_id, note):
            return f"accepted {trace_id}" + (f", {note}" if note else "")
        case Refused(code, message):
            return f"refused {code}: {message}"
        case Deferred(reason, wait, batch_refused):
            after = f", after {wait.seconds} s" if wait else ""
            return f"deferred {reason}{after}{', batch refused' * batch_refused}"
        case Lost(reason):
            return f"lost: {reason}"
