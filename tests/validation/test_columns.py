from collections.abc import Sequence

from capi_jobs.validation.columns import Column, frame, table

TEXTS: Sequence[object] = ["a", None, "\ud800b"]


def test_each_kind_has_its_type_and_knows_null() -> None:
    made = frame(
        [
            Column("t", "text", "", lambda page: ["a", None]),
            Column("n", "number", "", lambda page: [1, None]),
            Column("f", "flag", "", lambda page: [True, None]),
            Column("w", "time", "", lambda page: [None, None]),
        ],
        None,
    )
    assert [str(kind) for kind in made.dtypes] == [
        "str",
        "float64",
        "boolean",
        "datetime64[us, UTC]",
    ]
    assert made.isna().iloc[1].all()


def test_lone_surrogates_stay_apart() -> None:
    made = frame([Column("t", "text", "", lambda page: TEXTS)], None)
    assert list(made["t"].fillna("")) == ["a", "", "\\ud800b"]


def test_the_table_lists_columns() -> None:
    told = table([Column("t", "text", "words", lambda page: [])])
    assert told.splitlines()[2:] == ["| `t` | text | words |"]
