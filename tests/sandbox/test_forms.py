"""Forms as clients write them."""

import pytest

from capi_jobs.sandbox.forms import read_form

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("content_type", "body", "fields"),
    [
        ("application/json", b"{}", None),
        ("", b"", None),
        (URL_ENCODED, b"a=1&b=%C3%A9+x", {"a": "1", "b": "é x"}),
        (f"{URL_ENCODED}; charset=utf-8", b"a=1&a=2", {"a": "2"}),
        (URL_ENCODED, b"\xff", {}),
        (URL_ENCODED, b"a=%FF", {}),
        (URL_ENCODED, b"&".join([b"a=1"] * 101), {}),
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
            + '[1, "é"]'.encode()
            + b"\r\n--b--\r\n",
            {"a": '[1, "é"]'},
        ),
        (MULTIPART, b"--b\r\n\r\nnameless\r\n--b--\r\n", {}),
        (MULTIPART, b"", {}),
        ("multipart/form-data", b"--b--", {}),
    ],
)
def test_a_form_is_read(
    content_type: str, body: bytes, fields: dict[str, str] | None
) -> None:
    assert fields == read_form(content_type, body)
