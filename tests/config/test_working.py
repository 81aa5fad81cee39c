from datetime import timedelta

import pytest

from capi_jobs.config import Delivery, GateSettings
from tests.config.building import faults, settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"call_deadline": "2m"}, "lease"),
        ({"lease": "30s"}, "lease"),
        ({"call_deadline": "1m", "lease": "60s"}, "lease"),
        ({"call_deadline": "0.5s"}, "call_deadline"),
        ({"in_flight_max": 0}, "in_flight_max"),
        ({"in_flight_max": 17}, "in_flight_max"),
        ({"page_rows": 100_001}, "page_rows"),
        ({"attempts_max": 0}, "attempts_max"),
        ({"in_doubt_attempts_max": "many"}, "in_doubt_attempts_max"),
        ({"run_deadline": "never"}, "run_deadline"),
    ],
    ids=str,
)
def test_a_call_must_be_over_before_another_run_takes_over_and_all_is_bounded(
    changes: dict[str, object], key: str
) -> None:
    (found,) = faults(delivery=changes)

    assert found.startswith(f"delivery.{key}: ")


def test_a_longer_deadline_goes_with_a_longer_lease() -> None:
    made = settings(delivery={"call_deadline": "2m", "lease": "5m"}).delivery

    assert (made.call_deadline, made.lease) == (
        timedelta(minutes=2),
        timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    ("key", "odd"),
    [
        ("bad_rows_share_max", 1.01),
        ("bad_rows_share_max", -0.1),
        ("bad_rows_share_max", float("nan")),
        ("missing_growth_max", 1.0),
        ("missing_growth_max", float("inf")),
        ("source_shrink_max", 0.5),
        ("bad_rows_floor", -1),
        ("history_runs", 0),
        ("ask_first_run", "perhaps"),
    ],
)
def test_a_gate_that_could_never_ask_or_always_would_is_refused(
    key: str, odd: object
) -> None:
    (found,) = faults(gate={key: odd})

    assert found.startswith(f"gate.{key}: ")


def test_what_is_not_set_asks_and_keeps_within_its_bounds() -> None:
    gate, delivery = GateSettings(), Delivery()

    assert gate.ask_first_run
    assert gate.ask_without_sent_events
    assert gate.ask_empty_source
    assert delivery.call_deadline < delivery.lease < delivery.run_deadline
