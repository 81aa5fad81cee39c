"""Settings have working defaults and keep their secrets."""

from datetime import date

import pytest

from capi_jobs.sandbox.settings import META_VERSIONS, SandboxSettings


def test_a_sandbox_remembers_at_least_one_request() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SandboxSettings(requests_kept=0)


def test_settings_do_not_show_the_secret() -> None:
    assert "s3cret" not in repr(SandboxSettings(meta_app_secret="s3cret"))


def test_versions_live_on_23_november_2026_as_the_changelog_says() -> None:
    live = [name for name, end in META_VERSIONS.items() if date(2026, 11, 23) < end]

    assert live == ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"]
