"""The text that `capi-jobs init` writes: a short capi_jobs.toml to be filled in.

Every setting there is stands in `docs/configuration.md`; this holds those that nobody
can do without, or that most people look for first.
"""

_TEXT = """\
# capi-jobs: which orders, what was sent already, and where the missing ones go.
# Every other setting, with its default: docs/configuration.md
# Relative paths start at this file. Secrets never stand in it: write env:NAME or
# file:PATH. `capi-jobs check` compares all this with your warehouse.

# Days of the balance begin at midnight here.
timezone = "UTC"

# SQLite, PostgreSQL (postgresql+psycopg://user@host/db), DuckDB, or env:NAME.
# `duckdb:///` alone reads Parquet and CSV: relation = "orders/*.parquet".
warehouse = "sqlite:///shop.db"

# capi-jobs' own books. PostgreSQL, when several machines work at once.
ledger = "sqlite:///capi_jobs_ledger.db"

[orders]
# A table or view; or `query = "orders.sql"`, a file with one SELECT.
relation = "completed_orders"
# The zone of times without an offset; without it, such orders are held.
# timezone = "Europe/Berlin"

# Where your columns have other names: ours = "yours".
# [orders.columns]
# order_id = "id"
# completed_at = "paid_at"
# value = "total_gross"

# What was sent already: by the pixel (browser), or by another server sender. Any
# number of them. Without one, every order looks missing, and you are asked first.
[[sent_events]]
relation = "browser_events"
channel = "browser"

# [[sent_events]]
# relation = "server_events"
# channel = "server"

# ── Where conversions go: one table for each dataset, pixel or app ───────────────

[[destinations]]
name = "meta-web"
platform = "meta"
account = "1234567890"  # dataset id (Events Manager)
token = "env:META_TOKEN"
default_country = "US"  # for phone numbers of orders without a country
channels = ["web"]
# base_url = "http://127.0.0.1:8765"  # the sandbox: `capi-jobs sandbox`

[[destinations]]
name = "tiktok-web"
platform = "tiktok"
account = "C0000000000000000000"  # pixel code
token = "env:TIKTOK_TOKEN"
default_country = "US"
channels = ["web"]
# base_url = "http://127.0.0.1:8765"

[[destinations]]
name = "snapchat-web"
platform = "snapchat"
account = "00000000-0000-0000-0000-000000000000"  # pixel id
token = "env:SNAPCHAT_TOKEN"
default_country = "US"
channels = ["web"]
# base_url = "http://127.0.0.1:8765"
"""


def template() -> str:
    """Return a configuration that loads as it is."""
    return _TEXT
