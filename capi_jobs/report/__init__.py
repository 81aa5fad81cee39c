"""What the ledger says, for people and programs: terminal, one HTML file, JSON.

Asks the ledger only; the warehouse, and what is right or wrong, are elsewhere.
`balance.py` brings a day's balance up to now, `gather.py` collects the whole report
into the plain values of `contents.py`, the others write those down.
"""

from capi_jobs.report.as_json import destination_json, report_json
from capi_jobs.report.contents import Report, Target
from capi_jobs.report.gather import gather
from capi_jobs.report.html import page, style
from capi_jobs.report.rule_words import rule_words
from capi_jobs.report.terminal import print_balance, print_report

__all__ = [
    "Report",
    "Target",
    "destination_json",
    "gather",
    "page",
    "print_balance",
    "print_report",
    "report_json",
    "rule_words",
    "style",
]
