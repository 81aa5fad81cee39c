"""Two thousand orders; a million are for `python -m benchmarks pairs`."""

from benchmarks import telling_pairs
from benchmarks.job import Wanted
from benchmarks.pairs import compare


def test_the_job_and_a_script_send_the_same_orders() -> None:
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
    assert pair.counted["capi-jobs"] == pair.counted["script"] > 0
    assert "| find what is missing, CPU s |" in text
