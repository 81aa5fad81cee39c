"""Every fault at once, each with its path, in plain words."""

import pytest

from capi_jobs.config import KEYS
from capi_jobs.errors import ConfigFault
from tests.config.building import destination, faults, settings, table


def test_all_faults_come_at_once_each_with_its_path() -> None:
    found = faults(
        timezoen="Europe/Berlin",
        warehouse=7,
        orders={"relation": "a", "query": "b.sql", "lookback": "soon"},
        sent_events=[{"relation": "log"}, {"relation": "b", "channel": "server"}],
        gate={"bad_rows_share_max": 2.0},
        delivery={"in_flight_max": 99, "lease": "10s"},
        destinations=[
            destination(account=1234567890, tokne="env:T"),
            destination(
                platform="mta", name="a b", base_url="http://elsewhere.example"
            ),
            destination(events_per_batch_max=5_000, channels=["web", "wbe"]),
        ],
    )

    assert sorted(line.split(":")[0] for line in found) == [
        "delivery.in_flight_max",
        "delivery.lease",
        "destinations[0].account",
        "destinations[0].tokne",
        "destinations[1].base_url",
        "destinations[1].name",
        "destinations[1].platform",
        "destinations[2].channels",
        "destinations[2].events_per_batch_max",
        "destinations[2].name",
        "gate.bad_rows_share_max",
        "orders.lookback",
        "orders.query",
        "sent_events[0].channel",
        "timezoen",
        "warehouse",
    ]


def test_the_message_counts_faults_and_says_where_settings_are_listed() -> None:
    with pytest.raises(ConfigFault) as raised:
        settings(timezone="Mars", orders={})

    said = str(raised.value)
    assert said.startswith("/shop/capi_jobs.toml cannot be used: 2 faults\n")
    assert said.endswith("→ mend them; docs/configuration.md lists every setting")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"timezoen": "UTC"}, "timezoen: unknown key; did you mean timezone?"),
        (
            {"delivery": {"leese": "9s"}},
            "delivery.leese: unknown key; did you mean lease?",
        ),
        ({"zzz": 1}, "zzz: unknown key"),
        ({"orders": {"relation": ""}}, "orders.relation: is empty"),
        ({"destinations": []}, "destinations: is empty"),
        ({"delivery": []}, "delivery: must be a table"),
    ],
)
def test_faults_are_said_in_plain_words(
    changes: dict[str, object], expected: str
) -> None:
    assert faults(**changes) == [expected]


@pytest.mark.parametrize("section", KEYS)
def test_unknown_keys_are_refused_in_every_table(section: str) -> None:
    valid = table(sent_events=[{"relation": "log", "channel": "browser"}])
    there = valid.setdefault(section, {}) if section else valid
    if section == "warehouse":
        there = valid["warehouse"] = {"url": "sqlite:///shop.db"}
    if section == "airflow.notifications":
        there = {"kind": "slack", "connection": "slack_capi"}
        valid = table(airflow={"notifications": [there]})
    if section == "destinations.arrival":
        there = {}
        valid = table()
        valid["destinations"][0]["arrival"] = there
    (there[0] if isinstance(there, list) else there)["qqq"] = 1

    found = faults(**valid)

    assert len(found) == 1
    assert found[0].endswith("qqq: unknown key")


def test_odd_and_endless_keys_are_shown_safely() -> None:
    found = faults(**{"\x1b[31m\n": 1, "x" * 5_000: 1})

    assert found == [r"'\x1b[31m\n': unknown key", f"{'x' * 64}…: unknown key"]


def test_of_very_many_faults_forty_are_shown_and_the_rest_is_counted() -> None:
    found = faults(**{f"key{n}": n for n in range(1_000)})

    assert len(found) == 41
    assert found[-1] == "and 960 more"
