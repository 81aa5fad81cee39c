"""A platform that takes everything: counts event ids, answers after a fixed latency.

A process of its own, so that its work is not the client's. The strict one is
`capi_jobs.sandbox`; here the client is measured, not its correctness.

    python -m benchmarks.answering LATENCY_SECONDS
"""

import asyncio
import contextlib
import sys
from collections import Counter
from urllib.parse import parse_qs

import orjson

BODY_BYTES_MAX = 64 * 1024 * 1024
ANSWERS: dict[str, dict[str, object]] = {
    "meta": {"events_received": 0, "messages": [], "fbtrace_id": "benchmark"},
    "tiktok": {"code": 0, "message": "OK", "request_id": "benchmark", "data": {}},
    "snapchat": {"status": "VALID", "request_id": "benchmark"},
}


class Platforms:
    """Counts what came, by platform and event id."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.counts = {name: Counter[str]() for name in ANSWERS}
        self.requests = Counter[str]()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one connection's requests until it is closed."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                answer = await self._answer(head.split(b" ", 2)[1].decode(), body)
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (len(answer), answer)
                )
                await writer.drain()
        writer.close()

    async def _answer(self, path: str, body: bytes) -> bytes:
        name = path.split("/")[1]
        if name not in ANSWERS:
            return orjson.dumps(self.told())
        ids = [event["event_id"] for event in _events(body)]
        self.counts[name].update(ids)
        self.requests[name] += 1
        await asyncio.sleep(self.latency)
        answer = dict(ANSWERS[name])
        if "events_received" in answer:
            answer["events_received"] = len(ids)
        return orjson.dumps(answer)

    def told(self) -> dict[str, dict[str, int]]:
        """Say what was counted: each id once, and how many came again."""
        return {
            name: {
                "counted": len(ids),
                "again": ids.total() - len(ids),
                "requests": self.requests[name],
            }
            for name, ids in self.counts.items()
        }


def _events(body: bytes) -> list[dict[str, str]]:
    """Read JSON, or a form with JSON in it, as Meta's own SDK posts."""
    if body.startswith(b"{"):
        events: list[dict[str, str]] = orjson.loads(body)["data"]
        return events
    [data] = parse_qs(body.decode())["data"]
    # A list of texts, each of which is an event.
    return [orjson.loads(one) for one in orjson.loads(data)]


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return min(int(value), BODY_BYTES_MAX)
    return 0


async def main(latency: float) -> None:
    """Serve until ended; the port is the first line on stdout."""
    platforms = Platforms(latency)
    server = await asyncio.start_server(platforms.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
