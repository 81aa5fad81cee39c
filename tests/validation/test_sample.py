from capi_jobs.validation import conversion_frame, order_frame
from capi_jobs.validation.sample import frames
from tests.validation.builders import NOW


def test_a_sample_has_one_row_and_every_column() -> None:
    made = frames(NOW)
    for name, room in (("orders", order_frame), ("conversions", conversion_frame)):
        assert list(made[name].columns) == [column.name for column in room.COLUMNS]
        assert len(made[name]) == 1


def test_rules_skip_nulls_so_a_sample_has_none_but_the_fault() -> None:
    empty = {n for page in frames(NOW).values() for n in page if page[n].isna().all()}
    assert empty == {"fault"}
