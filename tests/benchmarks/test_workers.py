"""Two thousand orders; five million are for `python -m benchmarks workers`."""

import re
from dataclasses import replace

from benchmarks import telling_workers
from benchmarks.workers import Wanted, measure


def test_a_day_in_slices_is_sent_once_by_several_workers() -> None:
    wanted = Wanted(2_000, workers=(2,), slices=2, latency=0.0, whole=False)

    [night] = measure(wanted)

    assert list(night.faults()) == []
    assert night.counted["counted"] == night.owed > 0
    assert [one["delivered"] > 0 for one in night.tasks["deliver"]] == [True, True]
    wrong = replace(night, counted={"counted": night.owed - 1, "again": 1})
    assert [fault.partition(": ")[2] for fault in wrong.faults()] == [
        "an order was sent by two slices",
        "an order was not sent",
        "an order came again",
    ]
    text = telling_workers.told(wanted, [night, night])
    for figure in telling_workers.FIGURES:
        assert re.search(rf"^\| {re.escape(figure)} \| [\d.]+ \|$", text, re.MULTILINE)
