"""The API keeps its own description, whatever is asked: no answer of 500 and above."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from capi_jobs.web import create_app
from capi_jobs.web.office import Office
from capi_jobs.web.page import API
from tests.shop import PERSONAL, TOKEN, Shop
from tests.web.conftest import KnownPeople

# A few dozen shapes an operation: each is a request that reads the books.
EXAMPLES = 25
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OWNER = {"x-person": "owner"}


@pytest.fixture(scope="module")
def api(told: Shop) -> Any:  # noqa: ANN401 - schemathesis' own
    app = create_app(Office(config=told.config), KnownPeople())
    path = f"{API}/openapi.json"
    return schemathesis.openapi.from_asgi(path, app, headers=OWNER)


def test_the_api_does_what_it_says(
    api: Any,  # noqa: ANN401
    subtests: pytest.Subtests,
) -> None:
    for one in api.get_all_operations():
        operation = one.ok()
        with subtests.test(operation.label):
            _played(operation.as_strategy())


def _played(cases: Any) -> None:  # noqa: ANN401
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def play(case: Any) -> None:  # noqa: ANN401
        answer = case.call_and_validate(headers=OWNER, checks=CHECKS)
        assert not [word for word in (*PERSONAL, TOKEN) if word in answer.text]

    play()
