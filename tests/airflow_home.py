"""Airflow's home for tests: import this before anything of Airflow's.

One folder a process, forgotten at its end; the database is made by whoever asks
`database()` for it.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="airflow-home-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for _name in [name for name in os.environ if name.startswith("AIRFLOW_")]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[1] / "dags"),
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
    # Else a DAG that was read a moment ago is not written anew.
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(HOME / "logs"),
    # 64 characters at least, else Airflow warns.
    "AIRFLOW__API_AUTH__JWT_SECRET": "0" * 64,
    "AIRFLOW__CORE__FERNET_KEY": "",
}


@cache
def database() -> None:
    """Make Airflow's own database, once a process."""
    from airflow.utils.db import initdb  # noqa: PLC0415 - after the home is set

    initdb()
