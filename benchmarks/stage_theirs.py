"""Each stage as a user would do it instead: pandas, a set, SQL, Meta's SDK, requests.

The parts are those of `careful.py` and `naive.py`. Ours stand in `stage_ours.py`.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pandas as pd
import requests
import sqlalchemy as sa
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.api import FacebookAdsApi

from benchmarks import careful, naive
from benchmarks.careful_checks import Checks
from benchmarks.stage import EVENTS_PER_CALL, Place, Way, Work

KEYS = "SELECT order_id FROM completed_orders WHERE completed_at >= :first"
SEEN = " UNION ALL ".join(naive.SEEN)
NOT_EXISTS = """
SELECT order_id FROM completed_orders o WHERE completed_at >= :first
AND NOT EXISTS (
    SELECT FROM browser_events s WHERE s.order_id = o.order_id AND platform = 'meta')
AND NOT EXISTS (SELECT FROM server_events_meta s WHERE s.order_id = o.order_id)
"""
MADE = "CREATE TABLE sent_by_user (order_id text PRIMARY KEY, status text NOT NULL)"
KEEP = "INSERT INTO sent_by_user VALUES (:order_id, 'sending')"
MARK = "UPDATE sent_by_user SET status = 'sent' WHERE order_id = :order_id"


def _engine(at: Place) -> sa.Engine:
    """Open a connection for each block, and leave none behind."""
    return sa.create_engine(at.warehouse, poolclass=sa.NullPool)


def _first(at: Place) -> dict[str, datetime]:
    return {"first": at.interval.start.astimezone(UTC)}


def _chunks(at: Place) -> Iterator[pd.DataFrame]:
    with _engine(at).connect() as connection:
        stream = connection.execution_options(stream_results=True)
        yield from pd.read_sql(
            sa.text(careful.ORDERS),
            stream,
            params=_first(at),
            chunksize=careful.ORDERS_PER_CHUNK,
        )


def _frame(at: Place) -> pd.DataFrame:
    return pd.concat(list(_chunks(at)), ignore_index=True)


def extract(at: Place) -> Work:
    """Read all orders in chunks, through a server-side cursor."""
    return lambda: sum(map(len, _chunks(at)))


def merge(at: Place) -> Work:
    """Read the ids of both, and merge them with an indicator."""
    engine = _engine(at)

    def work() -> int:
        with engine.connect() as connection:
            orders = pd.read_sql(sa.text(KEYS), connection, params=_first(at))
            seen = pd.read_sql(sa.text(SEEN), connection).drop_duplicates()
        found = orders.merge(seen, on="order_id", how="left", indicator=True)
        # The same question as everywhere: which of them nobody sent.
        list(found.loc[found["_merge"] == "left_only", "order_id"])
        return len(orders)

    return work


def a_set(at: Place) -> Work:
    """Stream what was sent into a set, then the orders past it."""
    engine = _engine(at)

    def work() -> int:
        count, missing = 0, list[str]()
        with engine.connect() as connection:
            stream = connection.execution_options(stream_results=True)
            parts = stream.execute(sa.text(SEEN)).partitions(50_000)
            seen = {one for part in parts for (one,) in part}
            for part in stream.execute(sa.text(KEYS), _first(at)).partitions(50_000):
                missing += [one for (one,) in part if one not in seen]
                count += len(part)
        return count

    return work


def not_exists(at: Place) -> Work:
    """Let the database find them: possible where it holds both, as here."""
    engine = _engine(at)
    with engine.connect() as connection:
        counting = sa.text(KEYS.replace("order_id", "count(*)"))
        rows = int(connection.execute(counting, _first(at)).scalar_one())

    def work() -> int:
        with engine.connect() as connection:
            list(connection.execute(sa.text(NOT_EXISTS), _first(at)))
        return rows

    return work


def validate(at: Place) -> Work:
    """Ask twenty rules of each chunk; making the context is in it."""
    chunks = list(_chunks(at))

    def work() -> int:
        checks = Checks()
        for chunk in chunks:
            checks.failing(chunk)
        return sum(map(len, chunks))

    return work


def _records(at: Place) -> list[dict[str, Any]]:
    frame = _frame(at).astype(object)
    rows = frame.where(frame.notna(), None).to_dict("records")
    return cast("list[dict[str, Any]]", rows)


def _bodies(at: Place) -> list[bytes]:
    rows = _records(at)
    return [
        json.dumps({"data": [careful.event(row) for row in part]}).encode()
        for part in _parts(rows)
    ]


def _parts(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), EVENTS_PER_CALL):
        yield rows[start : start + EVENTS_PER_CALL]


def build(at: Place) -> Work:
    """Build with hashlib and json, from rows of a frame."""
    rows = _records(at)

    def work() -> int:
        for part in _parts(rows):
            json.dumps({"data": [careful.event(row) for row in part]}).encode()
        return len(rows)

    return work


def build_sdk(at: Place) -> Work:
    """Build the SDK's objects, which normalise and hash."""
    frame = _frame(at).astype(object)
    frame = frame.where(frame.notna(), None)
    FacebookAdsApi.init(access_token="sandbox-benchmark", crash_log=False)  # noqa: S106 - opens nothing

    def work() -> int:
        for start in range(0, len(frame), EVENTS_PER_CALL):
            page = frame.iloc[start : start + EVENTS_PER_CALL]
            events = [naive.event(row) for _, row in page.iterrows()]
            EventRequest(pixel_id="1234567890", events=events).get_params()
        return len(frame)

    return work


def _upload(form: Callable[[bytes], Any]) -> Way:
    def prepared(at: Place) -> Work:
        bodies = [form(body) for body in _bodies(at)]
        rows = sum(1 for _ in _records(at))
        url = f"{at.server}/meta/v26.0/1234567890/events"

        def work() -> int:
            with requests.Session() as session:
                for body in bodies:
                    session.post(url, data=body, timeout=60).raise_for_status()
            return rows

        return work

    return prepared


def _as_sdk(body: bytes) -> dict[str, str]:
    """Make a form with a list of texts, each of which is an event: the SDK's way."""
    events = [json.dumps(event) for event in json.loads(body)["data"]]
    return {"data": json.dumps(events), "access_token": "sandbox-benchmark"}


def ledger(at: Place) -> Work:
    """Insert before the call and update after it, with executemany: two commits."""
    engine = _engine(at)
    ids = list(_frame(at)["order_id"])
    with engine.begin() as connection:
        connection.execute(sa.text(MADE))

    def work() -> int:
        for part in _parts(ids):
            told = [{"order_id": one} for one in part]
            for statement in (KEEP, MARK):
                with engine.begin() as connection:
                    connection.execute(sa.text(statement), told)
        return len(ids)

    return work


WAYS: dict[tuple[str, str], Way] = {
    ("extract", "pandas.read_sql, chunks"): extract,
    ("reconcile", "pandas.merge"): merge,
    ("reconcile", "Python set"): a_set,
    ("reconcile", "SQL NOT EXISTS"): not_exists,
    ("validate", "Great Expectations, plainly"): validate,
    ("build", "hashlib and json"): build,
    ("build", "Meta's SDK"): build_sdk,
    ("upload", "requests, JSON"): _upload(lambda body: body),
    ("upload", "requests, as the SDK posts"): _upload(_as_sdk),
    ("ledger", "executemany"): ledger,
}
