"""The tally's JSON names are read by other programs."""

from capi_jobs.delivery.tally import COUNTS, Tally
from capi_jobs.errors import DestinationStopped


def test_every_count_is_told_under_its_name() -> None:
    counts = {name: number for number, name in enumerate(COUNTS, start=1)}

    told = Tally("meta", **counts).as_json()  # type: ignore[arg-type]

    assert counts | {"stopped": None, "interrupted": False} == told


def test_why_it_stopped_is_told_in_words() -> None:
    fault = DestinationStopped("meta: no", do="wait")

    told = Tally("meta", stopped=fault, interrupted=True).as_json()

    assert (told["stopped"], told["interrupted"]) == ("meta: no → wait", True)
