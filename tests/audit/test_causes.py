from collections import Counter

from capi_jobs.audit.causes import BY_NAME, CAUSES, RANKS, Kind


def test_no_cause_stands_there_twice_and_every_kind_has_some() -> None:
    times = Counter((one.kind, one.name) for one in CAUSES)

    assert [key for key, count in times.items() if count > 1] == []
    assert {kind for kind, _ in BY_NAME} == set(Kind)
    assert list(RANKS.values()) == list(range(len(CAUSES)))


def test_what_needs_nobody_is_lawful_past_or_mends_itself() -> None:
    assert {one.name for one in CAUSES if not one.needs_person} == {
        "expired",
        "consent",
        "blocked",
        "never_fired",
    }
