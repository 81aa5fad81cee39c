"""`validation`: how the expectations fared in a run, as a table, CSV or Data Docs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import books, chosen_of, loaded
from capi_jobs.cli.people import Run
from capi_jobs.errors import DecisionRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capi_jobs.config import Settings
    from capi_jobs.ledger import Ledger
    from capi_jobs.report.validations import RuleReport, ValidationReport

Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        envvar="CAPI_JOBS_CSV",
        help="Write every expectation as CSV, safe to open in a sheet.",
        show_default=False,
    ),
]
DataDocs = Annotated[
    Path | None,
    typer.Option(
        "--data-docs",
        envvar="CAPI_JOBS_DATA_DOCS",
        help="Write Great Expectations' own pages into this folder; a browser shows"
        " them with the internet only.",
        show_default=False,
        file_okay=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(validation)


def validation(
    run: Run = "latest",
    destination: options.Destinations = None,
    csv: Csv = None,
    data_docs: DataDocs = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show how the expectations fared in a run, beside the runs before it."""
    with screen.told_plainly():
        settings = loaded(config)
        names = [one.name for one in chosen_of(settings, destination)]
        with books(settings, to_look=True) as ledger:
            reports = _reports(settings, ledger, run, names)
        if csv is not None:
            _write_csv(csv, reports)
        if data_docs is not None:
            _write_pages(data_docs, reports)
    if as_json:
        from capi_jobs.report.validations import validation_json  # noqa: PLC0415

        screen.answer([validation_json(one) for one in reports])
    else:
        for one in reports:
            _show(one)


def _reports(
    settings: "Settings", ledger: "Ledger", name: str, names: "Sequence[str]"
) -> "list[ValidationReport]":
    from capi_jobs.report.rule_words import words_by_suite  # noqa: PLC0415
    from capi_jobs.report.validations import validation_report  # noqa: PLC0415

    run = ledger.run(name)
    words = words_by_suite(settings.validation.expectations)
    judged = [
        one.destination
        for one in run.destinations.values()
        if one.assessed_at is not None and one.destination in names
    ]
    if not judged:
        raise DecisionRefused(
            "the run has validated nothing for these destinations",
            ids=[run.run_id],
            do="name another run, or look at `capi-jobs report`",
        )
    return [validation_report(ledger, run.run_id, one, words) for one in judged]


def _write_csv(path: Path, reports: "Sequence[ValidationReport]") -> None:
    from capi_jobs.report.cells import lines  # noqa: PLC0415
    from capi_jobs.report.validations import COLUMNS, rows  # noqa: PLC0415

    with screen.private_file(path) as file:
        file.writelines(lines([COLUMNS, *rows(reports)]))
    screen.err.print(f"written to {path}", markup=False)


def _write_pages(folder: Path, reports: "Sequence[ValidationReport]") -> None:
    from capi_jobs.validation.data_docs import Judged, write  # noqa: PLC0415

    judged = [
        Judged(
            one.run_id,
            one.destination,
            one.assessed_at,
            [rule.found for rule in one.rules],
        )
        for one in reports
    ]
    says = {
        (each.found.suite, each.found.rule): each.words.says
        for one in reports
        for each in one.rules
    }
    # They name orders: for their owner, until shared on purpose.
    with screen.private_files():
        folder.mkdir(parents=True, exist_ok=True)
        first = write(folder, judged, says)
    screen.err.print(f"Data Docs written: open {first}", markup=False)


def _show(report: "ValidationReport") -> None:
    found = [one for one in report.rules if one.found.failed]
    many = screen.several(len(report.rules), "expectation")
    screen.table(
        f"{report.destination}, run {report.run_id}: {len(found)} of {many} found"
        " something",
        ("rule", "severity", "failed", "of", "share", "before", "says"),
        [_cells(one) for one in found],
    )
    if report.of_held_alone:
        screen.out.print("Nothing new was ready: only held orders were looked at.")


def _cells(one: "RuleReport") -> tuple[object, ...]:
    from capi_jobs.report.sentences import percent  # noqa: PLC0415

    found = one.found
    return (
        found.rule,
        found.severity,
        found.failed,
        found.evaluated,
        percent(found.share),
        None if one.before is None else percent(one.before),
        one.words.says,
    )
