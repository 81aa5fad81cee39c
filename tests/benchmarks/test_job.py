"""Two thousand orders; a million are for `make bench`."""

import re

from benchmarks import telling
from benchmarks.job import Wanted, measure


def test_the_job_is_measured_by_stage_and_sends_what_is_owed() -> None:
    wanted = Wanted(
        orders=2_000,
        missing=0.05,
        destinations=2,
        sqlite=True,
        sandbox=False,
        latency=0.0,
        again=True,
    )

    measured = measure(wanted)

    text = telling.told(measured)
    stages = set(
        re.findall(
            r"^\| (?:start|assess|deliver|end) \| ([^|]+) \|", text, re.MULTILINE
        )
    )
    faults = telling.faults(measured)
    assert not faults
    assert {"meta", "tiktok"} == set(measured.owed)
    # None of them went into "everything else". More is slimmed than pages kept.
    assert {*telling.STAGES, "imports"} == stages | {"slim what waits"}
    assert "Run again at once: 0 calls;" in text
