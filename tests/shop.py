"""A small shop for tests of whole commands: orders in SQLite, a sandbox, a config.

Orders are made good and recent; a test spoils the one thing it is about. `capi` types
a command as a person would, in this process.
"""

import atexit
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import httpx
from typer.testing import CliRunner

from capi_jobs.cli import app
from capi_jobs.ledger import Ledger
from capi_jobs.sandbox import SandboxSettings, running
from capi_jobs.validation.suites import shipped

# What must never be seen outside the calls themselves.
TOKEN = "sandbox-sEcReT-7f3a"
PERSONAL = ("ada.secret@example.com", "+49 30 901820", "Lovelace", "Geheimweg")
PLATFORMS = ("meta", "tiktok", "snapchat")
ACCOUNTS = {"meta": "1234567890", "tiktok": "C0TESTPIXEL", "snapchat": "5e7d-pixel"}
COLUMNS = (
    "order_id completed_at status value currency email phone first_name last_name"
    " city country ip user_agent page_url consent is_test items event_id"
).split()
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and how it left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - tests look inside
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def an_order(order_id: str = "o-1", *, hours_ago: float = 30, **changes: object) -> Row:
    """Return a good row of one and a quarter day ago."""
    completed = datetime.now(UTC) - timedelta(hours=hours_ago)
    return {
        "order_id": order_id,
        "completed_at": completed.isoformat(),
        "status": "completed",
        "value": "19.90",
        "currency": "EUR",
        "email": PERSONAL[0],
        "phone": PERSONAL[1],
        "first_name": "Ada",
        "last_name": PERSONAL[2],
        "city": PERSONAL[3],
        "country": "DE",
        "ip": "93.184.216.34",
        "user_agent": "Mozilla/5.0",
        "page_url": "https://shop.example/thanks",
        "consent": "true",
        "is_test": "false",
        **changes,
    }


def orders(count: int, **changes: object) -> list[Row]:
    """Return good rows o-1, o-2, … a minute apart, the first the oldest."""
    return [
        an_order(f"o-{n}", hours_ago=30 - n / 60, **changes)
        for n in range(1, count + 1)
    ]


