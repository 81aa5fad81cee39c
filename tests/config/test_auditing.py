from datetime import timedelta

import pytest

from capi_jobs.config.auditing import CANCELLED, REFUNDED, AuditSettings
from capi_jobs.config.sections import COMPLETED_STATUSES
from tests.config.building import faults, settings


def test_without_a_table_the_defaults_hold() -> None:
    assert settings().audit == AuditSettings()
    assert AuditSettings().margin == timedelta(days=30)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"margin": "soon"}, "margin"),
        ({"value_tolerance": -0.1}, "value_tolerance"),
        ({"value_tolerance": 1}, "value_tolerance"),
        ({"time_tolerance": "15"}, "time_tolerance"),
        ({"systematic_orders": 1}, "systematic_orders"),
        ({"systematic_share": 0}, "systematic_share"),
        ({"refunded_statuses": [""]}, "refunded_statuses[0]"),
        ({"tolerance": 0.1}, "tolerance"),
    ],
    ids=str,
)
def test_a_table_that_cannot_work_is_refused_with_the_key(
    changes: dict[str, object], key: str
) -> None:
    (found,) = faults(audit=changes)

    assert found.startswith(f"audit.{key}: ")


def test_no_status_means_two_things() -> None:
    words = [*CANCELLED, *REFUNDED, *COMPLETED_STATUSES]

    assert len(words) == len(set(words))
