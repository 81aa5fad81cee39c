import pyarrow as pa
import pytest

from capi_jobs.warehouse.tables import table_of


@pytest.mark.parametrize("times", [1, 1_000], ids=["few rows", "many rows"])
def test_texts_come_as_they_are_whatever_part_of_a_batch_is_taken(times: int) -> None:
    words = ["Zo\u00eb", None, "", "a\0b", "x"] * times
    batch = pa.record_batch(
        {
            "word": pa.array(words, pa.string()),
            "none": pa.array([None] * len(words), pa.string()),
        }
    )

    table = table_of(batch.slice(1))

    assert table.count == len(words) - 1
    assert list(table.columns) == ["word", "none"]
    assert table.columns["word"] == words[1:]
    assert table.columns["none"] == [None] * table.count
