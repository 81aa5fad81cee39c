"""Ctrl-C and SIGTERM: once, finish what is in flight; twice, stop at once."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """First Ctrl-C or SIGTERM: finish what is in flight. Second: stop at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    signals = (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.getsignal(one) for one in signals}
    # Only a main thread may: elsewhere, as in a worker of Airflow, the caller stops us.
    with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
        for one in signals:
            loop.add_signal_handler(one, asked)
    try:
        yield
    finally:
        for one in signals:
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                if loop.remove_signal_handler(one) and before[one] is not None:
                    # The loop leaves the default, not what a worker had put there.
                    signal.signal(one, before[one])
