"""Bodies are short and say how long they are; answers carry what keeps them safe."""

from collections.abc import Iterator

import pytest

from capi_jobs.web.security import BODY_BYTES_MAX, csp
from tests.shop import Shop
from tests.web.conftest import Visit


def streamed() -> Iterator[bytes]:
    yield b"x"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * BODY_BYTES_MAX, 405),  # passed on: the first page takes no forms
        (b"x" * (BODY_BYTES_MAX + 1), 413),
        (streamed(), 413),
    ],
)
def test_a_body_without_end_is_not_read(
    visit: Visit, told: Shop, body: bytes | Iterator[bytes], status: int
) -> None:
    answer = visit(told).post("/", content=body)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_length_that_python_cannot_read_is_too_large(
    visit: Visit, told: Shop
) -> None:
    answer = visit(told).get("/", headers={"content-length": "9" * 5_000})
    assert answer.status_code == 413


def test_the_policy_lets_nothing_in_but_files_of_our_own() -> None:
    told = (part.strip().partition(" ") for part in csp("'none'").split(";"))

    assert {name: what for name, _, what in told} == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
