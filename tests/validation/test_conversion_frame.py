from collections.abc import Sequence

import pytest

from capi_jobs.model import Texts
from capi_jobs.validation.columns import frame
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


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((SHA256,), [0]),
        ((SHA256, (SHA256, SHA256)), [0, 0]),
        ((SHA256, ()), [0, 0]),
        ((SHA256, ""), [0, 1]),
        ((SHA256, SHA256.upper()), [0, 1]),
        ((SHA256, "é" * 64), [0, 1]),
        ((f"{SHA256}\n{SHA256}", SHA256[:-1], ""), [1, 1, 1]),
        ((SHA256[:-1], f"{SHA256}0"), [1, 1]),
        ((f"{SHA256}\n",), [1]),
    ],
    ids=[
        *("a_hash", "several", "none", "empty", "upper_case", "not_ascii"),
        *("two_in_one", "shifted", "line_end"),
    ],
)
def test_texts_that_are_no_hashes_are_counted_by_row(
    texts: Sequence[Texts], expected: list[int]
) -> None:
    conversions = [a_conversion(match_keys={"em": text}) for text in texts]
    found = frame(COLUMNS, page(conversions, MATCH_KEYS, NOW))
    assert found["match_keys_not_hashed"].tolist() == expected


def test_rows_with_the_same_keys_stay_apart() -> None:
    keys: list[dict[str, Texts]] = [{"em": SHA256}, {"ct": SHA256}, {"em": ""}]
    conversions = [a_conversion(match_keys=one) for one in [*keys, keys[0]]]
    found = frame(COLUMNS, page(conversions, MATCH_KEYS, NOW))
    assert found["match_keys_count"].tolist() == [1, 1, 0, 1]
    assert found["has_city"].tolist() == [False, True, False, False]
    assert found["has_email"].tolist() == [True, False, False, True]
