"""drt, a reverse-ETL tool, with its own source of PostgreSQL and destination of Meta.

    uv run --no-project --isolated --with drt-core[postgres] \
        python -m benchmarks.drt_run WAREHOUSE_URL SERVER START

It finds nothing by itself: what is missing is the SQL that its user writes. It hashes
e-mail and phone alone, and has one currency for all rows, so the amounts are left out.
"""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.process import Stages

MODEL = """
SELECT order_id, coalesce(event_id, order_id) AS event_id,
    extract(epoch FROM completed_at)::bigint AS at,
    email, phone, ip, user_agent, page_url, fbc, fbp
FROM completed_orders o
WHERE completed_at >= '{first}' AND value > 0
AND NOT EXISTS (
    SELECT FROM browser_events s WHERE s.order_id = o.order_id AND platform = 'meta')
AND NOT EXISTS (SELECT FROM server_events_meta s WHERE s.order_id = o.order_id)
"""
PROJECT = "name: bench\nversion: '0.1'\nprofile: bench\n"
PROFILE = """\
bench:
  type: postgres
  host: {host}
  port: 5432
  dbname: {database}
  user: {user}
"""
SYNC = """\
name: purchases
model: {model}
destination:
  type: meta_conversions
  pixel_id: "1234567890"
  access_token_env: BENCHMARK_TOKEN
  event_name: Purchase
  event_time_field: at
  event_id_field: event_id
  event_source_url_field: page_url
  client_ip_address_field: ip
  client_user_agent_field: user_agent
  email_field: email
  phone_field: phone
  fbc_field: fbc
  fbp_field: fbp
sync:
  mode: full
  batch_size: 1000
  on_error: fail
  rate_limit:
    requests_per_second: 1000
"""


def prepare(folder: Path, warehouse: str, first: str) -> None:
    """Write a project and a profile, as `drt init` does."""
    url = urlsplit(warehouse)
    [host] = parse_qs(url.query)["host"]
    profile = PROFILE.format(
        host=host, database=url.path.removeprefix("/"), user=url.username
    )
    (folder / ".drt").mkdir()
    (folder / ".drt" / "profiles.yml").write_text(profile, "utf-8")
    (folder / "drt_project.yml").write_text(PROJECT, "utf-8")
    (folder / "syncs").mkdir()
    model = json.dumps(" ".join(MODEL.format(first=first).split()))
    (folder / "syncs" / "purchases.yml").write_text(SYNC.format(model=model), "utf-8")


def main() -> None:
    """Print the figures of one run."""
    warehouse, server, first = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as made:
        folder = Path(made)
        prepare(folder, warehouse, first)
        os.environ |= {
            "HOME": made,
            "BENCHMARK_TOKEN": "sandbox-benchmark",
            "DO_NOT_TRACK": "1",
        }
        os.chdir(folder)
        meta: Any = importlib.import_module("drt.destinations.meta_conversions")
        meta._BASE_URL = f"{server}/meta"  # noqa: SLF001 - it has no setting for it
        app: Any = importlib.import_module("drt.cli.main").app
        stages = Stages()
        sys.argv = ["drt", "run", "--output", "json"]
        try:
            app()
        except SystemExit as ended:
            if ended.code:
                raise
    print()
    print(json.dumps(stages.told(0)))


if __name__ == "__main__":
    main()
