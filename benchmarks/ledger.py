"""What the ledger's reads and moves take, however much it holds.

    python -m benchmarks ledger [entries] [--sqlite] [--write]

Fills a ledger (ledger_rows.py), then prints the median and the slowest of each read
that pages and reports ask for, and of a claim and its answer.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import paper, telling
from benchmarks.job import MEMORY
from benchmarks.ledger_lots import DESTINATIONS, NOW, day_of, run_id
from benchmarks.ledger_rows import fill, fill_counts, gather_statistics
from capi_jobs.airflow.local import postgres
from capi_jobs.ledger import Chosen, Ledger
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import Entry, Receipt
from capi_jobs.report.contents import Target
from capi_jobs.report.gather import balances, gather

TRIES = 9
LEASE = timedelta(minutes=2)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Took:
    """How long one question, or one move, took."""

    group: str
    what: str
    milliseconds: list[float]


@contextmanager
def opened(*, sqlite: bool) -> Iterator[Ledger]:
    """Make a ledger that lives as long as the measurement."""
    with ExitStack() as stack:
        if sqlite:
            folder = stack.enter_context(TemporaryDirectory(prefix="capi-jobs-bench-"))
            url = f"sqlite:///{folder}/ledger.sqlite"
        else:
            url = stack.enter_context(postgres.server(MEMORY))
        yield stack.enter_context(Ledger.open(url))


def questions(ledger: Ledger) -> Iterator[tuple[str, Callable[[], object]]]:
    """Everything that a page or a report asks; pages first."""
    first, last = day_of(13), day_of(0)
    meta, night = "meta", run_id(1)
    yield "what waits for a person", ledger.waiting
    yield "live counts, 14 days", lambda: ledger.live_counts(meta, first, last)
    yield "live counts, all days", lambda: ledger.live_counts(meta)
    yield (
        "balance of 14 days, brought up to now",
        lambda: balances(ledger, meta, first, last),
    )
    yield "entries by status", ledger.status_counts
    yield "the last 20 runs", lambda: ledger.recent_runs(20)
    yield "runs, a page", ledger.runs_page
    yield "one run", lambda: ledger.run(night)
    yield "one run: sent, by status", lambda: ledger.sent_by_run(night)
    yield "one run: batches, a page", lambda: ledger.batches_page(night)
    yield "one run: validations", lambda: ledger.validations_of(night, meta)
    yield "one run: coverage", lambda: ledger.coverage_of(night, meta)
    yield (
        "one run: how rules fared in ten before",
        lambda: ledger.judged_before(night, meta, 10),
    )
    yield "in doubt for a person", lambda: ledger.in_doubt_since(meta, NOW)
    yield "quarantine: counts by rule", ledger.hold_counts
    yield from _lists(ledger)
    yield "readings of 7 days", lambda: ledger.readings(meta, since=NOW - 7 * _DAY)
    yield (
        "match quality, 90 readings",
        lambda: ledger.readings(meta, metric="match_quality", limit=90),
    )
    yield "forecasts, 90", lambda: ledger.forecasts(meta, "key_0", 90)
    yield "what was last read", lambda: ledger.last_readings(meta, "events")
    yield "audits, 12", lambda: ledger.latest_audits(meta, 12)
    yield (
        "sent by minute, a day, by receipt",
        lambda: ledger.sent_by_minute(meta, NOW - _DAY, NOW, by_receipt=True),
    )
    yield (
        "sent by minute, a day, by order",
        lambda: ledger.sent_by_minute(
            meta, NOW - 2 * _DAY, NOW - _DAY, by_receipt=False
        ),
    )
    yield "the whole report, 14 days", lambda: _report(ledger)


def _lists(ledger: Ledger) -> Iterator[tuple[str, Callable[[], object]]]:
    meta, day, order = "meta", day_of(30), f"DE-{10**8 + 12_345}"
    deep = _mark(ledger)
    yield "quarantine, first page", ledger.holds_page
    yield (
        "quarantine, a page by rule, day and value",
        lambda: ledger.holds_page(
            meta,
            rule="email_invalid",
            first_day=day,
            last_day=day_of(3),
            min_value=Decimal(200),
        ),
    )
    yield "entries, first page", lambda: ledger.entries_page(meta)
    yield "entries, a page deep inside", lambda: ledger.entries_page(meta, after=deep)
    yield (
        "entries of a day",
        lambda: ledger.entries_page(meta, first_day=day, last_day=day),
    )
    for status in (Status.IN_DOUBT, Status.REJECTED, Status.DELIVERED):
        page = partial(ledger.entries_page, meta, status=status)
        yield f"entries {status}, a page", page
    yield (
        "entries of a batch",
        lambda: ledger.entries_page(
            meta, batch_id=ledger.batches_page(run_id(1)).rows[0].batch.batch_id
        ),
    )
    yield "an order: entries", lambda: list(ledger.entries(order_ids=[order]))
    yield "an order: history", lambda: ledger.entry_history(order)
    yield "an order: hold", lambda: ledger.latest_hold(meta, order)
    many = [f"DE-{10**8 + 7 * n}" for n in range(1_000)]
    yield "a thousand orders: known", lambda: ledger.known(meta, many, many)
    yield "decisions, first page", ledger.decisions
    yield (
        "decisions, a page deep inside",
        lambda: ledger.decisions(after=ledger.decisions(limit=500).after),
    )


def _mark(ledger: Ledger) -> str | None:
    """Name a place some thousand rows inside."""
    after: str | None = None
    for _ in range(10):
        after = ledger.entries_page("meta", after=after, limit=1_000).after
    return after


def _report(ledger: Ledger) -> object:
    targets = [Target(name, name, timedelta(days=2)) for name in DESTINATIONS]
    return gather(ledger, targets, day_of(13), day_of(0), now=NOW)


def asked(ledger: Ledger, tries: int = TRIES) -> Iterator[Took]:
    """Ask each question so many times, after once to warm up."""
    for what, ask in questions(ledger):
        ask()
        yield Took("read", what, [_timed(ask) for _ in range(tries)])


def moved(ledger: Ledger, tries: int = TRIES) -> Iterator[Took]:
    """Claim, answer, take apart; of a thousand events each."""
    claims = [Took("move", what, []) for what in _MOVES]
    for number in range(tries):
        for took, step in zip(claims, _moves(ledger, number), strict=True):
            took.milliseconds.append(_timed(step))
    yield from claims


_MOVES = (
    "claim 1,000",
    "settle 1,000, all taken",
    "claim 1,000, all of them known",
    "claim 1,000 more",
    "settle 1,000, ten of them refused",
    "claim another 1,000",
    "settle 1,000, given back",
    "resolve one order",
)


def _moves(ledger: Ledger, number: int) -> Iterator[Callable[[], object]]:
    batch, more, last = (_thousand(3 * number + part) for part in range(3))
    ids: list[str] = []

    def claim(wanted: list[Entry]) -> None:
        claimed = ledger.claim(
            wanted, run_id=run_id(0), now=NOW, lease=LEASE, actor="bench"
        )
        ids.append(claimed.batch_id)

    def settle(event: Event) -> None:
        ledger.settle(ids[-1], event, Receipt(), now=NOW, actor="bench")

    def settle_each() -> None:
        told = {
            (one.event_name, one.event_id): (
                Event.LOST if place % 100 else Event.REFUSED,
                Receipt(),
            )
            for place, one in enumerate(more)
        }
        ledger.settle_each(ids[-1], told, now=NOW, actor="bench")

    def resolve() -> None:
        chosen = Chosen("meta", order_ids=[more[1].order_id])
        ledger.resolve(chosen, actor="ana", reason="seen there", now=NOW)

    yield lambda: claim(batch)
    yield lambda: settle(Event.ACCEPTED)
    yield lambda: claim(batch)
    yield lambda: claim(more)
    yield settle_each
    yield lambda: claim(last)
    yield lambda: settle(Event.DEFERRED)
    yield resolve


def _thousand(number: int) -> list[Entry]:
    return [
        Entry(
            destination="meta",
            event_name="Purchase",
            event_id=f"{(n * 0x9E3779B97F4A7C15) % 2**64:016x}",
            order_id=f"NEW-{n}",
            event_time=NOW - timedelta(seconds=n % 86_400),
            day=day_of(n % 2),
            value=Decimal(n % 30_000) / 100,
            currency="EUR",
        )
        for n in range(10**9 + number * 1_000, 10**9 + (number + 1) * 1_000)
    ]


def _timed(step: Callable[[], object]) -> float:
    began = perf_counter()
    step()
    return (perf_counter() - began) * 1_000


def told(total: int, took: list[Took], counted: float, *, sqlite: bool) -> str:
    """Write a table."""
    what = (
        f"{total:,} entries on {'SQLite' if sqlite else 'PostgreSQL'}. To count what"
        f" batches hold, as the migration does once: {counted:.1f} s. Load of the"
        f" machine afterwards: {os.getloadavg()[0]:.1f}."
    )
    lines = [
        what,
        "",
        "| | | median ms | slowest ms |",
        "|---|---|--:|--:|",
    ]
    lines += [
        f"| {one.group} | {one.what} | {median(one.milliseconds):.1f} |"
        f" {max(one.milliseconds):.1f} |"
        for one in took
    ]
    return "\n".join(lines)


def main() -> None:
    """Fill, ask, move, tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ledger")
    parser.add_argument("entries", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--write", action="store_true", help="also into docs/scale.md")
    chosen = parser.parse_args()
    with opened(sqlite=chosen.sqlite) as ledger:
        took_s = _timed(lambda: fill(ledger, chosen.entries)) / 1_000
        print(f"filled in {took_s:.0f} s", file=sys.stderr)
        counted = _timed(lambda: fill_counts(ledger)) / 1_000
        gather_statistics(ledger)
        took = [*asked(ledger), *moved(ledger)]
    text = told(chosen.entries, took, counted, sqlite=chosen.sqlite)
    print(text)
    if chosen.write:
        _write(text, chosen.entries, sqlite=chosen.sqlite)


def _write(text: str, total: int, *, sqlite: bool) -> None:
    """Put the table into docs/scale.md; each size and database has its place."""
    switch = " --sqlite" if sqlite else ""
    what = f"ledger {total}{switch.replace(' --', ' ')}"
    marks = (f"<!-- {what}: begin -->", f"<!-- {what}: end -->")
    command = f"python -m benchmarks ledger {total}{switch}"
    telling.write(text, command, marks, paper.PAGE)
    paper.write()  # it reckons with this table


if __name__ == "__main__":
    main()
