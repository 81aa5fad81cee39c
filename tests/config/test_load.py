"""Finding and reading the file, and what its tables say together."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capi_jobs.config import FILE_BYTES_MAX, config_path, load
from capi_jobs.errors import ConfigFault
from tests.config.building import destination, faults, loaded, settings

VALID = """
warehouse = "sqlite:///shop.db"
[orders]
relation = "completed_orders"
[[destinations]]
name = "meta-web"
platform = "meta"
account = "1234567890"
token = "env:META_TOKEN"
"""


@pytest.mark.parametrize("given_by", ["option", "environment", "folder"])
def test_the_file_is_found_by_option_then_environment_then_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_by: str
) -> None:
    for name in ("option", "environment", "folder"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "capi_jobs.toml").write_text(VALID)
    monkeypatch.chdir(tmp_path / "folder")
    option = None
    if given_by != "folder":
        named = tmp_path / "environment" / "capi_jobs.toml"
        monkeypatch.setenv("CAPI_JOBS_CONFIG", str(named))
    if given_by == "option":
        option = tmp_path / "option" / "capi_jobs.toml"

    assert config_path(option).resolve().parent.name == given_by


def test_a_file_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"no configuration at .*x\.toml → .*init"):
        load(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[orders\n", r"is not TOML: .*line 1"),
        (b"a = 1\na = 2\n", r"is not TOML: .*line 2"),
        (b'a = 1\nname = "\xff\xfe"\n', r"is not UTF-8 \(line 2\)"),
        (b"a = " + b"[" * 100_000, "is not TOML that can be read"),
        (b"a = " + b"9" * 10_000, "is not TOML that can be read"),
        (b"#" * (FILE_BYTES_MAX + 1), "larger than 1,048,576 bytes"),
        (b"", r"destinations: is missing"),
    ],
    ids=["bracket", "twice", "latin", "nested", "digits", "huge", "empty"],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(ConfigFault, match=said):
        loaded(tmp_path, content)


def test_a_folder_or_an_endless_name_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="there is no configuration"):
        load(tmp_path)
    with pytest.raises(ConfigFault, match="too long"):
        load(tmp_path / ("x" * 5_000))


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "capi_jobs.toml"
    file.write_text(VALID)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # The superuser, as whom these tests may run, is refused nothing.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigFault, match="cannot be read: Permission denied"):
        load(file)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    made = loaded(tmp_path, b"\xef\xbb\xbf" + VALID.encode())

    assert made.destinations[0].name == "meta-web"


def test_destinations_that_share_a_name_are_found_beside_other_faults() -> None:
    found = faults(
        destinations=[destination(), destination(account=1), destination(name="other")]
    )

    assert found == [
        "destinations[1].account: must be text in quotes",
        "destinations[1].name: destinations[0] has the same name",
    ]


def test_a_destination_without_a_name_keeps_the_count_of_the_others() -> None:
    found = faults(destinations=[{}, destination(), destination()])

    assert found[-1] == "destinations[2].name: destinations[1] has the same name"


def test_a_log_of_an_unknown_destination_is_refused() -> None:
    log = {"relation": "log", "channel": "server", "destination": "meta-wbe"}

    (found,) = faults(sent_events=[log])

    assert found == (
        "sent_events[0].destination: no destination of that name;"
        " did you mean meta-web?"
    )


def test_one_log_or_destination_may_stand_alone() -> None:
    """`[sent_events]` says as much as `[[sent_events]]`."""
    log = {"relation": "log", "channel": "browser", "destination": "meta-web"}

    made = settings(sent_events=log, destinations=destination())

    assert [s.relation for s in made.sent_events] == ["log"]
    assert [d.name for d in made.destinations] == ["meta-web"]


def test_a_url_alone_is_short_for_its_table() -> None:
    short = settings(warehouse="sqlite:////a.db", ledger="sqlite:////b.db")
    long = settings(
        warehouse={"url": "sqlite:////a.db"}, ledger={"url": "sqlite:////b.db"}
    )

    assert short == long


def test_days_begin_in_the_zone_given_else_in_that_of_the_orders_else_in_utc() -> None:
    berlin = {"relation": "o", "timezone": "Europe/Berlin"}

    assert settings(timezone="Asia/Tokyo", orders=berlin).day_zone == ZoneInfo(
        "Asia/Tokyo"
    )
    assert settings(orders=berlin).day_zone == ZoneInfo("Europe/Berlin")
    assert settings().day_zone == ZoneInfo("UTC")
    assert settings(orders=berlin).orders_zone == ZoneInfo("Europe/Berlin")
    assert settings(timezone="Asia/Tokyo").orders_zone is None
