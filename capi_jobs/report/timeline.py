"""What happened to one order at one destination, in the order of time, as plain values.

Taken from the trace (`traces.py`): the row, the events of others, our own moves, and
people's words. How it is shown is the reader's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from capi_jobs.audit import Kind
from capi_jobs.report.amounts import grouped
from capi_jobs.report.traces import Trace, TracedDestination, differs

Level = Literal["good", "look", "fault", "quiet"]
# What an event tells of an order, and may tell wrongly.
_COMPARED = ("event_id", "order_id", "value", "currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened."""

    at: datetime | None  # None: the time has no zone, or cannot be read
    at_text: str  # as it sorts; what cannot be read stays as it was written
    level: Level
    who: str
    what: str
    worth: str = ""
    note: str = ""
    differs: tuple[str, ...] = ()  # what an event tells otherwise than the order


def timeline(trace: Trace, one: TracedDestination) -> list[Happening]:
    """Put together all that is known, the oldest first."""
    return sorted(_happened(trace, one), key=lambda each: each.at_text)


def _happened(trace: Trace, one: TracedDestination) -> Iterator[Happening]:
    facts = trace.order.facts if trace.order else {}
    if facts:
        yield _at(
            facts.get("completed_at"),
            level="good",
            who="warehouse",
            what="order completed",
            worth=f"{facts.get('value', '–')} {facts.get('currency', '')}".strip(),
        )
    yield from _events(one, facts)
    for move in trace.history:
        if move["destination"] == one.destination.name:
            yield _move(move)
    yield from _words(one)
    moved = {move["batch_id"]: move["at"] for move in trace.history}
    for entry in one.entries:
        yield _entry(entry, moved.get(entry["batch_id"]))


def _events(one: TracedDestination, facts: Mapping[str, str]) -> Iterator[Happening]:
    kinds = {finding.kind for finding in one.findings}
    times = sorted(_text(event.get("event_time")) for event in one.events)
    for event in one.events:
        first = _text(event.get("event_time")) == times[0]
        bad = kinds & {Kind.MISFIRING, Kind.MISALIGNED} or (
            Kind.DUPLICATED in kinds and not first
        )
        ids = [f"order {event.get('order_id') or '–'}"]
        ids.append(f"event id {event.get('event_id') or '–'}")
        yield _at(
            event.get("event_time"),
            level="fault" if bad else "good",
            who=f"{event.get('channel')} {event.get('log')}",
            what=event.get("event_name") or "Purchase",
            worth=f"{event.get('value') or '–'} {event.get('currency') or ''}".strip(),
            note=" · ".join(ids),
            differs=_differing(event, facts) if Kind.MISALIGNED in kinds else (),
        )


def _differing(
    event: Mapping[str, str | None], facts: Mapping[str, str]
) -> tuple[str, ...]:
    return tuple(
        name
        for name in _COMPARED
        if facts.get(name) and differs(name, event.get(name) or "", facts[name])
    )


def _move(move: Mapping[str, Any]) -> Happening:
    receipt = " ".join(filter(None, (move["reason"], move["trace_id"])))
    return _at(
        move["at"],
        level="quiet",
        who=str(move["actor"]),
        what=f"{move['event']} → {move['to_status']}".replace("_", " "),
        note=" · ".join(filter(None, (f"batch {move['batch_id']}", receipt))),
    )


def _words(one: TracedDestination) -> Iterator[Happening]:
    if one.hold:
        yield _at(
            one.hold.first_seen_at,
            level="look",
            who="capi-jobs",
            what=f"held by {one.hold.rule}",
            note=one.hold.message,
        )
    if one.override:
        yield _at(
            one.override.at,
            level="look",
            who=one.override.actor,
            what=f"said {one.override.decision}",
            note=one.override.reason,
        )


def _entry(entry: Mapping[str, Any], moved_at: datetime | None) -> Happening:
    """Say where it stands now: since the last move of its batch."""
    status = str(entry["status"]).replace("_", " ")
    return _at(
        moved_at or entry["last_sent_at"] or entry["first_sent_at"],
        level="good" if status == "delivered" else "look",
        who="capi-jobs",
        what=f"{entry['event_name']} is {status} now",
        worth=f"{grouped(entry['value'], entry['currency'])} {entry['currency']}",
        note=f"event id {entry['event_id']}",
    )


def _at(when: object, **told: Any) -> Happening:  # noqa: ANN401 - its fields
    return Happening(at=_moment(when), at_text=_text(when), **told)


def _moment(when: object) -> datetime | None:
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when.strip())
        except ValueError:
            return None
    if not isinstance(when, datetime) or when.tzinfo is None:
        return None
    try:
        return when.astimezone(UTC)
    except OverflowError:  # within a day of the years 1 and 9999
        return None


def _text(when: object) -> str:
    moment = _moment(when)
    if moment is not None:
        return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
    return "" if when is None else str(when)
