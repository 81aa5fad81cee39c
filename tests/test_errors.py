import inspect
import re

import pytest

from capi_jobs import errors
from capi_jobs.errors import CapiJobsError, CredentialRefused, DestinationStopped


def test_a_message_says_what_happened_to_which_ids_and_what_to_do() -> None:
    error = CapiJobsError("no such order", ids=["A1", "B2"], do="look it up")

    assert str(error) == "no such order ['A1', 'B2'] → look it up"
    assert (error.what, error.ids, error.do) == (
        "no such order",
        ("A1", "B2"),
        "look it up",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (CapiJobsError("it broke"), "it broke"),
        (CapiJobsError("it broke", do="mend it"), "it broke → mend it"),
        (CapiJobsError("it broke", ids=["A1"]), "it broke ['A1']"),
    ],
    ids=["alone", "remedy", "ids"],
)
def test_parts_that_are_not_given_leave_nothing_behind(
    error: CapiJobsError, expected: str
) -> None:
    assert str(error) == expected


def test_only_the_first_five_of_many_ids_are_shown_and_all_are_kept() -> None:
    ids = [f"A{n}" for n in range(1_000)]

    error = CapiJobsError("in no column", ids=ids)

    shown = "'A0', 'A1', 'A2', 'A3', 'A4' and 995 more"
    assert str(error) == f"in no column [{shown}]"
    assert error.ids == tuple(ids)


@pytest.mark.parametrize(("count", "end"), [(5, "'A4']"), (6, "'A4' and 1 more]")])
def test_more_ids_are_counted_from_the_sixth_on(count: int, end: str) -> None:
    error = CapiJobsError("late", ids=[f"A{n}" for n in range(count)])

    assert str(error).endswith(end)


def test_long_ids_are_cut_and_odd_ones_written_so_that_a_terminal_survives() -> None:
    error = CapiJobsError("twice", ids=["x" * 10_000, "a\n\x1b[31m\0"])

    assert str(error) == f"twice ['{'x' * 64}…', 'a\\n\\x1b[31m\\x00']"


def test_a_fault_of_a_credential_stops_its_destination_only() -> None:
    assert issubclass(CredentialRefused, DestinationStopped)


def _drawn() -> dict[str, str]:
    """Each class of the tree in the module's docstring, and the one it hangs from."""
    parents: dict[str, str] = {}
    above = ["Exception"]
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"( {4}[│├└─ ]*)(\w+)(?=  |$)", line)
        if found and inspect.isclass(getattr(errors, found[2], None)):
            depth = (len(found[1]) - 4) // 4 + 1
            del above[depth:]
            parents[found[2]] = above[-1]
            above.append(found[2])
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    classes = {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }

    assert _drawn() == classes


@pytest.mark.parametrize("name", _drawn())
def test_each_class_says_what_the_operator_does_next(name: str) -> None:
    said = inspect.getdoc(getattr(errors, name)) or ""

    assert said.endswith(".")
    assert said.count("\n") == 0
