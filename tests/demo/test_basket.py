import pytest

from capi_jobs.demo.basket import decimal_text


@pytest.mark.parametrize(
    ("minor", "digits", "expected"),
    [(12345, 2, "123.45"), (12345, 0, "12345"), (12345, 3, "12.345"), (7, 2, "0.07")],
)
def test_smallest_units_become_text(minor: int, digits: int, expected: str) -> None:
    assert expected == decimal_text(minor, digits)
