"""Forms as clients write them."""

import orjson
import pytest

from capi_jobs.sandbox.forms import read_form
from tests.sandbox.builders import Shop, meta_event, ok

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


def test_meta_takes_forms_with_events_as_objects_or_texts(shop: Shop) -> None:
    texts = orjson.dumps([orjson.dumps(meta_event("a")).decode()]).decode()
    objects = orjson.dumps([meta_event("é")]).decode()
    fields = {"access_token": "sandbox-1"}

    assert ok(shop.client.post("/v26.0/1/events", data={"data": texts} | fields))
    assert ok(
        shop.client.post(
            "/v26.0/1/events",
            files={
                name: (None, text)
                for name, text in ({"data": objects} | fields).items()
            },
        )
    )
    assert [e["event_id"] for e in shop.counted("meta")["events"]] == ["a", "é"]
