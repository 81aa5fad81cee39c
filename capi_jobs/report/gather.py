"""Collects a report from the ledger: reads only, within the limits of contents.py."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.latest import DayBalance
from capi_jobs.ledger.reasons import Reason, Reasons
from capi_jobs.ledger.values import Gate, LedgerCount, Run
from capi_jobs.lifecycle import Status
from capi_jobs.report import remedies
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance, live, several
from capi_jobs.report.contents import (
    GROUPS_MAX,
    RUNS_MAX,
    SAMPLES_MAX,
    DestinationReport,
    Group,
    Groups,
    Report,
    RuleResult,
    RuleWords,
    Target,
)
from capi_jobs.report.qualities import scores, shown_run, source_keys

_NO_WORDS = RuleWords()
_DAY = timedelta(days=1)

Words = Mapping[str, RuleWords]


def gather(  # noqa: PLR0913 - what to report, and how to say it
    ledger: Ledger,
    targets: Sequence[Target],
    first_day: date,
    last_day: date,
    *,
    now: datetime,
    timezone: str = "UTC",
    words: Words | None = None,
) -> Report:
    """Say how each destination stands now, over days in the shop's time zone."""
    return Report(
        generated_at=now,
        timezone=timezone,
        first_day=first_day,
        last_day=last_day,
        destinations=tuple(
            _destination(ledger, target, (first_day, last_day), now, words or {})
            for target in targets
        ),
        runs=tuple(ledger.recent_runs(RUNS_MAX)),
    )


def balances(ledger: Ledger, name: str, first: date, last: date) -> tuple[Balance, ...]:
    """Return each day's balance, brought up to now; undated orders come last."""
    found = ledger.latest_balances(name, first, last)
    # Read after the balances: what moves between the two reads is told twice, never
    # lost, and only the difference to the baseline counts.
    counts = ledger.live_counts(name, first, last)
    if any(one.day is None for one in found):
        counts += ledger.undated_counts(name)
    return tuple(_live(one, counts) for one in found)


def _live(one: DayBalance, counts: Sequence[LedgerCount]) -> Balance:
    heading = Balance(
        destination=one.destination,
        day=one.day,
        run_id=one.run_id,
        taken_at=one.taken_at,
    )
    now = [count for count in counts if count.day == one.day]
    return live(heading, one.counts, one.baselines, now)


def _destination(
    ledger: Ledger,
    target: Target,
    span: tuple[date, date],
    now: datetime,
    words: Words,
) -> DestinationReport:
    name = target.name
    days = balances(ledger, name, *span)
    run_id = shown_run(ledger, name)
    return DestinationReport(
        target=target,
        total=several(name, days),
        days=days,
        days_unseen=_unseen(days, *span),
        shown_run=run_id,
        validation=_validation(ledger, run_id, name, words),
        quarantine=_quarantine(ledger, name, words),
        in_doubt=_in_doubt(ledger, target, now),
        rejected=_rejected(ledger, name),
        coverage=source_keys(ledger, run_id, name),
        scores=scores(ledger, name),
        asks=_asking(ledger.recent_runs(RUNS_MAX), name),
    )


def _unseen(days: Sequence[Balance], first: date, last: date) -> tuple[date, ...]:
    seen = {balance.day for balance in days}
    span = (first + n * _DAY for n in range((last - first).days + 1))
    return tuple(day for day in span if day not in seen)


def _validation(
    ledger: Ledger, run_id: str, name: str, words: Words
) -> tuple[RuleResult, ...]:
    found = ledger.validations_of(run_id, name)
    return tuple(RuleResult(one, words.get(one.rule, _NO_WORDS)) for one in found)


def _quarantine(ledger: Ledger, name: str, words: Words) -> Groups:
    def written(found: Reason) -> Group:
        rule, told = found.reason, words.get(found.reason, _NO_WORDS)
        return _group(
            found,
            told.says or found.says,
            # Only rules of the suites have words; others are the reader's or the
            # platform's own, and stand whatever a person says.
            remedies.of_hold(
                name, rule, told.do, found.samples, releasable=rule in words
            ),
        )

    found = ledger.held_by_rule(name, most=GROUPS_MAX, samples=SAMPLES_MAX)
    return _groups(found, written)


def _in_doubt(ledger: Ledger, target: Target, now: datetime) -> Groups:
    def written(found: Reason) -> Group:
        return _group(
            found,
            "the answer was lost: nobody knows whether they count",
            remedies.of_doubt(target.name, found.samples[0], by_itself=found.is_fresh),
        )

    window = target.dedup_window
    found = ledger.stuck_by_reason(
        target.name,
        (Status.IN_DOUBT, Status.RESENDING),
        fresh_after=now - window if window else None,
        most=GROUPS_MAX,
        samples=SAMPLES_MAX,
    )
    return _groups(found, written)


def _rejected(ledger: Ledger, name: str) -> Groups:
    def written(found: Reason) -> Group:
        return _group(
            found,
            "the platform will never take them as they are",
            remedies.of_rejection(name, found.samples[0]),
        )

    found = ledger.stuck_by_reason(
        name, (Status.REJECTED,), most=GROUPS_MAX, samples=SAMPLES_MAX
    )
    return _groups(found, written)


def _groups(found: Reasons, written: Callable[[Reason], Group]) -> Groups:
    return Groups(tuple(map(written, found.shown)), found.left)


def _group(found: Reason, says: str, do: tuple[str, ...]) -> Group:
    return Group(
        reason=found.reason,
        amount=Amount(dict(found.parts)),
        samples=found.samples,
        oldest=found.oldest,
        says=says,
        do=do,
        by_itself=found.is_fresh,
    )


def _asking(runs: Sequence[Run], name: str) -> tuple[str, ...]:
    """Name the runs whose question about this destination is open."""
    parts = [run.destinations[name] for run in runs if name in run.destinations]
    newest = parts[:1]  # an older question is answered by a newer run
    return tuple(p.run_id for p in newest if p.gate is Gate.ASK and p.decision is None)
