"""Valid events of each platform, and a client that sends them to a sandbox."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from httpx import Response

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON = int(NOW.timestamp())
DAY = timedelta(days=1)
TOKEN = "sandbox-token"
Event = dict[str, Any]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


EM = sha256("person@example.com")


def meta_event(order: str = "o-1", **changes: object) -> Event:
    return {
        "event_name": "Purchase",
        "event_time": NOON,
        "event_id": order,
        "action_source": "website",
        "event_source_url": "https://shop.example/thanks",
        "user_data": {
            "em": [EM],
            "client_user_agent": "Mozilla/5.0",
            "client_ip_address": "203.0.113.7",
        },
        "custom_data": {"value": 19.99, "currency": "USD", "order_id": order},
        **changes,
    }


def tiktok_event(order: str = "o-1", **changes: object) -> Event:
    return {
        "event": "Purchase",
        "event_time": NOON,
        "event_id": order,
        "user": {"email": EM, "ip": "203.0.113.7", "user_agent": "Mozilla/5.0"},
        "page": {"url": "https://shop.example/thanks"},
        "properties": {
            "value": 19.99,
            "currency": "USD",
            "order_id": order,
            "contents": [{"content_id": "sku", "price": 19.99, "quantity": 1}],
        },
        **changes,
    }


def snapchat_event(order: str = "o-1", **changes: object) -> Event:
    return {
        "event_name": "PURCHASE",
        "event_time": NOON,
        "event_id": order,
        "action_source": "WEB",
        "event_source_url": "https://shop.example/thanks",
        "user_data": {"em": [EM]},
        "custom_data": {"value": 19.99, "currency": "USD", "order_id": order},
        **changes,
    }


EVENTS = {"meta": meta_event, "tiktok": tiktok_event, "snapchat": snapchat_event}
ACCOUNTS = {"meta": "1234567890", "tiktok": "PIXELCODE", "snapchat": "pixel-id"}


class InProcess(httpx.BaseTransport):
    """Hands requests to an application without a server or a thread."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> Response:
        return asyncio.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> Response:
        answer = await self._inner.handle_async_request(request)
        content = await answer.aread()
        return Response(answer.status_code, headers=answer.headers, content=content)


class Shop:
    """Sends to the three platforms as a shop's server would."""

    def __init__(self, app: FastAPI) -> None:
        transport = InProcess(app)
        self.client = httpx.Client(transport=transport, base_url="http://sandbox")

    def send(self, platform: str, *events: object, token: str = TOKEN) -> Response:
        sends = {"meta": self.meta, "tiktok": self.tiktok, "snapchat": self.snapchat}
        return sends[platform](*events, token=token)

    def meta(
        self,
        *events: object,
        token: str = TOKEN,
        version: str = "v26.0",
        **body: object,
    ) -> Response:
        account = body.pop("account", ACCOUNTS["meta"])
        body = {"data": list(events), "access_token": token} | body
        return self.client.post(f"/{version}/{account}/events", json=body)

    def tiktok(
        self, *events: object, token: str = TOKEN, source: str = "web", **body: object
    ) -> Response:
        ids = {"event_source": source, "event_source_id": ACCOUNTS["tiktok"]}
        return self.client.post(
            "/open_api/v1.3/event/track/",
            json=ids | {"data": list(events)} | body,
            headers={"Access-Token": token},
        )

    def snapchat(self, *events: object, token: str = TOKEN) -> Response:
        return self.client.post(
            f"/v3/{ACCOUNTS['snapchat']}/events",
            params={"access_token": token},
            json={"data": list(events)},
        )

    def counted(self, platform: str) -> dict[str, Any]:
        books: dict[str, dict[str, Any]] = self.client.get("/sandbox/counted").json()
        return books[platform]

    def count(self, platform: str) -> int:
        return int(self.counted(platform)["counted"])

    def at(self, since_now: timedelta) -> None:
        """Set the sandbox's clock that far from the time of the test."""
        shift = {"shift_seconds": since_now.total_seconds()}
        assert self.client.post("/sandbox/clock", json=shift).status_code == 200

    def fault(self, **rule: object) -> None:
        assert self.client.post("/sandbox/faults", json=[rule]).status_code == 200

    def pixel(self, platform: str, **seen: object) -> None:
        body = {"platform": platform, "account": ACCOUNTS[platform]} | seen
        assert self.client.post("/sandbox/pixel", json=body).status_code == 200


def ok(response: Response) -> bool:
    """Whether the platform took the request, by its own words."""
    body = response.json()
    return bool(
        "events_received" in body
        or body.get("code") == 0
        or body.get("status") == "VALID"
    )


GONE = object()


def edited(event: Event, path: str, value: object) -> Event:
    """Set one field of an event, or take it away when the value is GONE."""
    *holders, last = path.split(".")
    holder: Any = event
    for key in holders:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    name: Any = int(last) if isinstance(holder, list) else last
    if value is GONE:
        del holder[name]
    else:
        holder[name] = value
    return event
