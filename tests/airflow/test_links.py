"""Addresses of our pages in Airflow's web server."""

import pytest
from airflow.sdk.configuration import conf

from capi_jobs.airflow.links import questions_link, report_link


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://airflow.example/", "https://airflow.example/capi-jobs/report/r-1"),
        ("https://x.example/flow", "https://x.example/flow/capi-jobs/report/r-1"),
        ("", "/capi-jobs/report/r-1"),
    ],
)
def test_a_link_starts_at_airflows_public_address(
    monkeypatch: pytest.MonkeyPatch, base: str, expected: str
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert conf.get("api", "base_url") == base
    assert report_link("r-1") == expected
    asked = questions_link().partition("?")[0]
    assert asked == f"{base.rstrip('/')}/required_actions"


def test_names_are_written_so_that_they_cannot_leave_their_place() -> None:
    link = report_link("../r 1?x", "meta&co")
    assert link.endswith("/capi-jobs/report/..%2Fr%201%3Fx?destination=meta%26co")
