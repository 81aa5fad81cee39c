"""Two thousand orders; a million are for `python -m benchmarks pairs`."""

from benchmarks import telling_pairs
from benchmarks.job import Wanted
from benchmarks.pairs import CAREFUL, DRT, NAIVE, OURS, _skipped, compare


def test_the_job_and_the_scripts_send_the_same_orders() -> None:
    wanted = Wanted(
        orders=2_000,
        missing=0.1,
        destinations=1,
        sqlite=False,
        sandbox=False,
        latency=0.0,
        again=False,
    )

    pair = compare(wanted)

    text = telling_pairs.told(pair)
    assert pair.faults == []
    assert {OURS, CAREFUL, NAIVE} == set(pair.runs)
    assert pair.counted[OURS] == pair.owed > 0
    assert {DRT} == set(pair.skipped)
    assert "| find what is missing, CPU s |" in text


def test_a_script_that_memory_would_not_do_for_is_left_out_with_the_reason() -> None:
    skipped = _skipped(10**10, drt=True)

    assert {NAIVE} == set(skipped)
    assert skipped[NAIVE].startswith("40960 GB would be needed, 4 KB an order")
