"""What a user would write instead: pandas, a merge, and Meta's own SDK; one process.

    python -m benchmarks.naive WAREHOUSE_URL SERVER START

It knows no rules, no ledger and no second try, and sends one call after the other.
"""

import contextlib
import json
import re
import sys
from typing import Any

import pandas as pd
import sqlalchemy as sa
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from benchmarks.process import Stages

EVENTS_PER_CALL = 1_000
ORDERS = "SELECT * FROM completed_orders WHERE completed_at >= :first"
SEEN = (
    "SELECT order_id FROM browser_events WHERE platform = 'meta'",
    "SELECT order_id FROM server_events_meta",
)
KEEP = "INSERT INTO sent_by_script VALUES (:order_id)"


class Script:
    """Its steps, timed."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        self.stages = Stages()

    def missing(self, first: str) -> pd.DataFrame:
        """Merge all orders with all that was seen."""
        with self.stages.stage("read"), self._engine.connect() as connection:
            orders = pd.read_sql(sa.text(ORDERS), connection, params={"first": first})
            seen = pd.concat([pd.read_sql(sa.text(q), connection) for q in SEEN])
        with self.stages.stage("merge"):
            found = orders.merge(
                seen.drop_duplicates(), on="order_id", how="left", indicator=True
            )
            kept = found[(found["_merge"] == "left_only") & (found["value"] > 0)]
            return kept.astype(object).where(kept.notna(), None)

    def send(self, missing: pd.DataFrame) -> None:
        """Build events row by row, post them, remember what was sent."""
        with self._engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE sent_by_script (order_id text)"))
        for start in range(0, len(missing), EVENTS_PER_CALL):
            page = missing.iloc[start : start + EVENTS_PER_CALL]
            with self.stages.stage("build"):
                events = [event(row) for _, row in page.iterrows()]
            with self.stages.stage("send"):
                EventRequest(pixel_id="1234567890", events=events).execute()
            with self.stages.stage("keep"), self._engine.begin() as connection:
                ids = [{"order_id": one} for one in page["order_id"]]
                connection.execute(sa.text(KEEP), ids)


def event(row: pd.Series) -> Event:
    """Build one of the SDK's events."""
    items = row["items"] or []
    return Event(
        event_name="Purchase",
        event_time=int(row["completed_at"].timestamp()),
        event_id=row["event_id"] or row["order_id"],
        event_source_url=row["page_url"],
        action_source=ActionSource.WEBSITE,
        user_data=_user(row),
        custom_data=CustomData(
            value=float(row["value"]),
            currency=row["currency"],
            order_id=row["order_id"],
            contents=[
                Content(
                    product_id=item["sku"],
                    quantity=item["quantity"],
                    item_price=float(item["unit_price"]),
                )
                for item in items
            ],
        ),
    )


def _user(row: pd.Series) -> UserData:
    told: dict[str, Any] = {
        "email": row["email"],
        "phone": re.sub(r"\D", "", row["phone"] or "") or None,
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "city": row["city"],
        "state": row["state"],
        "zip_code": row["zip"],
        "country_code": row["country"],
        "gender": None,
        "external_id": row["customer_id"],
        "client_ip_address": row["ip"],
        "client_user_agent": row["user_agent"],
        "fbc": row["fbc"],
        "fbp": row["fbp"],
    }
    return UserData(**{name: value for name, value in told.items() if value})


def main() -> None:
    """Print the figures of one run."""
    url, server, first = sys.argv[1:]
    FacebookSession.GRAPH = f"{server}/meta"
    FacebookAdsApi.init(access_token="sandbox-benchmark", crash_log=False)  # noqa: S106 - opens nothing
    script = Script(url)
    missing = script.missing(first)
    with contextlib.redirect_stdout(sys.stderr):
        script.send(missing)
    print(json.dumps(script.stages.told(len(missing))))


if __name__ == "__main__":
    main()