@dataclass
class Shop:
    """One folder with a configuration in it, and the sandbox it is aimed at."""

    folder: Path
    url: str
    platforms: Sequence[str] = PLATFORMS
    ledger: str = "sqlite:///ledger.db"
    warehouse: str = "sqlite:///shop.db"
    orders: str = 'relation = "orders"'
    # Ask nobody unless the test is about it.
    gate: str = (
        "ask_first_run = false\nask_without_sent_events = false\nmissing_floor = 9999"
    )
    # One rule is quick to judge; None takes all that come with capi-jobs.
    rules: Sequence[str] | None = ("value_negative",)
    extra: str = ""
    per_destination: str = ""
    base_urls: dict[str, str] = field(default_factory=dict)

    def configure(self, **changes: Any) -> "Shop":  # noqa: ANN401
        """Change fields, then write the configuration."""
        for name, value in changes.items():
            setattr(self, name, value)
        (self.folder / "token").write_text(TOKEN)
        validation = "" if self.rules is None else f"[validation]\n{self._suites()}\n"
        self.config.write_text(
            f'warehouse = "{self.warehouse}"\nledger = "{self.ledger}"\n{self.extra}\n'
            f"[orders]\n{self.orders}\n[gate]\n{self.gate}\n{validation}"
            + "".join(map(self._destination, self.platforms)),
            encoding="utf-8",
        )
        return self

    def _suites(self) -> str:
        folder = self.folder / "expectations"
        folder.mkdir(exist_ok=True)
        for name in ("orders", "conversions"):
            suite = json.loads((shipped() / f"{name}.json").read_bytes())
            suite["expectations"] = [
                one
                for one in suite["expectations"]
                if one["meta"]["rule"] in (self.rules or ())
            ]
            (folder / f"{name}.json").write_text(json.dumps(suite))
        return 'expectations = "expectations"'

    def _destination(self, platform: str) -> str:
        url = self.base_urls.get(platform, self.url)
        return (
            f'[[destinations]]\nname = "{platform}-web"\nplatform = "{platform}"\n'
            f'account = "{ACCOUNTS[platform]}"\ntoken = "file:token"\n'
            f'base_url = "{url}"\nchannels = ["web"]\n{self.per_destination}\n'
        )

    @property
    def config(self) -> Path:
        return self.folder / "capi_jobs.toml"

    def fill(self, rows: Sequence[Row]) -> "Shop":
        """Put rows into the warehouse, beside those that are there."""
        marks = ",".join("?" * len(COLUMNS))
        with closing(sqlite3.connect(self.folder / "shop.db")) as db, db:
            db.execute(f"CREATE TABLE IF NOT EXISTS orders ({', '.join(COLUMNS)})")
            db.executemany(
                f"INSERT INTO orders VALUES ({marks})",  # noqa: S608 - question marks
                [[row.get(name) for name in COLUMNS] for row in rows],
            )
        return self

    def change(self, statement: str, *values: object) -> None:
        """Let the source be mended or broken."""
        with closing(sqlite3.connect(self.folder / "shop.db")) as db, db:
            db.execute(statement, values)

    def capi(self, *words: str, code: int = 0) -> Said:
        """Type a command; a test names the exit code it expects, else 0."""
        said = typed(*words, "--config", str(self.config))
        assert said.code == code, said
        return said

    def run(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401
        """Run over the last days; the answer of `run --json`."""
        books = self.folder / "ledger.db"
        if self.ledger == "sqlite:///ledger.db" and not books.exists():
            # What a first run would make, a quarter faster.
            books.touch(mode=0o600)
            books.write_bytes(new_books())
        return self.capi("run", "-i", self.days, "--json", *words, code=code).json

    @property
    def days(self) -> str:
        """An interval that holds every order of this shop."""
        now = datetime.now(UTC)
        return f"{now - timedelta(days=4):%Y-%m-%d}..{now + timedelta(days=1):%Y-%m-%d}"

    def counted(self, platform: str = "meta") -> dict[str, int]:
        """Say how often the platform counted each order."""
        asked = {"platform": platform}
        answer = client().get(f"{self.url}/sandbox/counted", params=asked)
        events = answer.json()[platform]["events"]
        times = Counter[str]()
        for event in events:
            times[event["order_id"]] += event["counted"]
        return dict(times)

    def faults(self, *rules: Row) -> None:
        """Add rules to the sandbox's script."""
        answer = client().post(f"{self.url}/sandbox/faults", json=list(rules))
        answer.raise_for_status()

    def mend(self) -> None:
        """Let the sandbox go wrong no more; a renewed token is in its place."""
        client().delete(f"{self.url}/sandbox/faults").raise_for_status()
        (self.folder / "token").write_text("sandbox-renewed")

    def report(self) -> dict[str, Any]:
        """Return the balance by destination's name; each must close."""
        told = self.capi("report", "--json").json
        assert told["closes"] is True, told
        return {one["name"]: one for one in told["destinations"]}

    def classes(self, platform: str = "meta") -> dict[str, int]:
        """Say how many orders stand in each class that is not empty."""
        told = self.report()[f"{platform}-web"]
        assert told["remainder"] == {"orders": 0, "values": {}}, told
        counts = {
            name: cast("int", amount["orders"])
            for name, amount in told["classes"].items()
            if amount["orders"]
        }
        assert sum(counts.values()) == told["orders"]
        return counts

    def held(self) -> dict[str, str]:
        """Return each held order of Meta's with its rule."""
        listed = self.capi("quarantine", "list", "--json", "-d", "meta-web").lines
        return {row["order_id"]: row["rule"] for row in listed}


@cache
def client() -> httpx.Client:
    """One for all: each reads the machine's certificates anew, which takes a while."""
    made = httpx.Client()
    atexit.register(made.close)
    return made


@cache
def new_books() -> bytes:
    """Return a ledger in which nothing stands yet."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "ledger.db")
        Ledger.open(f"sqlite:///{file}").close()
        return file.read_bytes()


def typed(*words: str) -> Said:
    """Type a command in this process; what crashes it fails the test."""
    left = CliRunner().invoke(app, list(words))
    if left.exception and not isinstance(left.exception, SystemExit):
        raise left.exception
    return Said(left.exit_code, left.stdout, left.stderr)


@contextmanager
def shop_in(folder: Path, settings: SandboxSettings | None = None) -> Iterator[Shop]:
    """Give a shop with an empty warehouse and a sandbox of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with running(settings) as url:
        yield Shop(folder, url).configure().fill([])
