"""A thousand orders; millions are for `python -m benchmarks growth`."""

from dataclasses import replace

from benchmarks.growth import Size, measure, told


def test_a_job_and_the_night_after_it_are_measured_beside_the_keys() -> None:
    size = measure(1_000, 0.1, 0.0)

    text = told([size], 0.0)
    assert size.faults == []
    assert size.counted == size.owed > 0
    # Each order's key, and what was logged of all but 99: numbers are always the same.
    assert size.keys["rows"] == 1_901
    assert "| 1,000 | 10% |" in text


def test_what_was_counted_but_not_owed_and_calls_at_night_are_faults() -> None:
    ran = {"destinations": {"meta": {"requests": 2}}}
    size = replace(_nothing(), counted=1, again=ran)

    assert size.faults == [
        "10: owed 2, counted 1",
        "10: 2 calls with nothing to send",
    ]


def _nothing() -> Size:
    return Size(10, 0.2, 2, 2, {}, {"destinations": {}}, {})
