"""The shop that a whole Airflow works: orders by day, ledger in PostgreSQL, sandbox.

Every platform takes these orders; which of them is asked about, and how slow it is, is
said here or by the story in test_airflow.py.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from sqlite3 import connect
from zoneinfo import ZoneInfo

from tests.shop import ACCOUNTS, PLATFORMS, Row, Shop, an_order, shop_in

ZONE = ZoneInfo("Europe/Berlin")
# Small batches, so that a delivery takes several calls and can be killed among them.
PER_BATCH = 5
CONNECTION = "capi_meta"
# From midnight on, the last night is yesterday's. Meta has no log of what the pixel
# sent, so that somebody is asked until one run was approved. A retry waits until the
# leases of a killed try are over.
CONFIG = f"""
timezone = "{ZONE.key}"
[airflow]
schedule = "0 0 * * *"
data_owners = ["dora"]
retries = 5
retry_delay = "4s"
[delivery]
lease = "3s"
call_deadline = "2s"
in_flight_max = 1
[[sent_events]]
relation = "sent"
channel = "server"
destination = "tiktok-web"
[[sent_events]]
relation = "sent"
channel = "server"
destination = "snapchat-web"
"""
GATE = """
ask_first_run = false
missing_floor = 9999
source_shrink_max = 1000
bad_rows_share_max = 1.0
"""
# What holds an order that a person may let go.
RULES = ("value_negative", "items_sum_implausible")
TOO_MUCH = '[{"sku": "tea", "quantity": 1, "unit_price": "900"}]'
SENT = "event_id event_name event_time order_id value currency"


def today() -> date:
    return datetime.now(ZONE).date()


def day(ago: int) -> str:
    """The key of a day in the shop's zone."""
    return (today() - timedelta(days=ago)).isoformat()


def names(ago: int, count: int, kind: str = "o") -> list[str]:
    return [f"{kind}-{ago}-{n}" for n in range(1, count + 1)]


def orders_of(ago: int, count: int, kind: str = "o", **changes: str) -> list[Row]:
    """Good orders of one day, a minute apart from ten in the morning."""
    began = datetime.combine(today() - timedelta(days=ago), time(10), ZONE)
    return [
        an_order(
            name,
            completed_at=(began + timedelta(minutes=n)).astimezone(UTC).isoformat(),
        )
        | changes
        for n, name in enumerate(names(ago, count, kind))
    ]


@contextmanager
def night_shop(folder: Path, ledger: str) -> Iterator[Shop]:
    """Give a shop with orders of several days, and a sandbox."""
    with shop_in(folder) as shop:
        with closing(connect(folder / "shop.db")) as db, db:
            db.execute(f"CREATE TABLE sent ({SENT.replace(' ', ', ')})")
        shop.configure(
            ledger=ledger,
            extra=CONFIG,
            gate=GATE,
            rules=RULES,
            per_destination=f"events_per_batch_max = {PER_BATCH}",
        )
        text = shop.config.read_text("utf-8")
        # The first is Meta; its token comes out of Airflow.
        text = text.replace("file:token", f"airflow:{CONNECTION}", 1)
        shop.config.write_text(text, "utf-8")
        yield shop


def counted(shop: Shop) -> dict[str, dict[str, int]]:
    """Say how often each platform counted each order."""
    return {platform: shop.counted(platform) for platform in PLATFORMS}


def once(orders: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys(orders, 1)


__all__ = ["ACCOUNTS", "CONNECTION", "PLATFORMS", "ZONE"]
