from dataclasses import replace

import pytest

from capi_jobs.report.traces import SHOWN, differs
from tests.docs.test_architecture import PERSONAL
from tests.report.test_trace_json import traced


def test_what_is_shown_of_a_row_names_nobody() -> None:
    assert set() == PERSONAL & set(SHOWN)


def test_an_order_is_known_by_its_row_a_log_or_the_ledger() -> None:
    bare = {"events": (), "entries": (), "hold": None, "decision": None}

    assert traced().known
    assert not replace(traced(**bare), order=None).known
    assert replace(traced(**bare | {"events": ({},)}), order=None).known
    assert replace(traced(**bare | {"entries": ({},)}), order=None).known


@pytest.mark.parametrize(
    ("name", "told", "wanted", "expected"),
    [
        ("value", "49.9", "49.90", False),
        ("value", "4990", "49.90", True),
        ("value", "", "49.90", True),
        ("value", "49,90", "49.90", True),
        ("value", "-1", "-1", False),
        ("currency", "eur", "EUR", False),
        ("currency", "USD", "EUR", True),
        ("event_id", "O-1", "o-1", True),
    ],
)
def test_an_amount_that_is_written_otherwise_does_not_differ(
    name: str, told: str, wanted: str, expected: bool
) -> None:
    assert differs(name, told, wanted) == expected
