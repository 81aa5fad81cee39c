"""One file a page: what it reads, and the model that page and JSON show alike.

A view reads only what it is given (a desk or the house) and knows no HTML.
"""

from fastapi import APIRouter

from capi_jobs.web.page import Page
from capi_jobs.web.views import (
    arrival,
    deciding,
    finding,
    findings,
    hold,
    overview,
    quality,
    quarantine,
    quarantine_api,
    quarantine_files,
    quarantine_word,
    report,
    run,
    runs,
    trace,
    validation,
)

# In the order of the menu.
PAGES: tuple[Page, ...] = (
    overview.PAGE,
    runs.PAGE,
    run.PAGE,
    validation.LATEST,
    validation.PAGE,
    quarantine.PAGE,
    hold.PAGE,
    trace.PAGE,
    findings.PAGE,
    finding.PAGE,
    quality.PAGE,
    arrival.PAGE,
)
# Files to keep: the report, exports.
FILES: tuple[APIRouter, ...] = (
    report.ROUTER,
    validation.FILES,
    quarantine_files.ROUTER,
)
# Routes that change something.
CHANGES: tuple[APIRouter, ...] = (
    deciding.ROUTER,
    quarantine_word.ROUTER,
    quarantine_api.ROUTER,
)
