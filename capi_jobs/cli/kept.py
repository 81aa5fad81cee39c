"""`verify --kept`: what platforms said over time, as the ledger keeps it.

Asking them anew is `verify.py`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from rich.markup import escape

from capi_jobs.cli import screen

if TYPE_CHECKING:
    from capi_jobs.ledger import Ledger
    from capi_jobs.ledger.readings import Reading
    from capi_jobs.model import DataInterval

# What is looked back without an interval: a month of days fits a screen.
_MONTH = timedelta(days=31)
_CELLS = 20
_SCORE_MAX = 10


def show(
    ledger: "Ledger",
    names: Sequence[str],
    span: "DataInterval | None",
    now: datetime,
    *,
    as_json: bool,
) -> None:
    """Print what is kept, the oldest first."""
    since = span.start if span else now - _MONTH
    until = span.end if span else now + timedelta(days=1)
    found = [
        one
        for name in names
        for one in reversed(ledger.readings(name, since=since))
        if one.start < until
    ]
    if as_json:
        screen.answer({"readings": [_json(one) for one in found]})
        return
    if not found:
        screen.out.print("nothing is kept of that time: `capi-jobs verify` asks")
    for name, group in groupby(found, key=lambda one: one.destination):
        listed = list(group)
        screen.out.print(f"[bold]{escape(name)}[/]")
        _show_arrival([one for one in listed if one.metric == "events"])
        _show_quality([one for one in listed if one.metric == "match_quality"])


def _json(one: "Reading") -> dict[str, object]:
    return {
        "destination": one.destination,
        "metric": one.metric,
        "event_name": one.event_name,
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "ours": _text(one.ours),
        "theirs": _text(one.theirs),
        "short": one.short,
        "verdict": one.verdict,
        "why": one.why,
        "taken_at": one.taken_at.isoformat(),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _show_arrival(readings: Sequence["Reading"]) -> None:
    """Draw the share that arrived, day by day in UTC."""
    for day, ours, theirs, short in _days(readings):
        share = 1 - short / ours if ours else 0.0
        told = f"{share:7.2%}" if ours else "      –"
        lacks = f"  [red]short by {short:,}[/]" if short else ""
        screen.out.print(
            f"  {day} {_bar(share)} {told}  {theirs:,} said, {ours:,} delivered{lacks}"
        )


def _days(readings: Sequence["Reading"]) -> Iterator[tuple[date, int, int, int]]:
    ours = [one for one in readings if one.ours]
    for day, group in groupby(ours, key=lambda one: one.start.date()):
        of_day = list(group)
        yield (
            day,
            int(sum(one.ours or 0 for one in of_day)),
            int(sum(one.theirs or 0 for one in of_day)),
            sum(one.short for one in of_day),
        )


def _show_quality(readings: Sequence["Reading"]) -> None:
    """Draw the platform's score beside our forecast, day by day and event."""
    for one in readings:
        score = one.theirs or Decimal(0)
        bar = _bar(float(score) / _SCORE_MAX)
        forecast = "–" if one.ours is None else f"{one.ours:.1f}"
        screen.out.print(
            f"  {one.start.date()} {bar} {score:5.1f} of 10,"
            f" forecast {forecast}  {escape(screen.shown(one.event_name))}"
        )


def _bar(share: float) -> str:
    full = int(min(1.0, max(0.0, share)) * _CELLS)
    return f"{'█' * full}[dim]{'░' * (_CELLS - full)}[/]"
