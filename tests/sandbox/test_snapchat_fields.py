"""What Snapchat's fields may hold, where no other platform asks the same."""

import pytest

from capi_jobs.sandbox import snapchat_fields as fields


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        *((0, True), (9.5, True), ("10", True), ("10.50", True), (-1, False)),
        *(("-1", False), ("", False), ("1e3", False), ("١", False), (" 1", False)),
        *(("1.", False), (True, False), (None, False), ([], False)),
    ],
)
def test_a_value_is_a_number_or_the_text_of_one(value: object, taken: bool) -> None:
    assert taken == fields.is_value(value)


def test_custom_events_have_five_numbers() -> None:
    names = [f"CUSTOM_EVENT_{number}" for number in range(7)]

    taken = [name for name in names if fields.is_event_name(name)]

    assert taken == names[1:6]


def test_every_source_is_web_app_or_offline() -> None:
    assert {"web", "app", "offline"} == set(fields.TYPES.values())
    assert fields.is_source("physical_store")
    assert not fields.is_source("business_messaging")
