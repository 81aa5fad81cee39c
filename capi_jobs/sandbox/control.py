"""The sandbox's own doors: what was counted, the log, faults, clock, browser events.

They are described in docs/sandbox.md; their JSON is stable.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Literal, TypeAlias

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from .counting import Book, Counted
from .faults import Rule
from .intake import Sandbox
from .tallies import Origin

PlatformName: TypeAlias = Literal["meta", "tiktok", "snapchat"]
# A day's length beyond any window; keeps a shifted clock inside the calendar.
SHIFT_SECONDS_MAX = 3660 * 24 * 60 * 60
EVENTS_PER_CHUNK = 1000  # so that no million small objects lie about at once


class Shift(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shift_seconds: Annotated[float, Field(ge=-SHIFT_SECONDS_MAX, le=SHIFT_SECONDS_MAX)]


class Pixel(BaseModel):
    """An event that a browser's pixel sent to the platform."""

    model_config = ConfigDict(extra="forbid")

    platform: PlatformName
    account: str
    event_name: str | None = None
    event_id: str | None = None  # Snapchat: client_dedup_id
    order_id: str | None = None  # Snapchat: transaction_id
    fbp: str | None = None
    external_id: str | None = None
    received_at: AwareDatetime | None = None


class Control:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def counted(
        self,
        events: Annotated[bool, Query()] = True,  # noqa: FBT002 - of the query
        platform: Annotated[PlatformName | None, Query()] = None,
    ) -> Response:
        books = self._sandbox.books
        names = [platform] if platform else list(books)
        parts = [
            orjson.dumps(name) + b":" + b"".join(_written(books[name], events))
            for name in names
        ]
        return _json(b"{" + b",".join(parts) + b"}")

    async def requests(self) -> Response:
        return _json(orjson.dumps(list(self._sandbox.visits)))

    async def reset(self) -> Response:
        self._sandbox.reset()
        return Response(status_code=204)

    async def clock(self) -> Response:
        clock = self._sandbox.clock
        shift = clock.shift.total_seconds()
        return _json(orjson.dumps({"now": clock.now(), "shift_seconds": shift}))

    async def shift(self, shift: Shift) -> Response:
        self._sandbox.clock.shift = timedelta(seconds=shift.shift_seconds)
        return await self.clock()

    async def faults(self) -> Response:
        return _json(orjson.dumps(self._sandbox.script.listed()))

    async def add_faults(self, rules: list[Rule]) -> Response:
        self._sandbox.script.add(rules)
        return await self.faults()

    async def remove_faults(self) -> Response:
        self._sandbox.script.clear()
        return Response(status_code=204)

    async def pixel(self, pixel: Pixel) -> Response:
        """Receive a browser event, now or at a time that has passed."""
        visit = self._sandbox.visit(pixel.platform, pixel.account)
        visit.events, visit.outcome = 1, "pixel"
        platform = self._sandbox.platforms[pixel.platform]
        seen = pixel.model_dump(exclude={"platform", "account", "received_at"})
        visit.received_at = pixel.received_at or visit.received_at
        arrival = platform.pixel(seen)
        self._sandbox.count(visit, [arrival], Origin(pixel.account, browser=True))
        return _json(orjson.dumps({"request": visit.id}))


def control_router(sandbox: Sandbox) -> APIRouter:
    control, routes = Control(sandbox), APIRouter(prefix="/sandbox")
    routes.add_api_route("", control.reset, methods=["DELETE"])
    routes.add_api_route("/counted", control.counted, methods=["GET"])
    routes.add_api_route("/requests", control.requests, methods=["GET"])
    routes.add_api_route("/clock", control.clock, methods=["GET"])
    routes.add_api_route("/clock", control.shift, methods=["POST"])
    routes.add_api_route("/faults", control.faults, methods=["GET"])
    routes.add_api_route("/faults", control.add_faults, methods=["POST"])
    routes.add_api_route("/faults", control.remove_faults, methods=["DELETE"])
    routes.add_api_route("/pixel", control.pixel, methods=["POST"])
    return routes


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _written(book: Book, with_events: bool) -> Iterator[bytes]:  # noqa: FBT001 - a switch of the query
    totals = orjson.dumps(book.totals())
    if not with_events:
        yield totals
        return
    yield totals[:-1] + b',"events":['
    events, separator = book.events(), b""
    while chunk := list(islice(events, EVENTS_PER_CHUNK)):
        yield separator + orjson.dumps([_event(record) for record in chunk])[1:-1]
        separator = b","
    yield b"]}"


def _event(record: Counted) -> dict[str, object]:
    return {
        "account": record.account,
        "event_name": record.event_name,
        "event_id": record.event_id,
        "order_id": record.order_id,
        "event_time": record.event_time,
        "value": record.value,
        "currency": record.currency,
        "action_source": record.action_source,
        "counted": record.counted,
        "received": record.received,
        "first_received_at": datetime.fromtimestamp(record.first_received_at, UTC),
        "requests": record.requests,
    }
