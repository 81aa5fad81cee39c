"""Addresses, cookies, click ids and devices."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capi_jobs.identity import FORMS, Context
from capi_jobs.identity.browsers import CHARACTERS_MAX, fbc_built, ip, ip_parsed

DEVICE = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
CLICKED = "fb.1.1554763741205.AbCdEfGhIj-_9"


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("ip", " 8.8.8.8 ", "8.8.8.8"),
        ("ip", "2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::8888"),
        ("ip", "::ffff:8.8.8.8", "8.8.8.8"),
        ("ip", "::ffff:10.0.0.1", None),
        ("ip", "10.0.0.1", None),
        ("ip", "8.8.8.8/32", "8.8.8.8"),
        ("ip", "2001:4860:4860::8888/128", "2001:4860:4860::8888"),
        ("ip", "8.8.8.0/24", None),
        ("ip", "192.0.2.1", "192.0.2.1"),
        ("ip", " 198.51.100.7", "198.51.100.7"),
        ("ip", "203.0.113.9", "203.0.113.9"),
        ("ip", "2001:DB8::1", "2001:db8::1"),
        ("ip", "192.168.1.1", None),
        ("ip", "172.16.0.1", None),
        ("ip", "100.64.0.1", None),
        ("ip", "127.0.0.1", None),
        ("ip", "224.0.0.251", None),
        ("ip", "fe80::1%eth0", None),
        ("ip", "::1", None),
        ("ip", "8.8.8.8, 10.0.0.1", None),
        ("ip", "8.8.8.8:443", None),
        ("ip", "08.8.8.8", None),
        ("ip", "8.8.8.256", None),
        ("ip", "", None),
        ("user_agent", " Mozilla/5.0 (X11; Linux) ", "Mozilla/5.0 (X11; Linux)"),
        ("user_agent", "Mozilla/5.0\r\nX: y", None),
        ("user_agent", "ブラウザ 1.0", "ブラウザ 1.0"),
        ("user_agent", "ブラウザ\x00", None),
        ("user_agent", "x" * (CHARACTERS_MAX + 1), None),
        ("user_agent", " ", None),
        ("fbc", CLICKED, CLICKED),
        ("fbc", f" {CLICKED}.AQIAAQ ", f"{CLICKED}.AQIAAQ"),
        ("fbc", "fb.1.1554763741.AbCd", None),
        ("fbc", "fb.1.1554763741205.", None),
        ("fbc", "fb.1.1554763741205.Ab Cd", None),
        ("fbc", "AbCdEfGhIj", None),
        ("fbp", "fb.1.1558571054389.1098115397", "fb.1.1558571054389.1098115397"),
        ("fbp", "fb.1.1558571054389.1098.Bg", "fb.1.1558571054389.1098.Bg"),
        ("fbp", "fb.1.1558571054389.abc", None),
        ("click_id", " E.C.P.AbC_-~%2B ", "E.C.P.AbC_-~%2B"),
        ("click_id", "x" * 500, "x" * 500),
        ("click_id", "a b", None),
        ("click_id", "a\tb", None),
        ("click_id", "a\u00a0b", None),
        ("click_id", "", None),
        ("madid", DEVICE, DEVICE.lower()),
        ("madid", "00000000-0000-0000-0000-000000000000", None),
        ("madid", "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee", None),
        ("text", " Chrome ", "Chrome"),
    ],
)
def test_form(form: str, text: str, expected: str | None) -> None:
    assert expected == FORMS[form](text, Context())


ADDRESSES = st.ip_addresses() | st.sampled_from(
    [
        address
        for block in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15")
        for address in (ipaddress.ip_network(block)[0], ipaddress.ip_network(block)[-1])
    ]
)


@given(ADDRESSES.map(str) | st.text("0123456789.", max_size=16) | st.text(max_size=20))
@example("1.2.3.04")
@example("203.0.113.1")
def test_fast_path_of_addresses_agrees(text: str) -> None:
    assert ip_parsed(text, Context()) == ip(text, Context())


def test_every_special_block_lies_behind_the_fast_path() -> None:
    """One address of each /16, and the fast path's answer to it."""
    texts = [f"{a}.{b}.3.4" for a in range(256) for b in range(256)]

    assert [ip_parsed(t, Context()) for t in texts] == [ip(t, Context()) for t in texts]


def test_fbc_is_built_of_a_click_id_unaltered() -> None:
    assert fbc_built("IwAR_Ab-9", 1554763741205) == "fb.1.1554763741205.IwAR_Ab-9"


@pytest.mark.parametrize("fbclid", ["", "Iw AR", "IwAR\n9", "x" * (CHARACTERS_MAX + 1)])
def test_no_fbc_is_built_of_a_broken_click_id(fbclid: str) -> None:
    assert fbc_built(fbclid, 1554763741205) is None
