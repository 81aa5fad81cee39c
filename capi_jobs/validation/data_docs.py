"""Great Expectations' own Data Docs of what the ledger keeps: counts and order ids.

Nothing is validated again, and no value of a row is there to be shown. Those pages
fetch their style and scripts from the internet; ours (`web/`) need none.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capi_jobs.ledger.values import Validation
from capi_jobs.validation.importing import quiet

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

# What stands where Great Expectations has sampled values.
_EXAMPLE = "order {}"
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
# Each needs a kind; what is shown is its description, for a suite may change or have no
# such rule: the reader of the rows has some of its own.
_TOLD_BY_WORDS = "expect_column_values_to_match_regex"
_SITE = "capi-jobs"

# By suite and rule.
Says = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What one run found for one destination."""

    run_id: str
    destination: str
    at: datetime
    found: Sequence[Validation]


def write(folder: Path, judged: Iterable[Judged], says: Says) -> Path:
    """Write the pages; return the first one. `says`: what each rule says is wrong."""
    quiet()
    context = _context(folder)
    for one in judged:
        for suite in dict.fromkeys(each.suite for each in one.found):
            _keep(context, one, suite, says)
    context.build_data_docs(site_names=[_SITE])
    return folder / "index.html"


def _context(folder: Path) -> Any:  # noqa: ANN401 - Great Expectations' own
    import great_expectations as gx  # noqa: PLC0415
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder.absolute()),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    config = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={_SITE: site},
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _keep(
    context: Any,  # noqa: ANN401 - Great Expectations' own
    judged: Judged,
    suite: str,
    says: Says,
) -> None:
    from great_expectations.core import ExpectationSuite, run_identifier  # noqa: PLC0415
    from great_expectations.data_context.types import resource_identifiers as ids  # noqa: PLC0415

    destination, run = _name(judged.destination), _name(judged.run_id)
    name = f"{destination}-{suite}"
    # A name that looks like a time is read as one: 20261123-161500-4526 has an offset
    # that no day has, and the page stays empty.
    run_id = run_identifier.RunIdentifier(run_name=f"run-{run}", run_time=judged.at)
    key = ids.ValidationResultIdentifier(
        expectation_suite_identifier=ids.ExpectationSuiteIdentifier(name),
        run_id=run_id,
        batch_identifier=destination,
    )
    mine = [one for one in judged.found if one.suite == suite]
    result = _suite_result(name, mine, says, {"run_id": run_id})
    configs = [one.expectation_config for one in result.results]
    told = [config.to_domain_obj() for config in configs if config]
    context.suites.add(ExpectationSuite(name=name, expectations=told))
    context.validation_results_store.set(key, result)


def _name(text: str) -> str:
    """Great Expectations makes folders of names, and takes a dot for their edge."""
    return _NOT_A_NAME.sub("_", text)


def _suite_result(
    name: str,
    found: Sequence[Validation],
    says: Says,
    meta: dict[str, object],
) -> "ExpectationSuiteValidationResult":
    from great_expectations import __version__  # noqa: PLC0415
    from great_expectations.core import ExpectationSuiteValidationResult  # noqa: PLC0415

    results = [_result(one, says.get((one.suite, one.rule), "")) for one in found]
    good = sum(bool(one.success) for one in results)
    return ExpectationSuiteValidationResult(
        success=good == len(results),
        results=results,
        suite_name=name,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": good,
            "unsuccessful_expectations": len(results) - good,
            "success_percent": 100 * good / len(results),
        },
        meta={**meta, "great_expectations_version": __version__},
    )


def _result(found: Validation, says: str) -> Any:  # noqa: ANN401
    from great_expectations.core.expectation_validation_result import (  # noqa: PLC0415
        ExpectationValidationResult,
    )

    percent = 100 * found.share
    return ExpectationValidationResult(
        success=found.passed or found.severity == "info",
        expectation_config=_config(found, says),
        result={
            "element_count": found.evaluated,
            "missing_count": 0,
            "missing_percent": 0.0,
            "unexpected_count": found.failed,
            "unexpected_percent": percent,
            "unexpected_percent_total": percent,
            "unexpected_percent_nonmissing": percent,
            "partial_unexpected_list": [
                _EXAMPLE.format(_harmless(each)) for each in found.samples
            ],
            "partial_unexpected_counts": [],
        },
        exception_info={
            "raised_exception": False,
            "exception_message": None,
            "exception_traceback": None,
        },
        meta={},
    )


def _config(found: Validation, says: str) -> Any:  # noqa: ANN401
    from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
        ExpectationConfiguration,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity  # noqa: PLC0415

    told = f"{found.rule}: {says}" if says else found.rule
    return ExpectationConfiguration(
        type=_TOLD_BY_WORDS,
        kwargs={"column": _harmless(found.column or found.rule), "regex": "."},
        description=_harmless(told),
        severity=FailureSeverity(found.severity),
        meta={"rule": found.rule},
    )


def _harmless(text: str) -> str:
    """Those pages escape nothing, and fill in what follows a dollar."""
    return html.escape(text).replace("$", "&#36;")
