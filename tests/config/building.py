"""A valid configuration; each test changes what it is about."""

from pathlib import Path
from typing import Any

import pytest

from capi_jobs.config import Settings, load, read
from capi_jobs.errors import ConfigFault

Table = dict[str, Any]


def destination(**changes: object) -> Table:
    valid: Table = {
        "name": "meta-web",
        "platform": "meta",
        "account": "1234567890",
        "token": "env:META_TOKEN",
    }
    return valid | changes


def table(**changes: object) -> Table:
    valid: Table = {
        "warehouse": "sqlite:///shop.db",
        "orders": {"relation": "completed_orders"},
        "destinations": [destination()],
    }
    return valid | changes


def settings(**changes: object) -> Settings:
    return read(table(**changes), Path("/shop/capi_jobs.toml"))


def faults(**changes: object) -> list[str]:
    """Return the lines of the fault that such a configuration makes."""
    with pytest.raises(ConfigFault) as raised:
        settings(**changes)
    lines = raised.value.what.splitlines()
    return [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]


def destination_faults(**changes: object) -> list[str]:
    found = faults(destinations=[destination(**changes)])
    return [line.removeprefix("destinations[0].") for line in found]


def loaded(folder: Path, content: bytes | str) -> Settings:
    file = folder / "capi_jobs.toml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(file)
