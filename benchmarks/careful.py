"""What a careful user would write: pandas in chunks, a set, Great Expectations.

    python -m benchmarks.careful WAREHOUSE_URL SERVER START

Orders stream through a server-side cursor and are never all in memory; what is sent is
hashed, checked by `careful_checks.py`, and written down once it was taken. One call
goes after the other, and no call is tried again.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pandas as pd
import requests
import sqlalchemy as sa

from benchmarks.careful_checks import Checks
from benchmarks.process import Stages

ORDERS_PER_CHUNK = 50_000
EVENTS_PER_CALL = 1_000
COLUMNS = (
    "order_id, completed_at, value, currency, event_id, items, customer_id, email,"
    " phone, first_name, last_name, city, state, zip, country, date_of_birth, gender,"
    " ip, user_agent, page_url, fbc, fbp"
)
ORDERS = f"SELECT {COLUMNS} FROM completed_orders WHERE completed_at >= :first"
SENT = """
SELECT order_id FROM browser_events WHERE platform = 'meta'
UNION ALL SELECT order_id FROM server_events_meta
UNION ALL SELECT order_id FROM sent_by_careful
"""
MADE = """
CREATE TABLE IF NOT EXISTS sent_by_careful (
    order_id text PRIMARY KEY, event_id text NOT NULL, sent_at timestamptz NOT NULL)
"""
KEEP = "INSERT INTO sent_by_careful VALUES (:order_id, :event_id, now())"
# Meta's own field → what is left of a value before it is hashed.
_KEPT = re.compile(r"[^\w]", re.UNICODE)
_DIGITS = re.compile(r"\D")
_GENDERS = {"female": "f", "f": "f", "male": "m", "m": "m"}


class Script:
    """Its steps, timed."""

    def __init__(self, url: str, server: str) -> None:
        self._engine = sa.create_engine(url)
        self._url = f"{server}/meta/v26.0/1234567890/events"
        self._session = requests.Session()
        self._session.headers["Authorization"] = "Bearer sandbox-benchmark"
        self._session.headers["Content-Type"] = "application/json"
        self.stages = Stages()
        self.checks = Checks()

    def sent(self) -> set[str]:
        """Load the ids of all that somebody sent."""
        with self.stages.stage("known"), self._engine.connect() as connection:
            stream = connection.execution_options(stream_results=True)
            found = stream.execute(sa.text(SENT))
            return {one for part in found.partitions(50_000) for (one,) in part}

    def missing(self, first: str, sent: set[str]) -> Iterator[pd.DataFrame]:
        """Read all orders in chunks; keep those that nobody sent."""
        with self._engine.connect() as connection:
            stream = connection.execution_options(stream_results=True)
            chunks = pd.read_sql(
                sa.text(ORDERS),
                stream,
                params={"first": first},
                chunksize=ORDERS_PER_CHUNK,
            )
            while True:
                with self.stages.stage("read"):
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                with self.stages.stage("diff"):
                    known = [one in sent for one in chunk["order_id"]]
                    found = chunk[[not one for one in known]].reset_index(drop=True)
                yield found

    def events(self, missing: pd.DataFrame) -> Iterator[dict[str, Any]]:
        """Leave out what breaks a rule, build the rest."""
        with self.stages.stage("validate"):
            bad = self.checks.failing(missing)
            sound = missing.drop(index=list(bad)) if bad else missing
        with self.stages.stage("build"):
            rows = sound.astype(object).where(sound.notna(), None).to_dict("records")
            made = [event(cast("dict[str, Any]", row)) for row in rows]
        yield from made

    def send(self, events: Sequence[dict[str, Any]]) -> None:
        """Post one call; write down what it held when it was taken."""
        with self.stages.stage("build"):
            body = json.dumps({"data": events}).encode()
        with self.stages.stage("send"):
            answer = self._session.post(self._url, data=body, timeout=60)
            answer.raise_for_status()
            if answer.json()["events_received"] != len(events):
                raise SystemExit("Meta counted something else")
        with self.stages.stage("keep"), self._engine.begin() as connection:
            ids = [
                {
                    "order_id": one["custom_data"]["order_id"],
                    "event_id": one["event_id"],
                }
                for one in events
            ]
            connection.execute(sa.text(KEEP), ids)

    def run(self, first: str) -> int:
        """Send all that is missing, a thousand a call; say how many."""
        with self._engine.begin() as connection:
            connection.execute(sa.text(MADE))
        waiting, count = list[dict[str, Any]](), 0
        for missing in self.missing(first, self.sent()):
            waiting.extend(self.events(missing))
            while len(waiting) >= EVENTS_PER_CALL:
                self.send(waiting[:EVENTS_PER_CALL])
                del waiting[:EVENTS_PER_CALL]
                count += EVENTS_PER_CALL
        if waiting:
            self.send(waiting)
        return count + len(waiting)


def event(row: dict[str, Any]) -> dict[str, Any]:
    """Build one event as Meta's guide says."""
    return {
        "event_name": "Purchase",
        "event_time": int(row["completed_at"].timestamp()),
        "event_id": row["event_id"] or row["order_id"],
        "event_source_url": row["page_url"],
        "action_source": "website",
        "user_data": _user(row),
        "custom_data": {
            "value": float(row["value"]),
            "currency": row["currency"],
            "order_id": row["order_id"],
            "content_type": "product",
            "contents": [
                {
                    "id": item["sku"],
                    "quantity": item["quantity"],
                    "item_price": float(item["unit_price"]),
                }
                for item in row["items"] or ()
            ],
        },
    }


def _user(row: dict[str, Any]) -> dict[str, Any]:
    born = row["date_of_birth"]
    hashed = {
        "em": _lower(row["email"]),
        "ph": _DIGITS.sub("", row["phone"] or ""),
        "fn": _lower(row["first_name"]),
        "ln": _lower(row["last_name"]),
        "ct": _plain(row["city"]),
        "st": _plain(row["state"]),
        "zp": _lower(row["zip"]).replace(" ", ""),
        "country": _lower(row["country"]),
        "db": born.strftime("%Y%m%d") if born else "",
        "ge": _GENDERS.get(_lower(row["gender"]), ""),
        "external_id": _lower(row["customer_id"]),
    }
    clear = {
        "client_ip_address": row["ip"],
        "client_user_agent": row["user_agent"],
        "fbc": row["fbc"],
        "fbp": row["fbp"],
    }
    return {
        **{
            key: [hashlib.sha256(text.encode()).hexdigest()]
            for key, text in hashed.items()
            if text
        },
        **{key: text for key, text in clear.items() if text},
    }


def _lower(text: str | None) -> str:
    return text.strip().lower() if text else ""


def _plain(text: str | None) -> str:
    return _KEPT.sub("", _lower(text))


def main() -> None:
    """Print the figures of one run."""
    url, server, first = sys.argv[1:]
    script = Script(url, server)
    sent = script.run(first)
    print(json.dumps(script.stages.told(sent)))


if __name__ == "__main__":
    main()
