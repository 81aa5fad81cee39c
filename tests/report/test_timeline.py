"""What happened, in the order of time, whatever the times look like."""

from datetime import UTC, datetime
from typing import Any

from capi_jobs.audit import Finding, Kind
from capi_jobs.audit.counting import Counted
from capi_jobs.report.timeline import timeline
from capi_jobs.report.traces import Trace, TracedDestination, TracedOrder


class Meta:
    """All that a timeline knows of a destination."""

    name = "meta"


def traced(*events: dict[str, str | None], **more: Any) -> list[Any]:  # noqa: ANN401
    facts = {"completed_at": "2026-11-20T10:00:00+01:00", "value": "5", "event_id": "e"}
    one = TracedDestination(
        **{
            "destination": Meta(),
            "decision": None,
            "events": events,
            "entries": (),
            "hold": None,
            "override": None,
            "findings": (),
            "corrections": (),
            "counted": Counted(0, 0),
            **more,
        }
    )
    order = TracedOrder(facts=facts, filled=(), empty=(), rows=1)
    return timeline(
        Trace(order_id="o", order=order, destinations=(one,), history=()), one
    )


def finding(kind: Kind) -> Finding:
    return Finding(
        kind=kind,
        cause="x",
        order_id="o",
        event_ids=(),
        day=None,
        currency="EUR",
        value=0,  # type: ignore[arg-type]
        detail="",
    )


def an_event(at: str | None, **told: str) -> dict[str, str | None]:
    return {"event_time": at, "channel": "browser", "log": "pixel", **told}


def test_times_of_all_zones_stand_in_order_and_unreadable_ones_as_they_are() -> None:
    late, early = "2026-11-20T09:30:00Z", "2026-11-20T08:59:00.5Z"
    told = traced(*map(an_event, (late, early, "soon", "2026-11-20T08:00:00", None)))

    assert [one.at_text for one in told] == [
        "",
        "2026-11-20 08:59:00.500000",
        "2026-11-20 09:00:00.000000",
        "2026-11-20 09:30:00.000000",
        "2026-11-20T08:00:00",
        "soon",
    ]
    assert told[2].at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert [one.at for one in told][-2:] == [None, None]


def test_a_second_copy_is_the_fault_where_copies_are() -> None:
    times = ("2026-11-20T09:30:00Z", "2026-11-20T09:40:00Z")
    told = traced(*map(an_event, times), findings=(finding(Kind.DUPLICATED),))

    assert [one.level for one in told] == ["good", "good", "fault"]


def test_what_differs_is_named_where_something_was_found_to_differ() -> None:
    event = an_event("2026-11-20T09:30:00Z", value="500", event_id="e")

    [_, plain] = traced(event)
    [_, marked] = traced(event, findings=(finding(Kind.MISALIGNED),))

    assert (plain.differs, marked.differs) == ((), ("value",))
    assert (plain.level, marked.level) == ("good", "fault")
