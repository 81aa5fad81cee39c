"""What is told of a destination's day: the right event, words that name nobody."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from capi_jobs.airflow.telling import Ended
from capi_jobs.ledger.values import RunStatus


def _ended(status: RunStatus, *failed: str, closes: bool = True) -> Ended:
    closed: Any = SimpleNamespace(
        status=status, closes=closes, note="", reason="because Ada asked", in_doubt=0
    )
    return Ended("meta", cast("Any", closed), "/link", frozenset(failed))


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        pytest.param(_ended(RunStatus.FAILED, "deliver"), "failed", id="failed"),
        pytest.param(_ended(RunStatus.INTERRUPTED), "failed", id="broke off"),
        pytest.param(_ended(RunStatus.RUNNING, "deliver"), "failed", id="killed"),
        pytest.param(_ended(RunStatus.WAITING), "needs_approval", id="grew"),
        # Whoever held it knows; nobody answering is told when it happens.
        pytest.param(_ended(RunStatus.HELD, "approve"), None, id="held"),
        pytest.param(
            _ended(RunStatus.FAILED, "deliver", "CredentialRefused"),
            "token_refused",
            id="token",
        ),
        # Green from the time before, but a cleared task failed since.
        pytest.param(_ended(RunStatus.DONE, "assess"), "failed", id="cleared"),
        pytest.param(_ended(RunStatus.DONE, closes=False), "failed", id="open"),
    ],
)
def test_whatever_is_not_well_is_red_and_says_what_to_do(
    ended: Ended, event: str | None
) -> None:
    error = ended.error()

    assert ended.wrong
    assert error.event == event
    assert str(error).startswith("meta: ")
    assert "→" in str(error)
    assert "Ada" not in str(error)


def test_a_good_day_is_green() -> None:
    assert not _ended(RunStatus.DONE).wrong
