"""Cells that a sheet shows and never runs."""

import csv
import io

import pytest

from capi_jobs.report.cells import lines, safe


@pytest.mark.parametrize(
    "hostile",
    [
        *(
            "=1+1",
            "+1",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "-",
            "-1e9",
            "\n=1",
            "\0=1",
        ),
        *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)"),
    ],
)
def test_what_a_sheet_would_run_is_text(hostile: str) -> None:
    assert safe(hostile) == f"'{hostile}"


@pytest.mark.parametrize(
    ("value", "written"),
    [("o-1", "o-1"), ("-12.30", "-12.30"), (-3, "-3"), (None, ""), (1.5, "1.5")],
)
def test_all_else_stays_as_it_is(value: object, written: str) -> None:
    assert safe(value) == written


def test_lines_are_read_back_as_they_were() -> None:
    rows: list[list[object]] = [["a", 'say "no"\nand, more'], ["=1", None]]
    read = list(csv.reader(io.StringIO("".join(lines(rows)), newline="")))
    assert read == [["a", 'say "no"\nand, more'], ["'=1", ""]]
