"""One validator with our own suites for every test: loading them takes seconds."""

import pytest

from capi_jobs.validation import Validator
from tests.validation.builders import MATCH_KEYS, NOW


@pytest.fixture(scope="session")
def validator() -> Validator:
    return Validator(now=NOW, match_keys=MATCH_KEYS)
