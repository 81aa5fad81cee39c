"""How fast and how large the sandbox is: CPU per request of 1,000, memory per event.

Run: `python benchmarks/sandbox.py [requests per platform]`. It sends nothing.
"""

import asyncio
import hashlib
import resource
import sys
import time

import orjson

from capi_jobs.sandbox import SandboxSettings
from capi_jobs.sandbox.intake import Sandbox
from capi_jobs.sandbox.wire import Incoming, Platform

EVENTS = 1000  # per request: what Meta and TikTok take
NOW = int(time.time())
HASH = hashlib.sha256(b"person@example.com").hexdigest()
PAGE = "https://shop.example/thanks"
HEADERS = {"access-token": "sandbox-1", "authorization": "Bearer sandbox-1"}


def meta(order: str) -> dict[str, object]:
    hashed = dict.fromkeys(("em", "ph", "fn", "ln", "ct", "zp", "country"), HASH)
    return {
        "event_name": "Purchase",
        "event_time": NOW,
        "event_id": order,
        "action_source": "website",
        "event_source_url": PAGE,
        "user_data": hashed
        | {"client_user_agent": "Mozilla/5.0", "client_ip_address": "203.0.113.7"},
        "custom_data": {"value": 19.99, "currency": "USD", "order_id": order},
    }


def tiktok(order: str) -> dict[str, object]:
    return {
        "event": "Purchase",
        "event_time": NOW,
        "event_id": order,
        "page": {"url": PAGE},
        "user": dict.fromkeys(("email", "phone", "external_id"), HASH),
        "properties": {"value": 19.99, "currency": "USD", "order_id": order},
    }


def snapchat(order: str) -> dict[str, object]:
    return {
        "event_name": "PURCHASE",
        "event_time": NOW,
        "event_id": order,
        "action_source": "WEB",
        "event_source_url": PAGE,
        "user_data": dict.fromkeys(("em", "ph", "fn", "ln"), HASH),
        "custom_data": {"value": 19.99, "currency": "USD", "order_id": order},
    }


MAKERS = {"meta": meta, "tiktok": tiktok, "snapchat": snapchat}


def incoming(platform: Platform, request: int) -> Incoming:
    make = MAKERS[platform.name]
    orders = range(request * EVENTS, (request + 1) * EVENTS)
    body = {
        "data": [make(str(order)) for order in orders],
        "event_source": "web",
        "event_source_id": "1",
    }
    path = {
        "account": "1",
        "version": "v1.3" if platform.name == "tiktok" else "v26.0",
    }
    return Incoming(path, HEADERS, {}, orjson.dumps(body))


async def measure(sandbox: Sandbox, platform: Platform, requests: int) -> float:
    """Return milliseconds of CPU per request."""
    spent = 0.0
    for request in range(requests):
        call = incoming(platform, request)
        start = time.process_time()
        await sandbox.receive(platform, call)
        spent += time.process_time() - start
    counted = sandbox.books[platform.name].counted
    if counted != requests * EVENTS:
        raise SystemExit(f"{platform.name} counted {counted}: the benchmark is stale")
    return spent / requests * 1000


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    sandbox, before = Sandbox(SandboxSettings()), memory_mb()
    for platform in sandbox.platforms.values():
        spent = asyncio.run(measure(sandbox, platform, requests))
        grown, before = memory_mb() - before, memory_mb()
        each = grown * 1024 * 1024 / (requests * EVENTS)
        print(
            f"{platform.name:9} {spent:5.1f} ms CPU a request, {each:4.0f} B an event"
        )


if __name__ == "__main__":
    main()
