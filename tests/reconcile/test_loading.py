from itertools import product
from string import ascii_uppercase
from typing import Literal

import pytest

from capi_jobs.model import Order
from capi_jobs.orders import exclusion, read_order
from tests.reconcile.keys import POLICY, Row, order, reconciled

WORDS = [None, "", " ", "maybe", "1", "0", "TRUE", " no ", "f"]
STATUSES = [None, " ", "paid", " Completed", "refunded", "PAID\u00a0"]
CHANNELS = [None, "", "Web", " store ", "phone"]
# As many currencies as rows: counts then tell of each row by itself.
CODES = ("".join(letters) for letters in product(ascii_uppercase, repeat=3))
ROWS = [
    order(code, currency=code, status=status, channel=channel, is_test=test, consent=c)
    for code, status, channel, test, c in (
        (next(CODES), *values) for values in product(STATUSES, CHANNELS, WORDS, WORDS)
    )
]


@pytest.mark.parametrize("unknown", ["exclude", "send"])
@pytest.mark.parametrize("told", [True, False])
def test_exclusions_are_those_that_orders_names(
    told: bool, unknown: Literal["exclude", "send"]
) -> None:
    """Of every row that can be read; others are missing until they are held."""
    rows: list[Row] = [
        # A view that lacks the column has no value in it either.
        row | ({"consent_told": "true"} if told else {"consent": None})
        for row in ROWS
    ]
    expected = {str(row["currency"]): _reason(row, told, unknown) for row in rows}

    with reconciled(rows, consent_unknown=unknown) as found:
        reasons = {count.currency: count.reason for count in found.counts}

    differ = {
        code: (reason, reasons[code])
        for code, reason in expected.items()
        if reason is not None and reason != reasons[code]
    }
    assert differ == {}


def _reason(row: Row, told: bool, unknown: Literal["exclude", "send"]) -> str | None:
    names = {"consent_told", *(() if told else ("consent",))}
    readable = {k: v for k, v in row.items() if k not in names} | {"currency": "EUR"}
    read = read_order(readable, timezone=None)
    if not isinstance(read, Order):
        return None
    reason = exclusion(
        read,
        completed_statuses=POLICY["completed_statuses"],
        channels=POLICY["channels"],
        consent_unknown=unknown,
    )
    return reason or ""
