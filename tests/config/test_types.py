from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from capi_jobs.config import DatabaseUrl, Span, Warehouse
from capi_jobs.config.types import BaseUrl, ZoneName, span_text
from tests.config.building import destination_faults, faults, settings

SPAN: TypeAdapter[timedelta] = TypeAdapter(Span)
ADDRESS: TypeAdapter[str] = TypeAdapter(BaseUrl)
ZONE: TypeAdapter[str] = TypeAdapter(ZoneName)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=20)

# ── Spans of time ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45s", timedelta(seconds=45)),
        ("0.5s", timedelta(seconds=0.5)),
        ("30m", timedelta(minutes=30)),
        ("48h", timedelta(hours=48)),
        ("7d", timedelta(days=7)),
        (" 2 w ", timedelta(weeks=2)),
        ("0s", timedelta(0)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert SPAN.validate_python(text) == expected


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "7",
        "7 days",
        "-1d",
        "1d12h",
        "1e9s",
        "٣d",
        "99999d",
        "9" * 400 + "w",
        7,
        7.0,
    ],
)
def test_anything_else_is_no_span(odd: object) -> None:
    with pytest.raises(ValidationError):
        SPAN.validate_python(odd)


def test_a_span_below_zero_is_refused_even_as_a_value() -> None:
    with pytest.raises(ValidationError, match="cannot be negative"):
        SPAN.validate_python(timedelta(seconds=-1))


@given(st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms)))
def test_a_span_is_written_as_it_is_read(span: timedelta) -> None:
    assert SPAN.validate_python(span_text(span)) == span


@pytest.mark.parametrize("odd", ["", "Mars", "../etc/passwd", "/etc", "Europe", "\0"])
def test_an_unknown_zone_is_refused(odd: str) -> None:
    with pytest.raises(ValidationError, match="not a known time zone"):
        ZONE.validate_python(odd)


# ── Addresses ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "https://graph.facebook.com",
        "https://proxy.example/meta",
        "http://127.0.0.1:8700",
        "http://127.0.0.2",
        "http://localhost:8700",
        "http://[::1]:8700",
    ],
)
def test_https_and_this_machine_are_addresses(address: str) -> None:
    assert ADDRESS.validate_python(f" {address}/ ") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.com",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "ftp://127.0.0.1",
        "https://",
        "https://user:pass@example.com",
        "http://127.0.0.1@example.com",
        "https://example.com?access_token=a",
        "https://example.com#a",
        "https://example.com:99999",
        "https://example.com:port",
        "https://[::1",
        "https://example.com/a\nb",
        "https://exa mple.com",
    ],
)
def test_whatever_could_carry_the_token_elsewhere_is_no_address(address: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ADDRESS.validate_python(address)

    assert len(raised.value.errors()) == 1


def test_an_address_that_is_refused_is_not_shown() -> None:
    """Its query or user may be the token."""
    (found,) = destination_faults(base_url="https://example.com?access_token=5ecret")

    assert found == "base_url: no user, query or fragment belongs in base_url"


# ── Database URLs ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@db/shop", "postgresql://me:***@db/shop"),
        ("postgresql://:hunter2@db/shop", "postgresql://:***@db/shop"),
        ("postgresql://me:hun%40ter2@db:5/shop", "postgresql://me:***@db:5/shop"),
        ("postgresql://me:hun@ter2@db/shop", "postgresql://me:***@db/shop"),
        ("postgresql://me:hun/ter2@db/shop", "postgresql://me:***@db/shop"),
        ("postgresql://me:hun:ter2@db/shop", "postgresql://me:***@db/shop"),
        ("postgresql://me:hun?ter2@db/shop", "postgresql://***"),
        ("postgresql://me:hun#ter2@db/shop", "postgresql://me:***@db/shop"),
        ("postgresql://db/shop?user=me&password=hunter2", "postgresql://db/shop?***"),
        ("postgresql://db/shop?password=hun@ter2", "postgresql://***"),
        ("postgresql:///shop?p%61ssword=hunter2", "postgresql:///shop?***"),
        (
            "postgresql://me:hunter2@/shop?host=/run",
            "postgresql://me:***@/shop?host=/run",
        ),
        ("postgresql+psycopg://me@db/shop", "postgresql+psycopg://me@db/shop"),
        ("postgresql://db/shop", "postgresql://db/shop"),
        ("sqlite:////home/me@work/a:b@c.db", "sqlite:////home/me@work/a:b@c.db"),
        ("sqlite:///shop.db?mode=ro", "sqlite:///shop.db?mode=ro"),
        ("sqlite://", "sqlite://"),
        ("env:SHOP_DB", "env:SHOP_DB"),
        ("host=db user=me password=hunter2", "***"),
        ("hunter2", "***"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert DatabaseUrl(url).shown == shown


@given(password=ANY_TEXT, user=st.text("abc", max_size=3))
def test_no_password_is_shown_however_it_is_written(password: str, user: str) -> None:
    secret = f"5ecret{password}5ecret"
    for text in (
        f"postgresql://{user}:{secret}@db/shop",
        f"postgresql://db/shop?user={user}&password={secret}",
        f"postgresql:///shop?sslpassword={secret}",
    ):
        url = DatabaseUrl(text)
        for shown in (
            url.shown,
            str(url),
            repr(url),
            f"{url}",
            f"{url:>9}",
            f"{url!s}",
        ):
            assert "5ecret" not in shown


def test_a_section_shows_no_password_in_any_form() -> None:
    section = Warehouse.model_validate({"url": "postgresql://me:hunter2@db/shop"})

    dumped = str(section.model_dump())
    for shown in (repr(section), str(section), section.model_dump_json(), dumped):
        assert "hunter2" not in shown
        assert "db/shop" in shown


def test_libraries_read_the_whole_url() -> None:
    url = DatabaseUrl("postgresql://me:hunter2@db/shop")

    assert sqlalchemy.make_url(url).password == "hunter2"


@pytest.mark.parametrize("odd", ["", "hunter2", "/data/shop.db", "host=db password=x"])
def test_what_is_no_url_is_refused_and_not_shown(odd: str) -> None:
    (found,) = faults(warehouse=odd)

    assert found == (
        "warehouse.url: write a URL such as sqlite:///shop.db,"
        " or env:NAME to read it from there"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///shop.db", "sqlite:////shop/shop.db"),
        ("sqlite+pysqlite:///a/b.db", "sqlite+pysqlite:////shop/a/b.db"),
        ("duckdb:///shop.duckdb", "duckdb:////shop/shop.duckdb"),
        ("sqlite:////data/shop.db", "sqlite:////data/shop.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        (
            "sqlite:///file:a?mode=memory&uri=true",
            "sqlite:///file:a?mode=memory&uri=true",
        ),
        ("sqlite://", "sqlite://"),
        ("duckdb:///", "duckdb:///"),
        ("postgresql://db/shop", "postgresql://db/shop"),
    ],
)
def test_only_a_relative_file_starts_at_the_configurations_folder(
    url: str, expected: str
) -> None:
    assert DatabaseUrl(url).resolved(Path("/shop"), {}).shown == expected


def test_a_url_from_the_environment_is_hidden_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOP_DB", " postgresql://me:hunter2@db/shop\n")

    made = settings(warehouse="env:SHOP_DB")

    assert made.warehouse is not None
    assert made.warehouse.url.shown == "postgresql://me:***@db/shop"
    assert sqlalchemy.make_url(made.warehouse.url).database == "shop"
    assert "hunter2" not in repr(made)
