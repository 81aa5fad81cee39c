"""Asks a platform one thing outside a run, and keeps nobody waiting after that.

What is asked and what the answer means is `probing.py` and `deep.py`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Thread
from typing import ParamSpec, TypeVar

from capi_jobs.model import Answer, Call, NoAnswer
from capi_jobs.transport import Transport

P = ParamSpec("P")
T = TypeVar("T")


def called(call: Call, deadline: timedelta) -> Answer | NoAnswer:
    """Make one call, in this time, whatever hangs."""
    return asyncio.run(_sent(call, deadline))


async def _sent(call: Call, deadline: timedelta) -> Answer | NoAnswer:
    # Names are resolved in it.
    asyncio.get_running_loop().set_default_executor(_Unjoined())
    async with Transport(deadline=deadline, connections_max=1) as transport:
        return await transport.send(call)


class _Unjoined(ThreadPoolExecutor):
    """A thread for each piece of work, which keeps no process from its end.

    The library's own are waited for: a resolver that is away takes most of a minute.
    """

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Begin at once."""
        future = Future[T]()
        future.set_running_or_notify_cancel()

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                future.set_exception(error)

        Thread(target=work, daemon=True).start()
        return future
