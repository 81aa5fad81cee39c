"""The report as one HTML file that needs no network: styles inside, no script.

Everything that comes from orders or platforms is hostile until Jinja escapes it.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from capi_jobs.report import charts, remedies, sentences
from capi_jobs.report.amounts import grouped
from capi_jobs.report.contents import (
    CLASS_WORDS,
    GROUPS_MAX,
    REASON_WORDS,
    RUNS_MAX,
    SAMPLES_MAX,
    Report,
)

_LIMITS = {
    "samples": SAMPLES_MAX,
    "groups": GROUPS_MAX,
    "runs": RUNS_MAX,
    "days": charts.DAYS_MAX,
}


def page(report: Report) -> str:
    """Write the whole page."""
    template = _environment().get_template("report.html.j2")
    return template.render(report=report)


def style() -> str:
    """Return the style sheet alone: the web pages (`web/`) look as the report does."""
    return _environment().get_template("report.css").render()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("capi_jobs.report"),
        autoescape=True,  # whatever a file is called
        finalize=_finished,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": sentences.day_name,
        "moment": sentences.moment,
        "money": sentences.money_lines,
        "number": "{:,}".format,
        "percent": sentences.percent,
        "short": sentences.short,
    }
    environment.globals |= {
        "amounts": sentences.amounts,
        "bars": charts,
        "class_words": CLASS_WORDS,
        "fault_line": sentences.fault_line,
        "grouped": grouped,
        "headline": sentences.headline,
        "level": sentences.level,
        "limits": _LIMITS,
        "of_fault": remedies.of_fault,
        "of_gate": remedies.of_gate,
        "reason_words": REASON_WORDS,
    }
    return environment


def _finished(value: object) -> object:
    """Make every text that is filled in printable; what is HTML already stays."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return sentences.printable(value)
    return value
