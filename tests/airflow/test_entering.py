"""How a task enters the house: which day it is for, whose faults are tried again."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from capi_jobs import errors
from capi_jobs.airflow.entering import actor_of, day_of, plainly
from capi_jobs.airflow.telling import EndedBadly
from capi_jobs.config import Settings, read


def _settings(zone: str = "UTC") -> Settings:
    one = {"name": "m", "platform": "meta", "account": "1", "token": "env:T"}
    return read({"timezone": zone, "destinations": [one]}, Path("capi_jobs.toml"))


def _context(
    key: str | None = None, after: str = "2026-03-30T01:00:00+00:00", who: str = ""
) -> dict[str, object]:
    run = SimpleNamespace(
        partition_key=key,
        run_after=datetime.fromisoformat(after),
        triggering_user_name=who or None,
    )
    return {"dag_run": run}


@pytest.mark.parametrize(
    ("zone", "after", "day"),
    [
        ("UTC", "2026-03-30T00:30:00+00:00", "2026-03-29"),
        ("Pacific/Kiritimati", "2026-03-30T13:00:00+00:00", "2026-03-30"),
        ("Pacific/Pago_Pago", "2026-03-30T10:00:00+00:00", "2026-03-28"),
    ],
)
def test_a_run_without_a_day_is_for_the_one_that_had_ended_in_the_shop(
    zone: str, after: str, day: str
) -> None:
    assert day_of(_context(after=after), _settings(zone))[0] == day


def test_a_run_with_a_day_is_for_that_one_whenever_it_runs() -> None:
    """Over the change of the clock the shop's day has 23 hours."""
    key, interval = day_of(_context("2026-03-29"), _settings("Europe/Berlin"))

    assert key == "2026-03-29"
    assert interval.start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert interval.end == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize("key", ["2026-3-29", "20260329", "yesterday", "2999-01-01"])
def test_a_day_that_is_none_or_goes_on_is_refused(key: str) -> None:
    with pytest.raises(errors.ConfigFault):
        day_of(_context(key), _settings())


def test_who_started_a_run_is_named() -> None:
    assert actor_of(_context(who="ana")) == "ana"
    assert actor_of(_context()) == "airflow"


@pytest.mark.parametrize(
    "fault", [errors.LedgerUnavailable, errors.WarehouseUnavailable]
)
def test_what_passes_by_itself_is_tried_again(
    fault: type[errors.CapiJobsError],
) -> None:
    with pytest.raises(fault), plainly():
        raise fault("away")


@pytest.mark.parametrize(
    "fault",
    [
        errors.ConfigFault,
        errors.DataContractFault,
        errors.LedgerIsNewer,
        errors.CredentialRefused,
        errors.ConfigurationRefused,
        errors.DecisionRefused,
        errors.GateClosed,
        errors.BalanceOpen,
    ],
)
def test_what_waits_for_a_person_fails_at_once_in_our_words(
    fault: type[errors.CapiJobsError],
) -> None:
    with pytest.raises(AirflowFailException, match="gone wrong → mend it"), plainly():
        raise fault("gone wrong", do="mend it")


def test_a_refused_token_is_told_to_whoever_keeps_tokens() -> None:
    with pytest.raises(EndedBadly) as caught, plainly():
        raise errors.CredentialRefused("refused")
    assert caught.value.event == "token_refused"
