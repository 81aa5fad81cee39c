"""What drt is given; drt itself is fetched by `python -m benchmarks pairs --drt`."""

from pathlib import Path

import yaml

from benchmarks.drt_run import prepare


def test_a_project_of_drt_names_the_database_and_asks_for_what_is_missing(
    tmp_path: Path,
) -> None:
    url = "postgresql+psycopg://postgres@/shop?host=/tmp/a-socket"

    prepare(tmp_path, url, "2026-11-17T00:00:00+00:00")

    profiles = yaml.safe_load((tmp_path / ".drt" / "profiles.yml").read_text("utf-8"))
    sync = yaml.safe_load((tmp_path / "syncs" / "purchases.yml").read_text("utf-8"))
    assert profiles["bench"] == {
        "type": "postgres",
        "host": "/tmp/a-socket",  # noqa: S108 - only a name
        "port": 5432,
        "dbname": "shop",
        "user": "postgres",
    }
    assert sync["destination"]["type"] == "meta_conversions"
    assert "completed_at >= '2026-11-17T00:00:00+00:00'" in sync["model"]
    assert sync["model"].count("NOT EXISTS") == 2
