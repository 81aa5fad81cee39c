"""Questions of the read APIs, as a reader asks them."""

from datetime import timedelta
from typing import Any

import orjson
from httpx import Response

from tests.sandbox.builders import ACCOUNTS, NOW, TOKEN, Shop

HOUR = timedelta(hours=1)


def meta_stats(
    shop: Shop, *, token: str = TOKEN, version: str = "v26.0", **query: str
) -> Response:
    asks = {"access_token": token, "event_source": "SERVER_ONLY"} | query
    return shop.client.get(f"/{version}/{ACCOUNTS['meta']}/stats", params=asks)


def hours(answer: Response) -> dict[str, dict[str, int]]:
    """Return what Meta tells: the hour's text → name → count."""
    return {
        row["start_time"]: {each["value"]: each["count"] for each in row["data"]}
        for row in answer.json()["data"]
    }


def uploads(shop: Shop, tag: str) -> list[dict[str, int]]:
    asks = {"access_token": TOKEN, "upload_tag": tag}
    url = f"/v26.0/{ACCOUNTS['meta']}/offline_event_uploads"
    listed: list[dict[str, int]] = shop.client.get(url, params=asks).json()["data"]
    return listed


def quality(shop: Shop, **query: str) -> list[dict[str, Any]]:
    asks = {"access_token": TOKEN, "dataset_id": ACCOUNTS["meta"]} | query
    answer = shop.client.get("/v26.0/dataset_quality", params=asks)
    web: list[dict[str, Any]] = answer.json()["web"]
    return web


def tiktok(
    shop: Shop, path: str, *, token: str = TOKEN, version: str = "v1.3", **query: str
) -> dict[str, Any]:
    asks = {"advertiser_id": "7000"} | query
    url = f"/open_api/{version}/{path}/"
    answer = shop.client.get(url, params=asks, headers={"Access-Token": token})
    told: dict[str, Any] = answer.json()
    return told


def tiktok_day(shop: Shop, day: str = "2026-11-23", **query: str) -> dict[str, int]:
    """Return what TikTok tells of a day: name → count."""
    listed = tiktok(shop, "pixel/list", code=ACCOUNTS["tiktok"])["data"]["pixels"]
    span = {"start_date": day, "end_date": day}
    asks = {
        "pixel_ids": orjson.dumps([listed[0]["pixel_id"]]).decode(),
        "date_range": orjson.dumps(span).decode(),
    } | query
    rows = tiktok(shop, "pixel/event/stats", **asks)["data"]["list"]
    return {row["event_type"]: row["total_count"] for row in rows}


def past_hour(shop: Shop) -> int:
    url = f"/v3/{ACCOUNTS['snapchat']}/events/validate/stats"
    answer = shop.client.get(url, params={"access_token": TOKEN}).json()
    return int(answer["stats"]["live"]["event_count_past_hour"])


def hour_of(moment: timedelta = timedelta(0)) -> str:
    return (NOW + moment).strftime("%Y-%m-%dT%H:00:00+0000")
