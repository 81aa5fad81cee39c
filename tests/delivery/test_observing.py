"""What is told of calls: one line each, at its level, and why; none per event."""

import logging

import pytest

from capi_jobs.telemetry import Said
from tests.delivery.building import Desk, items


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, object]]:
    """Return level, event and outcome (or why) of each line of delivery."""
    found = []
    for record in caplog.records:
        if isinstance(record.msg, Said):
            fields = record.msg.fields
            assert (fields["run_id"], fields["destination"]) == ("r1", "meta")
            why = fields.get("outcome", fields.get("pause", fields.get("error")))
            found.append((record.levelname, record.msg.what, why))
    return found


def test_throttled_lost_and_dropped_are_told_with_their_run(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "capi_jobs")
    desk.settings["in_flight_max"] = 1
    desk.platform.retry_after = 7
    faults = {1: "throttle", 3: "drop_after"}
    desk.platform.script = lambda number, _: faults.get(number)

    desk.deliver(items(3), items(5)[3:], items(1))

    assert told(caplog)[:5] == [
        ("INFO", "call answered", "deferred"),
        ("WARNING", "throttled", 7.0),
        ("INFO", "call answered", "accepted"),
        ("WARNING", "call answered", "lost"),
        ("INFO", "claim dropped", {"delivered": 1}),
    ]
    calls = [
        record.msg.fields
        for record in caplog.records
        if isinstance(record.msg, Said) and record.msg.what == "call answered"
    ]
    assert [(one["events"], one["attempt"]) for one in calls[:3]] == [
        (3, 1),
        (3, 2),
        (2, 1),
    ]
    assert calls[2]["reason"] == "the connection was reset"
    assert len({one["batch_id"] for one in calls}) == 3


def test_a_destination_that_stops_is_told_once_with_the_reason(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.limits["events_per_batch_max"] = 1
    desk.platform.script = lambda *_: "drop_after"

    desk.deliver(items(20))

    stops = [one for one in told(caplog) if one[1] == "destination stopped"]
    assert stops == [("ERROR", "destination stopped", "DestinationStopped")]
    assert "answers in a row were lost" in caplog.text
