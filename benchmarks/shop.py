"""A shop of any size, made in SQL: orders with every column, logs that saw most.

Every order is sound but the share that is dirt, so that what is owed is known
beforehand. People and baskets are the demo shop's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from capi_jobs.demo.orders import clean_orders

PLATFORMS = ("meta", "tiktok", "snapchat")
# Half of them inside the interval of the run, half inside its look-back.
SPAN = timedelta(days=5, hours=22)
AGE_MIN = timedelta(hours=1)
PEOPLE = 3_000
# Knuth's multiplicative hash: odd, so no two numbers below 2^32 meet.
HASH = "n.n * 2654435761 % 4294967296"
DIRT_PERCENT = 1  # a negative value: a rule of the suites holds it

_PERSON = (
    "status channel customer_id email phone first_name last_name city state zip"
    " country gender ip user_agent page_url fbc fbp fbclid ttclid ttp sc_click_id"
    " sc_cookie1 currency"
).split()
_LOOKED_UP = [*_PERSON, "value", "items", "date_of_birth", "event_id"]


@dataclass(frozen=True, slots=True)
class _Words:
    """What the two databases write in their own way."""

    table: str
    numbers: str
    time: str
    true: str
    false: str
    money: str
    json: str
    day: str


_WORDS: Mapping[str, _Words] = {
    "postgresql": _Words(
        # Nobody writes it twice: without a log for crashes it is made in half the time.
        "UNLOGGED TABLE",
        "generate_series(0, CAST(:orders AS bigint) - 1) AS n(n)",
        "to_timestamp({})",
        "true",
        "false",
        "CAST({} AS numeric)",
        "CAST({} AS jsonb)",
        "CAST({} AS date)",
    ),
    "sqlite": _Words(
        "TABLE",
        "(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c"
        " WHERE n < :orders - 1) SELECT n FROM c) AS n",
        "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')",
        "1",
        "0",
        "{}",
        "{}",
        "{}",
    ),
}


@dataclass(frozen=True, slots=True)
class Shop:
    """How large it is, and what each platform has not seen."""

    orders: int
    missing: float
    now: datetime
    span: timedelta = SPAN
    platforms: tuple[str, ...] = PLATFORMS

    def unseen(self, platform: str) -> str:
        """Say in SQL which orders a platform lacks; each lacks others."""
        share = round(self.missing * 1_000)
        first = PLATFORMS.index(platform) * share
        return f"h % 1000 >= {first} AND h % 1000 < {first + share}"

    @property
    def first_at(self) -> int:
        """When the oldest order was completed, in seconds since 1970."""
        return int((self.now - AGE_MIN - self.span).timestamp())


def fill(url: str, shop: Shop) -> dict[str, int]:
    """Make the tables; say how many orders each platform is owed."""
    engine = sa.create_engine(url)
    words = _WORDS[engine.dialect.name]
    with engine.begin() as connection:
        _people(connection)
        for statement in (*_orders(shop, words), *_logs(shop, words)):
            connection.execute(
                sa.text(statement),
                {"orders": shop.orders} if ":orders" in statement else {},
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tidy:
        tidy.execute(sa.text("ANALYZE"))
        owed = {
            name: tidy.execute(
                sa.text(
                    "SELECT count(*) FROM numbered"
                    f" WHERE {shop.unseen(name)} AND NOT {_DIRT}"
                )
            ).scalar_one()
            for name in shop.platforms
        }
    engine.dispose()
    return owed


_DIRT = f"(h / 1000) % 100 < {DIRT_PERCENT}"
_CODE = "CAST(10000000000000000 + h AS text)"
_ORDER_ID = f"'ORD' || {_CODE}"
_EVENT_ID = f"CASE WHEN p.event_id IS NOT NULL THEN 'ev-' || {_CODE} END"
_MADE = f"numbered JOIN people p ON p.i = h % {PEOPLE}"


def _value(words: _Words) -> str:
    return words.money.format(f"CASE WHEN {_DIRT} THEN '-' || p.value ELSE p.value END")


def _people(connection: sa.Connection) -> None:
    made = clean_orders(PEOPLE * 2, datetime.now(UTC), seed=1)
    rows = [order.row for order in made if order.row["channel"] == "web"][:PEOPLE]
    columns = ", ".join(f"{name} text" for name in _LOOKED_UP)
    connection.execute(sa.text(f"CREATE TABLE people (i bigint, {columns})"))
    marks = ", ".join(f":{name}" for name in _LOOKED_UP)
    connection.execute(
        sa.text(f"INSERT INTO people VALUES (:i, {marks})"),
        [
            {"i": i, **{name: row.get(name) for name in _LOOKED_UP}}
            for i, row in enumerate(rows)
        ],
    )


def _orders(shop: Shop, words: _Words) -> list[str]:
    """Number the orders in time, as a shop does; ids have 20 characters."""
    at = f"{shop.first_at} + n.n * {int(shop.span.total_seconds())} / {shop.orders}"
    told = {
        "order_id": _ORDER_ID,
        "completed_at": words.time.format("at"),
        "updated_at": words.time.format("at + 60"),
        "event_id": _EVENT_ID,
        "value": _value(words),
        "items": words.json.format("p.items"),
        "date_of_birth": words.day.format("p.date_of_birth"),
        # Nobody is two people: memories of what was hashed before would flatter.
        "email": f"{_CODE} || p.email",
        "phone": "substr(p.phone, 1, length(p.phone) - 4)"
        " || CAST(1000 + h % 9000 AS text)",
        "consent": words.true,
        "limited_data_use": words.false,
        "is_test": words.false,
    }
    columns = {**{name: f"p.{name}" for name in _PERSON}, **told}
    chosen = ", ".join(f"{what} AS {name}" for name, what in columns.items())
    return [
        f"""CREATE {words.table} numbered AS
        SELECT n.n AS n, {HASH} AS h, {at} AS at FROM {words.numbers}""",
        f"""CREATE {words.table} completed_orders AS
        SELECT {chosen} FROM {_MADE}""",
        "CREATE UNIQUE INDEX orders_by_id ON completed_orders (order_id)",
        "CREATE INDEX orders_by_time ON completed_orders (completed_at)",
    ]


def _logs(shop: Shop, words: _Words) -> list[str]:
    """One log of all pixels, and one of each platform's server sender: half each."""
    event = (
        f"coalesce({_EVENT_ID}, {_ORDER_ID}) AS event_id, 'Purchase' AS event_name,"
        f" {words.time.format('at')} AS event_time, {_ORDER_ID} AS order_id,"
        f" {_value(words)} AS value, currency"
    )
    # Computed once more: a join of all orders with themselves takes as long as they do.
    seen = f"FROM {_MADE} WHERE NOT"
    half = "(h / 7) % 2 ="
    browsers = " UNION ALL ".join(
        f"SELECT {event}, '{name}' AS platform {seen} ({shop.unseen(name)})"
        f" AND {half} 0"
        for name in shop.platforms
    )
    return [
        f"CREATE {words.table} browser_events AS {browsers}",
        "CREATE INDEX browser_by_time ON browser_events (event_time)",
        *(
            f"""CREATE {words.table} server_events_{name} AS
            SELECT {event} {seen} ({shop.unseen(name)}) AND {half} 1"""
            for name in shop.platforms
        ),
        *(
            f"CREATE INDEX server_by_time_{name} ON server_events_{name} (event_time)"
            for name in shop.platforms
        ),
    ]
