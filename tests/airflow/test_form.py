"""The re-upload form: the command line's choices, and defaults that do no harm."""

from pathlib import Path

import pytest
from airflow.sdk.exceptions import ParamValidationError

from capi_jobs.airflow.form import reupload_form
from capi_jobs.config import Settings, read
from capi_jobs.jobs.reuploading import CHOICES
from capi_jobs.jobs.reuploading.wish import REASON_CHARACTERS_MAX


def _settings() -> Settings:
    one = {"name": "m.1", "platform": "meta", "account": "1", "token": "env:T"}
    return read({"destinations": [one]}, Path("capi_jobs.toml"))


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_it_offers_what_the_command_line_takes(name: str) -> None:
    field = reupload_form(_settings())[name]

    assert tuple(field.schema["enum"]) == CHOICES[name]
    assert field.value == CHOICES[name][0]


def test_it_is_a_dry_run_unless_somebody_says_otherwise() -> None:
    form = reupload_form(_settings())

    assert form["dry_run"].value is True
    assert form["may_count_twice"].value is False


def test_a_reason_is_as_long_as_the_history_takes() -> None:
    reason = reupload_form(_settings())["reason"]

    assert reason.schema["maxLength"] == REASON_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reason", ""),
        ("destinations", ["elsewhere"]),
        ("delivered", "twice"),
        ("dry_run", "perhaps"),
        ("order_ids", 7),
    ],
)
def test_airflow_refuses_a_form_that_cannot_be_meant(name: str, value: object) -> None:
    field = reupload_form(_settings())[name]

    with pytest.raises(ParamValidationError):
        field.resolve(value)
