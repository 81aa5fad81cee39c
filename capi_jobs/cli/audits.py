"""`audit` and `trace`: what was counted wrongly, and one order from end to end."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import chosen_of, clock_of, entered, interval_of, loaded
from capi_jobs.errors import DataContractFault

if TYPE_CHECKING:
    from capi_jobs.config import Destination
    from capi_jobs.jobs.house import House
    from capi_jobs.model import DataInterval
    from capi_jobs.report.audits import AuditReport

Row = Mapping[str, str]
Shares = dict[str, list[float]]

Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        envvar="CAPI_JOBS_EXPORT",
        help="Write every finding with its order: FILE.csv, or else a JSON object a"
        " line.",
    ),
]
Corrections = Annotated[
    Path | None,
    typer.Option(
        "--corrections",
        envvar="CAPI_JOBS_CORRECTIONS",
        help="Write what was delivered and is no longer true, in the same two forms.",
    ),
]
Against = Annotated[
    Path | None,
    typer.Option(
        "--against",
        envvar="CAPI_JOBS_AGAINST",
        help="Set the rates beside those of an earlier `audit --json`; else beside"
        " those that were kept.",
    ),
]
Keep = Annotated[
    bool,
    typer.Option(
        "--keep",
        envvar="CAPI_JOBS_KEEP",
        help="Keep in the ledger what was found: later audits show the trend, pages"
        " the orders.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(audit)
    app.command()(trace)


def audit(
    *,
    interval: options.Interval = None,
    destination: options.Destinations = None,
    export: Export = None,
    corrections: Corrections = None,
    against: Against = None,
    keep: Keep = False,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Say what was counted twice, not, wrongly or for nothing, and why; send nothing.

    Exits with 3 when a finding needs a person.
    """
    from capi_jobs.report.audit_json import audits_json  # noqa: PLC0415
    from capi_jobs.report.audit_terminal import print_audit  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        span = interval_of(interval, settings, clock)
        chosen = chosen_of(settings, destination)
        shares = _earlier(against)
        with (
            _files(export, corrections) as files,
            entered(settings, clock, to_look=not keep) as house,
            screen.Bars() as bars,
        ):
            reports = [
                _audited(
                    house, one, (span, shares.get(one.name)), files, bars, keep=keep
                )
                for one in chosen
            ]
    if as_json:
        screen.answer(audits_json(reports, clock.now()))
    else:
        for made in reports:
            print_audit(screen.out, made)
    if any(made.needs_person for made in reports):
        raise typer.Exit(screen.PERSON_NEEDED)


def trace(
    order: Annotated[str, typer.Argument(help="Order id, as the warehouse has it.")],
    *,
    destination: options.Destinations = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Follow one order from the warehouse to each platform, and mark where it broke.

    Exits with 3 when it needs a person, with 1 when nobody knows the order.
    """
    from capi_jobs.jobs.tracing import trace as traced  # noqa: PLC0415
    from capi_jobs.report.trace_json import trace_json  # noqa: PLC0415
    from capi_jobs.report.trace_terminal import print_trace  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        chosen = chosen_of(settings, destination)
        with entered(settings, clock, to_look=True) as house:
            found = traced(house, order, chosen)
    if as_json:
        screen.answer(trace_json(found))
    else:
        print_trace(screen.out, found)
    if not found.known:
        raise typer.Exit(screen.FAILED)
    if found.broken:
        raise typer.Exit(screen.PERSON_NEEDED)


@dataclass(frozen=True, slots=True)
class _Files:
    """Where rows go; nowhere, where no file is asked for."""

    finding: Callable[[Row], None] | None
    correction: Callable[[Row], None] | None


def _audited(
    house: "House",
    one: "Destination",
    asked: "tuple[DataInterval, Shares | None]",
    files: _Files,
    bars: screen.Bars,
    *,
    keep: bool,
) -> "AuditReport":
    from capi_jobs.jobs import keeping  # noqa: PLC0415
    from capi_jobs.jobs.auditing import audit as audited  # noqa: PLC0415
    from capi_jobs.jobs.auditing import earlier  # noqa: PLC0415
    from capi_jobs.report.audit_json import correction_row, finding_row  # noqa: PLC0415
    from capi_jobs.report.audits import audit_report  # noqa: PLC0415

    span, shares = asked
    with audited(house, one, span, bars) as found:
        if files.finding:
            for finding in found.findings():
                files.finding(finding_row(one.name, finding))
        if files.correction:
            for wrong in found.corrections():
                files.correction(correction_row(one.name, wrong))
        made = audit_report(
            found,
            destination=one.name,
            platform=one.platform,
            interval=span,
            earlier=shares or earlier(house, one, span),
        )
        if keep:
            keeping.keep(house, one, made, found)
        return made


def _earlier(file: Path | None) -> dict[str, Shares]:
    """Read the shares of an earlier audit, by destination and kind."""
    if file is None:
        return {}
    try:
        told = json.loads(file.read_bytes())
        return {
            one["name"]: {
                kind: [float(rate["share"])] for kind, rate in one["rates"].items()
            }
            for one in told["destinations"]
        }
    except (ValueError, LookupError, TypeError, AttributeError):
        raise DataContractFault(
            f"{file.name} is no earlier audit",
            do="name a file that `capi-jobs audit --json` wrote",
        ) from None


@contextmanager
def _files(export: Path | None, corrections: Path | None) -> Iterator[_Files]:
    from capi_jobs.report.audit_json import CORRECTION_COLUMNS, FINDING_COLUMNS  # noqa: PLC0415

    with (
        _rows(export, FINDING_COLUMNS) as finding,
        _rows(corrections, CORRECTION_COLUMNS) as correction,
    ):
        yield _Files(finding, correction)


@contextmanager
def _rows(
    path: Path | None, columns: Sequence[str]
) -> Iterator[Callable[[Row], None] | None]:
    """Write rows to a file for its owner, as CSV or as a JSON object a line."""
    from capi_jobs.report.cells import safe  # noqa: PLC0415

    if path is None:
        yield None
        return
    with screen.private_file(path) as file:
        if path.suffix.lower() == ".csv":
            writer: Any = csv.DictWriter(file, columns)
            writer.writeheader()
            yield lambda row: writer.writerow({name: safe(row[name]) for name in row})
        else:
            yield lambda row: print(json.dumps(row, ensure_ascii=False), file=file)
    screen.err.print(f"written to {path}", markup=False)
