"""Signals: the first ends work in order, and who listened before listens again."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from capi_jobs.jobs.signals import stopped_by_signals

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def of_a_worker(*_: object) -> None:
    """Stand for what Airflow does about a signal."""


@pytest.fixture(autouse=True)
def a_worker_listens() -> Iterator[None]:
    before = [signal.signal(one, of_a_worker) for one in SIGNALS]
    yield
    for one, handler in zip(SIGNALS, before, strict=True):
        signal.signal(one, handler)


async def _asked_by(one: signal.Signals) -> bool:
    stop = asyncio.Event()
    with stopped_by_signals(stop):
        signal.raise_signal(one)
        # One turn of the loop, in which it hears the signal; bounded, lest it does not.
        await asyncio.wait_for(stop.wait(), 5)
    return stop.is_set()


@pytest.mark.parametrize("one", SIGNALS)
def test_a_signal_asks_to_stop_and_is_the_workers_afterwards(
    one: signal.Signals,
) -> None:
    assert asyncio.run(_asked_by(one))
    assert [signal.getsignal(each) for each in SIGNALS] == [of_a_worker] * 2
