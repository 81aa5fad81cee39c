"""What a sandbox is told when it is made. The rules stand in the platforms' files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .clock import machine_time
from .faults import Rule

META_VERSIONS: Mapping[str, date] = {
    # Graph API changelog: the first day on which the version is refused.
    "v19.0": date(2026, 5, 21),
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": date.max,  # current; no end is announced
}


# Where no tokens are listed, one with such a word in it plays the one that is refused.
REFUSED_WORDS = ("bad", "expired", "invalid", "revoked", "stolen", "wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Everything has a default: `SandboxSettings()` is a sandbox that works."""

    # The tokens that are valid; none listed: every one that does not say it is not.
    tokens: frozenset[str] = frozenset()
    # Accounts that exist, by platform; of a platform that is not named, all do.
    accounts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # With a secret, Meta's `appsecret_proof` is checked wherever it is sent.
    meta_app_secret: str | None = field(default=None, repr=False)
    meta_versions: Mapping[str, date] = field(default_factory=lambda: META_VERSIONS)
    # Meta seldom says which event was bad; with this, it does.
    meta_names_index: bool = False
    # TikTok's limit is not published; both are what integrators report.
    tiktok_age_max: timedelta = timedelta(days=28)
    # Snap's pages disagree: 7 days by the parameters page, 37 by the introduction.
    snapchat_age_max: timedelta = timedelta(days=7)
    # The hashes that are right, as {"meta.ph": {...}}: any other one is refused.
    vocabulary: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Whether the hours of read APIs go by the event's own time; none says so.
    stats_by_event_time: bool = False
    # Whether their counts leave out copies that were recognised; none says so either.
    stats_after_dedup: bool = False
    faults: tuple[Rule, ...] = ()
    # Requests that are remembered; older ones are forgotten, their counts are not.
    requests_kept: int = 10_000
    # Body bytes: far above a full request of 2,000 events, far below trouble.
    body_bytes_max: int = 64 * 1024 * 1024
    machine_time: Callable[[], datetime] = machine_time

    def is_valid(self, token: str) -> bool:
        if self.tokens:
            return token in self.tokens
        return not any(word in token.lower() for word in REFUSED_WORDS)

    def __post_init__(self) -> None:
        if self.requests_kept < 1:
            raise ValueError("requests_kept must be at least 1")
