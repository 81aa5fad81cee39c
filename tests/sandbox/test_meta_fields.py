"""What Meta's fields may hold, where no other platform asks the same."""

import pytest

from capi_jobs.sandbox import meta_fields as fields
from tests.sandbox.builders import EM, sha256


@pytest.mark.parametrize(
    ("known", "enough"),
    [
        ({"em"}, True),
        ({"external_id"}, True),
        ({"client_user_agent", "client_ip_address"}, True),
        ({"fn", "ln"}, True),
        ({"fn", "client_user_agent"}, True),
        ({"ct", "db"}, True),
        ({"ct", "country", "st", "zp", "ge", "client_user_agent"}, False),
        ({"db", "client_user_agent"}, False),
        ({"fn", "ge"}, False),
        ({"ln", "ge"}, False),
        ({"page_id"}, True),
        ({"nickname"}, False),
        (set(), False),
    ],
)
def test_a_person_is_known_by_more_than_the_listed_sets(
    known: set[str], enough: bool
) -> None:
    assert enough == fields.identifies(dict.fromkeys(known, "x"))


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (EM, True),
        (f"{EM}.Ab", True),
        (f"{EM}.AQEAAQIA", True),
        (f"{EM}.A", False),
        (f"{EM}.AQEAAQIAx", False),
        (f"{EM}Ab", False),
        (f"{sha256('')}.Ab", False),
        (EM.upper(), False),
        (None, False),
    ],
)
def test_a_hash_may_carry_the_parameter_builders_suffix(
    value: object, taken: bool
) -> None:
    assert taken == fields.is_sha256(value)


@pytest.mark.parametrize(
    ("value", "fbc", "fbp"),
    [
        ("fb.1.1554763741205.1098115397", True, True),
        ("fb.1.1554763741205.1098115397.AQEAAQIA", True, True),
        ("fb.0.1554763741205.AbC-dE_f", True, False),
        ("fb.1.1554763741.1098115397", False, False),
        ("fb.1.1554763741205.", False, False),
        ("fb.1.1554763741205.a b", False, False),
        ("FB.1.1554763741205.1", False, False),
        (None, False, False),
    ],
)
def test_click_and_browser_ids_have_their_form(
    value: object, fbc: bool, fbp: bool
) -> None:
    assert (fbc, fbp) == (fields.is_fbc(value), fields.is_fbp(value))


def test_lead_ids_have_15_or_16_digits() -> None:
    taken = [fields.is_lead_id(n) for n in (10**14, str(10**15), 10**16, 10**13, "x")]

    assert taken == [True, True, False, False, False]
