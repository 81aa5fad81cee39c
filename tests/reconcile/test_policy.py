from datetime import timedelta

import pytest

from tests.reconcile.keys import policy


@pytest.mark.parametrize(
    ("event_names", "aliases", "expected"),
    [
        ({}, {}, {}),
        ({"Purchase": "PURCHASE"}, {}, {}),
        (
            {"Purchase": "CompletePayment"},
            {"CompletePayment": "Purchase"},
            {"completepayment": "purchase"},
        ),
        (
            {"Sale": "Purchase"},
            {"Purchase": "CompletePayment"},
            {"sale": "completepayment", "purchase": "completepayment"},
        ),
    ],
    ids=["none", "only the case differs", "alias of ours", "ours through an alias"],
)
def test_spellings_lead_to_one_conversion(
    event_names: dict[str, str], aliases: dict[str, str], expected: dict[str, str]
) -> None:
    assert expected == policy(event_names=event_names, aliases=aliases).names()


def test_age_is_that_of_the_channels_source() -> None:
    assert timedelta(days=28) == policy().age_max("store")
    assert policy().age_max("phone") is None
