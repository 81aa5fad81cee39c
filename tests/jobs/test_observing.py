"""What Airflow's steps tell: assessments and slices, with run, destination, slice."""

import logging

import pytest

from capi_jobs.errors import LedgerUnavailable
from capi_jobs.ledger import Ledger
from capi_jobs.telemetry import Said
from tests.jobs.steps.building import ASKS, META, RUN, Night
from tests.shop import PERSONAL, TOKEN, Shop, orders


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, object]]:
    """Return level, event and slice of each line; all name run and destination."""
    found = []
    for record in caplog.records:
        if isinstance(record.msg, Said):
            fields = record.msg.fields
            assert (fields["run_id"], fields["destination"]) == (RUN, META)
            found.append((record.levelname, record.msg.what, fields.get("slice")))
    caplog.clear()
    return found


def test_the_steps_of_a_night_are_told(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "capi_jobs")
    night = Night(shop.configure(gate=ASKS).fill(orders(2)))

    night.assess(slice_orders=1)

    assert "rules=first_run" in caplog.text
    assert [x for x in (*PERSONAL, TOKEN, "o-1") if x in caplog.text] == []
    assert told(caplog) == [
        ("INFO", "assessment began", None),
        ("INFO", "destination reconciled", None),
        ("INFO", "rows validated", None),
        ("WARNING", "gate asked", None),
    ]

    night.approve()
    night.deliver(1)

    assert "delivered=1" in caplog.text
    assert told(caplog) == [
        ("INFO", "slice began", 2),
        ("INFO", "destination reconciled", 2),
        ("INFO", "call answered", 2),
        ("INFO", "slice ended", 2),
    ]

    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("away")

    monkeypatch.setattr(Ledger, "known_keys", away)
    with pytest.raises(LedgerUnavailable):
        night.deliver(0)

    assert told(caplog)[-1] == ("ERROR", "run broke off", 1)
