from capi_jobs.ledger.values import RunStatus, worst


def test_what_a_person_should_see_first_comes_first() -> None:
    assert worst(RunStatus) == RunStatus.FAILED
    assert worst([RunStatus.DONE, RunStatus.HELD]) == RunStatus.HELD
    assert worst([]) == RunStatus.DONE
