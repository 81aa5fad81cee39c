from capi_jobs.validation.conversion_frame import COLUMNS, page
from tests.validation.builders import MATCH_KEYS, NOW, SHA256, a_conversion


def told(**changes: object) -> dict[str, object]:
    made = page([a_conversion(**changes)], MATCH_KEYS, NOW)
    return {column.name: column.read(made)[0] for column in COLUMNS}


def test_keys_are_told_under_the_orders_names() -> None:
    found = told(match_keys={"em": SHA256, "fbc": "fb.1.1.x", "ct": ()})
    present = {n for n, v in found.items() if n.startswith("has_") and v}
    assert present == {"has_email", "has_fbc", "has_click_id", "has_page_url"}


def test_keys_that_name_nobody_are_not_usable() -> None:
    found = told(match_keys={"ct": SHA256, "client_user_agent": "x", "em": SHA256})
    assert found["match_keys_count"] == 3
    assert found["match_keys_usable"] == 1


def test_every_value_of_a_hashed_key_counts() -> None:
    keys = {"em": (SHA256, "a@b.example", ""), "ct": "Rome", "client_user_agent": "x"}
    assert told(match_keys=keys)["match_keys_not_hashed"] == 3


def test_no_column_shows_a_match_key() -> None:
    found = told(match_keys={"em": "Sentinel"}, page_url="https://Sentinel.example")
    assert "Sentinel" not in repr(found)
