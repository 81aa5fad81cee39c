from datetime import timedelta
from uuid import UUID

import pytest

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.journal import move_batch, new_id
from capi_jobs.lifecycle import Status
from tests.ledger.building import NOON, Bench


def test_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    ids = [new_id(NOON + timedelta(milliseconds=n)) for n in range(100)]

    assert ids == sorted(ids)
    assert {UUID(each).version for each in ids} == {7}
    assert {UUID(each).variant for each in ids} == {"specified in RFC 4122"}


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(NOON) for _ in range(1_000)}) == 1_000


def test_a_batch_moves_only_from_where_it_is_expected(ledger: Ledger) -> None:
    """Compare and set: whoever read an older status is told so."""
    bench = Bench(ledger)
    batch_id = bench.in_status(Status.DELIVERED, 1)

    with pytest.raises(IllegalMove, match="no longer in_flight"):
        ledger.in_transaction(
            lambda c: move_batch(c, batch_id, Status.IN_FLIGHT, Status.RELEASED)
        )
    assert bench.status(1) is Status.DELIVERED
