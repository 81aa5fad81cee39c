"""How Meta words a refusal, and the headers that tell how much of a limit is used."""

import math
from collections.abc import Mapping

import orjson

from .wire import Answer, Json, Kind, Refused, json_answer

# HTTP status, code, subcode and title of each refusal.
CODES: Mapping[Kind, tuple[int, int, int | None, str]] = {
    Kind.TOKEN_MISSING: (400, 190, None, "Access token missing"),
    Kind.TOKEN_INVALID: (400, 190, None, "Invalid access token"),
    Kind.TOKEN_EXPIRED: (401, 190, 463, "Access token expired"),
    Kind.PROOF: (400, 100, None, "Invalid appsecret_proof"),
    Kind.ACCOUNT: (400, 100, 33, "Unsupported post request"),
    Kind.VERSION: (400, 2635, None, "Deprecated version"),
    Kind.TOO_OLD: (400, 100, 2804003, "Event Timestamp Too Old"),
    Kind.MONEY: (400, 100, 2804009, "Missing value or currency"),
    Kind.IDENTIFIERS: (400, 100, 2804050, "Not Enough Customer Information"),
    Kind.INVALID: (400, 100, 2804019, "Invalid value"),
    Kind.SCRIPTED: (400, 100, 2804019, "Invalid value"),
    Kind.LEAD: (400, 100, 2804036, "Invalid lead_id"),
    Kind.PAGE: (400, 100, 2804116, "Missing page or account id"),
    Kind.FORBIDDEN: (403, 10, None, "Permission denied"),
    Kind.THROTTLED: (400, 17, 2446079, "User request limit reached"),
    Kind.TRANSIENT: (500, 2, None, "Service temporarily unavailable"),
}
ANY_OTHER = (400, 100, None, "Invalid parameter")


def refusal(request: int, refused: Refused) -> Answer:
    status, code, subcode, title = CODES.get(refused.kind, ANY_OTHER)
    scripted = refused.code is not None
    error: Json = {
        "message": _message(refused),
        "type": _error_type(refused.kind),
        "code": refused.code if scripted else code,
        "is_transient": refused.kind is Kind.TRANSIENT,
        "error_user_title": title,
        "error_user_msg": f"{refused.field} {refused.reason}".strip(),
        "fbtrace_id": trace_id(request),
    }
    subcode = refused.subcode or (None if scripted else subcode)
    if subcode is not None:
        error["error_subcode"] = subcode
    if refused.names_index and refused.index is not None:
        blamed = ["data", str(refused.index), *filter(None, refused.field.split("."))]
        error["error_data"] = {"blame_field_specs": [blamed]}
    headers = usage(percent=1)
    if refused.kind is Kind.THROTTLED:
        headers = usage(percent=100, seconds=refused.retry_after or 60)
    return json_answer({"error": error}, refused.status or status, headers)


def _error_type(kind: Kind) -> str:
    return (
        "GraphMethodException"
        if kind in {Kind.ACCOUNT, Kind.PROOF}
        else "OAuthException"
    )


def _message(refused: Refused) -> str:
    """Only faults of the request itself are told in the message."""
    if refused.kind is Kind.ACCOUNT:
        return (
            f"Unsupported post request. Object with ID '{refused.reason}' does not"
            " exist, cannot be loaded due to missing permissions, or does not"
            " support this operation."
        )
    if refused.index is None and refused.kind is not Kind.SCRIPTED:
        return refused.reason
    return "Invalid parameter"


def trace_id(request: int) -> str:
    return f"Asandbox{request:012d}"


def usage(percent: int, seconds: int = 0) -> dict[str, str]:
    """The headers that tell how much of the limit is used, in percent."""
    spent = {"call_count": percent, "total_cputime": percent, "total_time": percent}
    case = {
        "type": "ads_management",
        **spent,
        "estimated_time_to_regain_access": math.ceil(seconds / 60),  # minutes
    }
    return {
        "X-App-Usage": orjson.dumps(spent).decode(),
        "X-Business-Use-Case-Usage": orjson.dumps({"100000000000001": [case]}).decode(),
    }
