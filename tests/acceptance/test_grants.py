"""The roles of docs/examples/grants.sql can do all that is needed, and no more."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import as_sqlalchemy
from tests.shop import COLUMNS, orders, shop_in

GRANTS = Path(__file__).parents[2] / "docs" / "examples" / "grants.sql"
READER, LEDGER = "capi_reader", "capi_ledger"
SENT = "event_id event_name event_time order_id value currency".split()
As = Callable[[str], str]


@pytest.fixture
def role(postgres_uri: str) -> Iterator[As]:
    """A database with two views and the grants; gives its address for a role."""
    owner = psycopg.connect(postgres_uri, autocommit=True)
    owner.execute("CREATE SCHEMA raw")
    owner.execute("CREATE SCHEMA analytics")
    for table, view, columns in (
        ("orders", "completed_orders", COLUMNS),
        ("events", "sent_events", SENT),
    ):
        texts = ", ".join(f"{name} text" for name in columns)
        owner.execute(f"CREATE TABLE raw.{table} ({texts})")
        owner.execute(
            f"CREATE VIEW analytics.{view} AS SELECT * FROM raw.{table}"  # noqa: S608 - named above
        )
    owner.execute(GRANTS.read_text("utf-8"))

    yield lambda name: psycopg.conninfo.make_conninfo(postgres_uri, user=name)

    for name in (READER, LEDGER):
        owner.execute(f"DROP OWNED BY {name} CASCADE")
        owner.execute(f"DROP ROLE {name}")
    owner.close()


def url_of(uri: str, name: str) -> str:
    """Write the database's address with another role's name in it."""
    before, at, after = as_sqlalchemy(uri).partition("@")
    if at:
        return f"{before.partition('://')[0]}://{name}@{after}"
    return f"{before}{'&' if '?' in before else '?'}user={name}"


def test_a_whole_run_needs_no_more_than_the_grants(
    role: As, postgres_uri: str, tmp_path: Path
) -> None:
    with shop_in(tmp_path) as shop:
        rows = orders(3)
        with psycopg.connect(postgres_uri) as owner:
            marks = ", ".join(["%s"] * len(COLUMNS))
            owner.cursor().executemany(
                f"INSERT INTO raw.orders VALUES ({marks})",  # noqa: S608 - question marks
                [[row.get(name) for name in COLUMNS] for row in rows],
            )
        shop.configure(
            warehouse=url_of(postgres_uri, READER),
            ledger=url_of(postgres_uri, LEDGER),
            orders='relation = "analytics.completed_orders"',
            extra='[[sent_events]]\nrelation = "analytics.sent_events"\n'
            'channel = "server"\n',
        )

        shop.capi("check")
        shop.run("-d", "meta-web")
        shop.run("-d", "meta-web")

        assert shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}
        assert shop.classes() == {"delivered": 3}


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        (READER, "SELECT * FROM raw.orders"),
        (READER, "INSERT INTO analytics.completed_orders (order_id) VALUES ('x')"),
        (READER, "SET transaction_read_only = off; DELETE FROM raw.orders"),
        (READER, "CREATE TABLE analytics.mine (a int)"),
        (READER, "CREATE TABLE capi_jobs.mine (a int)"),
        (LEDGER, "SELECT * FROM analytics.completed_orders"),
        (LEDGER, "SELECT * FROM raw.orders"),
        (LEDGER, "CREATE TABLE analytics.mine (a int)"),
    ],
)
def test_a_role_may_do_nothing_else(role: As, name: str, statement: str) -> None:
    with (
        psycopg.connect(role(name)) as connection,
        pytest.raises(
            (
                psycopg.errors.InsufficientPrivilege,
                psycopg.errors.ReadOnlySqlTransaction,
            )
        ),
    ):
        connection.execute(statement)
