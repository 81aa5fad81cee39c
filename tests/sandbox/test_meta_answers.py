"""How Meta words a refusal."""

import orjson
import pytest

from capi_jobs.sandbox.meta_answers import CODES, refusal, usage
from capi_jobs.sandbox.wire import Json, Kind, Refused


def error_of(refused: Refused) -> Json:
    error: Json = orjson.loads(refusal(7, refused).body)["error"]
    return error


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_refusal_has_all_that_a_client_reads(kind: Kind) -> None:
    answer = refusal(7, Refused(kind, "reason"))

    error = orjson.loads(answer.body)["error"]
    assert answer.status >= 400
    assert isinstance(error["code"], int)
    assert error["is_transient"] is (kind is Kind.TRANSIENT)
    assert error["fbtrace_id"] == "Asandbox000000000007"
    assert error["message"]


def test_an_event_is_blamed_only_when_told_to() -> None:
    refused = Refused(Kind.MISSING, "is missing", "user_data.em")
    refused.index = 3
    assert "error_data" not in error_of(refused)

    refused.names_index = True

    expected = {"blame_field_specs": [["data", "3", "user_data", "em"]]}
    assert error_of(refused)["error_data"] == expected


def test_a_scripted_code_takes_no_subcode_of_another() -> None:
    refused = Refused(Kind.SCRIPTED, "is refused")
    assert error_of(refused)["error_subcode"] == CODES[Kind.SCRIPTED][2]

    refused.code = 368

    assert "error_subcode" not in error_of(refused)


def test_the_wait_is_told_in_whole_minutes() -> None:
    [[case]] = orjson.loads(usage(100, 61)["X-Business-Use-Case-Usage"]).values()

    assert case["estimated_time_to_regain_access"] == 2
