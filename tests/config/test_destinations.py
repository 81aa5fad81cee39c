from datetime import timedelta

import pytest

from capi_jobs.config import Destination
from capi_jobs.errors import ConfigFault
from capi_jobs.platforms import NAMES, platform_named
from tests.config.building import destination, destination_faults, settings


def made(**changes: object) -> Destination:
    return settings(destinations=[destination(**changes)]).destinations[0]


@pytest.mark.parametrize("name", NAMES)
def test_four_settings_are_enough(name: str) -> None:
    one, platform = made(platform=name), platform_named(name)

    target = one.target()
    assert one.limits() == platform.limits
    assert (target.base_url, target.api_version, target.account) == (
        platform.base_url,
        platform.api_version,
        "1234567890",
    )
    assert one.effective_source in platform.sources
    assert one.effective_channels == set(platform.sources[one.effective_source])


def test_what_is_set_replaces_what_the_platform_says() -> None:
    target = made(
        base_url="http://127.0.0.1:8700/", api_version="v25.0", test_event_code="T1"
    ).target("5ecret")

    assert (target.base_url, target.api_version) == ("http://127.0.0.1:8700", "v25.0")
    assert (target.test_event_code, target.app_secret) == ("T1", "5ecret")


@pytest.mark.parametrize(
    "address", ["http://sandbox:8765", "http://a", "https://proxy.example"]
)
def test_a_neighbour_may_be_asked_for_without_encryption(address: str) -> None:
    assert made(plain_http=True, base_url=address).target().base_url == address


@pytest.mark.parametrize(
    "address",
    [
        "http://graph.facebook.com",
        "http://sandbox.",
        "http://10.0.0.7",
        "http://167772167",
        "http://0xa000007",
        "http://[fd00::7]",
        "http://sandbox@graph.facebook.com",
        "ftp://sandbox",
    ],
)
def test_nobody_beyond_the_neighbours_is_reached_without_encryption(
    address: str,
) -> None:
    """Whatever resolves elsewhere than beside us has a dot, or is a number."""
    (found,) = destination_faults(plain_http=True, base_url=address)

    assert found.startswith("base_url: ")


def test_a_neighbour_is_refused_where_nobody_said_so() -> None:
    assert destination_faults(base_url="http://sandbox:8765") == [
        "base_url: base_url must be https, or http on this machine (loopback)"
    ]


def test_an_unknown_platform_is_refused_with_those_known() -> None:
    assert destination_faults(platform="snap") == [
        f"platform: unknown platform; did you mean snapchat?; known: {', '.join(NAMES)}"
    ]


@pytest.mark.parametrize("name", ["", "a b", "ü", "-a", "a/b", "a\n", "x" * 64])
def test_a_name_that_cannot_stand_everywhere_is_refused(name: str) -> None:
    assert len(destination_faults(name=name)) == 1


@pytest.mark.parametrize(
    "account", ["", " 1", "1/2", "../1", "1?a=b", "1#", "%2e", "1\n", "ü", 7]
)
def test_an_account_that_would_change_the_address_is_refused(account: object) -> None:
    assert len(destination_faults(account=account)) == 1


@pytest.mark.parametrize("version", ["", "v1/../../me", "v1?a", "v 1"])
def test_a_version_that_would_change_the_address_is_refused(version: str) -> None:
    assert len(destination_faults(api_version=version)) == 1


@pytest.mark.parametrize("country", ["", "D", "DEU", "D1", "Germany"])
def test_a_country_has_two_letters(country: str) -> None:
    assert len(destination_faults(default_country=country)) == 1


# ── Limits ──────────────────────────────────────────────────────────────────────

COUNTS = ("events_per_batch_max", "body_bytes_max", "requests_per_second_max")


