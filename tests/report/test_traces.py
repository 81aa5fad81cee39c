from dataclasses import replace

from capi_jobs.report.traces import SHOWN
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
