"""The page that says what is in a demo shop, as Markdown with every count.

The words are in kinds.py; the counts come from the shop that was made.
"""

from collections.abc import Iterable, Sequence

from capi_jobs.demo.kinds import KINDS, LOG_KINDS
from capi_jobs.demo.logs import PLATFORMS
from capi_jobs.demo.market import MARKETS
from capi_jobs.demo.shop import Shop

INTRODUCTION = """\
# The demo shop

Made by `capi_jobs/demo/describe.py`; a test compares this page with the shop.

`capi-jobs demo` makes a warehouse of its own: one SQLite file with **{orders:,}
orders** of **{countries} countries** in **{locales} locales** over the ten days before
it is made, and the logs of two other senders. The same seed at the same time makes the
same file, and the counts below hold at any time. All people are made up: names by
Faker, e-mail under `example.com`, `.org` and `.net`, phones near each country's
documented example.

| table | what is in it |
|---|---|
| `completed_orders` | the orders, with the dirt of real shops |
| `browser_events` | what the pixels sent, by `platform` |
| `server_events` | what another sender sent, by `destination` |
| `demo_truth` | kind and order id of all counted here; the tool never reads it |
"""
DIRT = """\
## Orders with something about them

Each order has at most one of the first {single} kinds; phones, names, currencies and
ages come on top. *Held* orders are on the web, at most seven days old and in no log, so
that nothing else explains their absence; other web orders may be in a log already.
"""
LOGS = """\
## Who saw them already

Server-side events of app, store and phone orders are in the log as well. TikTok's pixel
says `CompletePayment` for about half of its purchases.
"""
CHECK = """\
## Checking a report against it

`owed_…` are the orders that a first run has to find for the web destinations. Beyond
them it sends only copies that enrich recent browser events. What Meta is owed, order by
order:

```sql
SELECT o.order_id, o.completed_at, o.value, o.currency
FROM completed_orders AS o
JOIN demo_truth AS t ON t.order_id = o.order_id AND t.kind = 'owed_meta'
```
"""
SINGLE = tuple(KINDS).index("phone_national")


def describe(shop: Shop) -> str:
    """The whole page."""
    introduction = INTRODUCTION.format(
        orders=shop.orders,
        countries=len(shop.countries),
        locales=len({market.locale for market in MARKETS}),
    )
    parts = (
        introduction,
        "## Where and how they were sold\n",
        _places(shop),
        DIRT.format(single=SINGLE),
        _dirt(shop),
        LOGS,
        _logs(shop),
        CHECK,
    )
    return "\n".join(parts)


def _places(shop: Shop) -> str:
    channels = (f"{name} {count:,}" for name, count in sorted(shop.channels.items()))
    rows = (
        (market.country, market.locale, market.currency, shop.countries[market.country])
        for market in MARKETS
    )
    head = ("country", "locale", "currency", "orders")
    return f"Channels: {', '.join(channels)}.\n\n{_table(head, rows)}"


def _dirt(shop: Shop) -> str:
    rows = (
        (f"`{kind}`", shop.dirt.get(kind, 0), look, fate)
        for kind, (look, fate) in KINDS.items()
    )
    return _table(("kind", "orders", "what it looks like", "what becomes of it"), rows)


def _logs(shop: Shop) -> str:
    rows = (_log_row(shop, kind, words) for kind, words in LOG_KINDS.items())
    return _table(("kind", "orders", *(p.name for p in PLATFORMS)), rows)


def _log_row(shop: Shop, kind: str, words: str) -> tuple[str | int, ...]:
    counts = (shop.dirt.get(f"{kind}_{platform.name}", 0) for platform in PLATFORMS)
    return (f"`{kind}_…`", words, *counts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:,}"
