"""Bodies and headers, read."""

import pytest

from capi_jobs.sandbox.wire import Kind, Refused, bearer, read_events, read_json


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", None),
        ("Bearer ", None),
        ("", None),
    ],
)
def test_a_bearer_token_is_read(header: str, token: str | None) -> None:
    assert token == bearer({"authorization": header})


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a": NaN}', b'{"a": "\xff"}', b"{"])
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_json(body)

    assert refused.value.kind is Kind.MALFORMED


def test_an_event_that_is_no_object_is_named() -> None:
    with pytest.raises(Refused) as refused:
        read_events([{}, "event"])

    assert refused.value.index == 1


def test_events_that_are_no_list_are_malformed() -> None:
    with pytest.raises(Refused, match="data is not a list"):
        read_events({})
