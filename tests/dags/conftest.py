"""One Airflow a process, and a small shop: DAGs run from end to end in this process."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import airflow_home
from tests.dags.stage import Stage
from tests.shop import Shop, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """One destination; nobody is asked, and nothing is tried again."""
    with shop_in(tmp_path / "shop") as shop:
        yield shop.configure(platforms=("meta",), extra=AIRFLOW)


@pytest.fixture
def stage(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Airflow with the DAGs of this shop."""
    airflow_home.database()
    monkeypatch.setenv("CAPI_JOBS_CONFIG", str(shop.config))
    # A task that runs in this process leaves its own way to end on SIGTERM.
    before = signal.getsignal(signal.SIGTERM)
    yield Stage()
    signal.signal(signal.SIGTERM, before)


AIRFLOW = '[airflow]\nretries = 0\ndata_owners = ["ana"]\n'
