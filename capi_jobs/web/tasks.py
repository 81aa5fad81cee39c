"""What needs a person, destination by destination, in words.

What waits is the ledger's to say (`ledger/waiting.py`), whether events arrived
`jobs/arrived.py`, whether books close `report/balance.py`; here it is put together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from capi_jobs.config import Destination
from capi_jobs.jobs.arrived import last_verified
from capi_jobs.ledger.values import RunDestination
from capi_jobs.ledger.waiting import HoldCount, Waiting
from capi_jobs.lifecycle import Status
from capi_jobs.report import remedies, sentences
from capi_jobs.report.amounts import Amount, total
from capi_jobs.report.balance import Balance
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Desk
from capi_jobs.web.page import Shown

# A long weekend without a run is no news; more is a schedule that stands still.
STALE_AFTER = timedelta(days=4)
# What was short longer ago, Meta tells no more about, and nobody can look at.
SHORT_UNTIL = timedelta(days=7)


class Kind(StrEnum):
    """What is to be done, the gravest first."""

    BALANCE = "balance"  # does not close
    STOPPED = "stopped"  # the last run failed: a refused token, an account
    APPROVAL = "approval"
    ARRIVAL = "arrival"  # more is short than tolerated
    IN_DOUBT = "in_doubt"  # and too old to be sent again
    REJECTED = "rejected"
    QUARANTINE = "quarantine"
    STALE = "stale"  # no run for long


class Task(Shown):
    """One thing that needs a person."""

    kind: Kind
    destination: str
    level: sentences.Level
    says: str
    do: str
    worth: Worth | None = None
    run_id: str = ""  # the run that it is about


def tasks_of(desk: Desk, days: Mapping[str, Sequence[Balance]]) -> tuple[Task, ...]:
    """List what needs a person; `days` are the balances of each destination."""
    waiting = desk.ledger.waiting()
    found = [
        *_open_books(days),
        *_stopped(waiting.stopped),
        *_asking(waiting.approvals),
        *_short(desk),
        *_doubts(desk),
        *_rejected(waiting),
        *_held(waiting.holds),
        *_stale(desk),
    ]
    order = list(Kind)
    return tuple(sorted(found, key=lambda task: order.index(task.kind)))


def _open_books(days: Mapping[str, Sequence[Balance]]) -> Iterator[Task]:
    for name, balances in days.items():
        broken = sum(1 for day in balances if not day.closes)
        if broken:
            says = "has orders" if broken == 1 else "have orders"
            yield Task(
                kind=Kind.BALANCE,
                destination=name,
                level="fault",
                says=f"The books do not close: {sentences.count(broken, 'day')} {says}"
                " in no column, or in two.",
                do=_sentence(remedies.of_fault()),
            )


def _stopped(parts: Iterable[RunDestination]) -> Iterator[Task]:
    for part in parts:
        yield Task(
            kind=Kind.STOPPED,
            destination=part.destination,
            level="fault",
            says=f"The last run stopped here: {part.note or 'it does not say why'}",
            do="Mend what it names, then run again: what was sent is not sent twice.",
            run_id=part.run_id,
        )


def _asking(parts: Iterable[RunDestination]) -> Iterator[Task]:
    for part in parts:
        orders = part.missing_count or 0
        yield Task(
            kind=Kind.APPROVAL,
            destination=part.destination,
            level="look",
            says=f"A run asks before it sends {sentences.count(orders, 'order')}.",
            do="See what it found and why it asks, then approve or hold it.",
            worth=Worth.given(orders, part.missing_values),
            run_id=part.run_id,
        )


def _short(desk: Desk) -> Iterator[Task]:
    for destination in desk.settings.destinations:
        found = last_verified(desk.ledger, destination, desk.settings.verify)
        is_news = found.at is not None and desk.now - found.at <= SHORT_UNTIL
        if found.verification.alarm and is_news:
            yield Task(
                kind=Kind.ARRIVAL,
                destination=destination.name,
                level="look",
                says=f"{found.verification.why}, the platform says.",
                do="Look at the hour; do not send them again, most would count twice.",
            )


def _doubts(desk: Desk) -> Iterator[Task]:
    for destination in desk.settings.destinations:
        sent_by = desk.now - _window(destination)
        orders = desk.ledger.in_doubt_since(destination.name, sent_by)
        if orders:
            yield Task(
                kind=Kind.IN_DOUBT,
                destination=destination.name,
                level="look",
                says=f"{sentences.count(orders, 'order')} in doubt: the answer was"
                " lost, and sending again would count twice by now.",
                do="Look in the platform's event manager, then resolve or requeue.",
            )


def _window(destination: Destination) -> timedelta:
    """Return how long the platform deduplicates: so long a resend is safe."""
    return destination.limits().dedup_window or timedelta(0)


def _rejected(waiting: Waiting) -> Iterator[Task]:
    for one in waiting.entries:
        if one.status is Status.REJECTED:
            yield Task(
                kind=Kind.REJECTED,
                destination=one.destination,
                level="look",
                says=f"{sentences.count(one.orders, 'order')} rejected: the platform"
                " will never take them as they are.",
                do="Mend what the platform names, then requeue them.",
                worth=Worth.given(one.orders, one.values),
            )


def _held(holds: Sequence[HoldCount]) -> Iterator[Task]:
    for name in dict.fromkeys(one.destination for one in holds):
        mine = [one for one in holds if one.destination == name]
        orders = sum(one.orders for one in mine)
        is_held = "is held" if orders == 1 else "are held"
        yield Task(
            kind=Kind.QUARANTINE,
            destination=name,
            level="look",
            says=f"{sentences.count(orders, 'order')} {is_held} back by"
            f" {sentences.count(len(mine), 'rule')}.",
            do="Mend them at their source, or release or block them here.",
            worth=_together(mine),
        )


def _together(holds: Sequence[HoldCount]) -> Worth:
    """Add up the values; how many orders stand behind each is not needed here."""
    found = total(
        Amount.of(0, value, currency)
        for one in holds
        for currency, value in one.values.items()
    )
    return Worth.given(sum(one.orders for one in holds), found.values)


def _stale(desk: Desk) -> Iterator[Task]:
    for destination in desk.settings.destinations:
        runs = desk.ledger.runs_page(destination=destination.name, limit=1).rows
        for run in runs:
            if desk.now - run.started_at > STALE_AFTER:
                days = (desk.now - run.started_at).days
                yield Task(
                    kind=Kind.STALE,
                    destination=destination.name,
                    level="look",
                    says=f"No run has looked here for {sentences.count(days, 'day')}.",
                    do="See whether the schedule is on, or run by hand.",
                    run_id=run.run_id,
                )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
