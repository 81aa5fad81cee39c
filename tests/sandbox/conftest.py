"""A sandbox whose clock stands still until a test moves it."""

import pytest

from capi_jobs.sandbox import SandboxSettings, create_app
from tests.sandbox.builders import NOW, Shop


def shop_of(**settings: object) -> Shop:
    made = SandboxSettings(machine_time=lambda: NOW, **settings)  # type: ignore[arg-type] # any of its fields
    return Shop(create_app(made))


@pytest.fixture
def shop() -> Shop:
    return shop_of()