@pytest.mark.parametrize("key", COUNTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_limit_may_be_tightened_and_never_loosened(name: str, key: str) -> None:
    most = getattr(platform_named(name).limits, key)
    less = most / 2 if isinstance(most, float) else most - 1

    assert getattr(made(platform=name, **{key: less}).limits(), key) == less
    assert getattr(made(platform=name, **{key: most}).limits(), key) == most
    (found,) = destination_faults(platform=name, **{key: most + 1})
    assert found == f"{key}: {name} takes {most:,} at most"


@pytest.mark.parametrize("name", NAMES)
def test_the_dedup_window_goes_up_to_the_loosest_reading_and_down_to_never(
    name: str,
) -> None:
    most = platform_named(name).limits.dedup_window_ceiling
    loosest, beyond = (f"{most.total_seconds() + more:.0f}s" for more in (0, 1))

    assert made(platform=name, dedup_window=loosest).limits().dedup_window == most
    assert not made(platform=name, dedup_window="0s").limits().dedup_window
    (found,) = destination_faults(platform=name, dedup_window=beyond)
    assert found.startswith(f"dedup_window: {name} allows ")


@pytest.mark.parametrize("name", NAMES)
def test_the_age_of_events_goes_up_to_the_loosest_reading_of_each_source(
    name: str,
) -> None:
    ceiling = platform_named(name).limits.event_age_ceiling
    most = max(ceiling.values())

    loosest = made(platform=name, event_age_max=f"{most.total_seconds():.0f}s")
    strict = made(platform=name, event_age_max="1d")

    assert loosest.limits().event_age_max == ceiling
    assert set(strict.limits().event_age_max.values()) == {timedelta(days=1)}
    (found,) = destination_faults(
        platform=name, event_age_max=f"{most.total_seconds() + 1:.0f}s"
    )
    assert found.startswith(f"event_age_max: {name} allows ")


@pytest.mark.parametrize(
    ("key", "odd"),
    [
        ("events_per_batch_max", 0),
        ("events_per_batch_max", -1),
        ("events_per_batch_max", 1.5),
        ("body_bytes_max", 100),
        ("requests_per_second_max", 0.0),
        ("requests_per_second_max", float("nan")),
        ("requests_per_second_max", float("inf")),
        ("event_age_max", 7),
        ("dedup_window", "2 days"),
    ],
)
def test_a_limit_that_is_none_is_refused(key: str, odd: object) -> None:
    (found,) = destination_faults(**{key: odd})

    assert found.startswith(f"{key}: ")


# ── Sources and channels ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("platform", "source", "known"),
    [
        ("meta", "web", "meta has one source for all, so leave it out"),
        ("tiktok", "crm", "tiktok has web, app, offline"),
        ("snapchat", "offline", "snapchat has web, app"),
    ],
)
def test_an_unknown_source_is_refused_with_those_known(
    platform: str, source: str, known: str
) -> None:
    (found,) = destination_faults(platform=platform, source=source)

    assert found == f"source: unknown; {known}"


@pytest.mark.parametrize(
    ("platform", "channels", "source"),
    [
        ("tiktok", ["web"], "web"),
        ("tiktok", ["app"], "app"),
        ("tiktok", ["store", "phone"], "offline"),
        ("snapchat", ["store"], "web"),
        ("snapchat", ["app"], "app"),
        ("meta", ["app", "store"], ""),
    ],
)
def test_channels_alone_say_which_source_it_is(
    platform: str, channels: list[str], source: str
) -> None:
    one = made(platform=platform, channels=channels)

    assert source == one.effective_source == one.target().source
    assert set(channels) == one.effective_channels


def test_channels_that_no_source_takes_together_are_refused() -> None:
    (found,) = destination_faults(platform="tiktok", channels=["app", "store"])

    assert found == "channels: 'app', 'store' cannot go here; possible: web"


def test_channels_are_those_that_the_source_takes() -> None:
    assert made(channels=["web", "store"]).effective_channels == {"web", "store"}
    (found,) = destination_faults(
        platform="tiktok", source="app", channels=["web", "app"]
    )
    assert found == "channels: 'web' cannot go here; possible: app"


def test_no_channel_at_all_is_refused() -> None:
    """An empty list would mean all channels, or none: nobody can tell."""
    assert destination_faults(channels=[]) == ["channels: is empty"]


def test_faults_of_a_destination_come_at_once() -> None:
    found = destination_faults(
        platform="tiktok",
        source="crm",
        channels=["web"],
        event_age_max="999d",
        events_per_batch_max=10**9,
        on_browser_seen="maybe",
    )

    assert [line.split(":")[0] for line in found] == [
        "source",
        "on_browser_seen",
        "event_age_max",
        "events_per_batch_max",
    ]


# ── Choosing ────────────────────────────────────────────────────────────────────


def test_destinations_are_chosen_by_name_or_all() -> None:
    both = settings(destinations=[destination(), destination(name="store")])

    assert both.chosen(()) == both.destinations
    assert [d.name for d in both.chosen(("store",))] == ["store"]


def test_names_that_no_destination_has_are_all_named() -> None:
    with pytest.raises(ConfigFault) as raised:
        settings().chosen(("meta-web", "a", "b"))

    assert str(raised.value) == "no such destination ['a', 'b'] → choose of meta-web"
