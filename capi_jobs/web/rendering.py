"""Fills templates. All that comes from orders or platforms is hostile until escaped.

Colours, sentences and forms of numbers are those of the report (`capi_jobs/report`).
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import Request
from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)
from markupsafe import Markup, escape

from capi_jobs import __version__
from capi_jobs.report import sentences
from capi_jobs.report.amounts import grouped
from capi_jobs.report.contents import CLASS_WORDS, REASON_WORDS
from capi_jobs.web import charts
from capi_jobs.web.access import Person, form_token


def rendered(
    request: Request, person: Person | None, template: str, title: str, view: object
) -> str:
    """Draw one page; `view` is all that its template sees of the books."""
    return (
        environment()
        .get_template(template)
        .render(
            view=view,
            title=title,
            person=person,
            at=Addresses(request),
            path=request.url.path,
            query=request.query_params,
            form_token=form_token(request, person) if person else "",
            menu=request.app.state.menu,
            version=__version__,
        )
    )


class Addresses:
    """Addresses of our routes, wherever the pages are mounted: `at("run", run_id=…)`.

    Paths only: what the pages are called from outside, a proxy alone knows.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._root = str(request.scope.get("root_path", "")).rstrip("/")

    def __call__(self, name: str, /, **parameters: object) -> str:
        # Ids of orders are hostile: a slash, a question mark, a percent sign.
        quoted = {key: quote(str(value), safe="") for key, value in parameters.items()}
        path = self._request.app.url_path_for(name, **quoted)
        return f"{self._root}{path}"


@cache
def environment() -> Environment:
    """Return the templates and what all of them may use."""
    made = Environment(
        # "report/parts.html.j2" has macros of the report that fit here as well.
        loader=ChoiceLoader(
            [
                PackageLoader("capi_jobs.web"),
                PrefixLoader({"report": PackageLoader("capi_jobs.report")}),
            ]
        ),
        autoescape=True,  # whatever a file is called
        finalize=_finished,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": sentences.day_name,
        "duration": duration,
        "moment": moment,
        "money": sentences.money_lines,
        "number": "{:,}".format,
        "percent": sentences.percent,
        "short": sentences.short,
    }
    made.globals |= {
        "charts": charts,
        "class_words": CLASS_WORDS,
        "count": sentences.count,
        "grouped": grouped,
        "reason_words": REASON_WORDS,
    }
    return made


def moment(at: datetime | None) -> Markup:
    """Write a time in UTC; `page.js` shows it in the reader's zone, UTC on hover."""
    if at is None:
        return Markup("–")
    utc = at.astimezone(UTC)
    words = escape(sentences.moment(utc))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), words, words
    )


def duration(lasted: timedelta | None) -> str:
    """Write how long something took, in at most two units: 3 min 5 s."""
    if lasted is None:
        return "–"
    seconds = round(lasted.total_seconds())
    if seconds < 1:
        return "under 1 s"
    found = []
    for name, size in _UNITS:
        number, seconds = divmod(seconds, size)
        found.append((number, name))
    first = next(place for place, (number, _) in enumerate(found) if number)
    return " ".join(f"{n} {name}" for n, name in found[first : first + 2] if n)


_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def _finished(value: Any) -> Any:  # noqa: ANN401 - Jinja hands in anything
    """Make every text that is filled in printable; what is HTML already stays."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return sentences.printable(value)
    return value
