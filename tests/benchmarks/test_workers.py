"""Two thousand orders; five million are for `python -m benchmarks workers`."""

import re

from benchmarks import telling_workers
from benchmarks.workers import Wanted, measure


def test_a_day_in_slices_is_sent_once_by_several_workers() -> None:
    wanted = Wanted(orders=2_000, workers=(2,), slices=2, missing=0.1, latency=0.0)

    nights = measure(wanted)

    assert [list(night.faults()) for night in nights] == [[], []]
    whole, sliced = nights
    assert (len(whole.tasks["deliver"]), len(sliced.tasks["deliver"])) == (1, 2)
    assert whole.counted["counted"] == sliced.counted["counted"] == whole.owed > 0
    assert min(one["delivered"] for one in sliced.tasks["deliver"]) > 0
    text = telling_workers.told(wanted, nights)
    for figure in telling_workers.FIGURES:
        assert re.search(rf"^\| {re.escape(figure)} \| [\d.]+ \|$", text, re.MULTILINE)
