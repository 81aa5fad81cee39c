import pytest

from capi_jobs.delivery import Tally
from capi_jobs.errors import CredentialRefused
from capi_jobs.gate import Gate
from capi_jobs.jobs.outcome import Ran, RunReport, status_of_run
from capi_jobs.ledger.values import RunStatus
from capi_jobs.model import DataInterval
from tests.ledger.building import NOON

DAY = DataInterval(NOON, NOON.replace(hour=23))
STOPPED = CredentialRefused("the token is refused", do="renew it")


def _report(*tallies: Tally | None) -> RunReport:
    gates = ("ask" if tally is None else "pass" for tally in tallies)
    ran = (Ran("meta", Gate(g), t) for g, t in zip(gates, tallies, strict=True))  # type: ignore[arg-type]
    return RunReport("r1", DAY, tuple(ran))


@pytest.mark.parametrize(
    ("tallies", "status", "failed", "needs_person"),
    [
        ([], "done", False, False),
        ([Tally("meta", delivered=1)], "done", False, False),
        ([Tally("meta"), None], "waiting", False, True),
        ([Tally("meta", rejected=1)], "done", False, True),
        ([Tally("meta", in_doubt=1)], "done", False, True),
        ([Tally("meta", interrupted=True), None], "interrupted", True, True),
        ([None, Tally("meta", stopped=STOPPED)], "failed", True, True),
    ],
)
def test_a_run_ends_as_its_destinations_did(
    tallies: list[Tally | None], status: str, failed: bool, needs_person: bool
) -> None:
    report = _report(*tallies)

    assert status_of_run(report) == status
    assert report.as_json()["status"] == status
    assert (report.failed, report.needs_person) == (failed, needs_person)


def test_a_word_of_a_person_is_the_status_where_nothing_was_done() -> None:
    report = RunReport("r1", DAY, decided=RunStatus.HELD)

    assert report.as_json()["status"] == "held"
