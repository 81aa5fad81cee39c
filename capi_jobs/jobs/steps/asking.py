"""`question` and `decide`: what a data owner reads before a send, and the answer.

Counts and rules only: no order ids, nothing personal. How text becomes harmless is in
`markdown.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from capi_jobs.errors import DecisionRefused
from capi_jobs.jobs.assessing import days_of
from capi_jobs.jobs.house import House
from capi_jobs.jobs.steps.markdown import bullets, plain, table
from capi_jobs.ledger.values import Decision, Gate, Run, RunDestination, Validation
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance, several
from capi_jobs.report.contents import CLASS_WORDS
from capi_jobs.report.gather import balances
from capi_jobs.report.sentences import amounts, count, printable
from capi_jobs.validation.verdict import SEVERITIES

# A screen of a form; the report has them all.
_ROWS_MAX = 20
_REASONS_MAX = 20
# A cell of a table; most shops have one or two.
_CURRENCIES_MAX = 6
_MICROSECOND = timedelta(microseconds=1)
_RANKS: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}
NO_WORDS = "no comment was given"


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked: plain subject, body in Markdown; nothing personal."""

    asked: bool  # false: the gate passed, or it was decided already
    subject: str
    body: str
    notice: str  # why, in plain lines for a message


def question(house: House, run_id: str, destination: str) -> Question:
    """Put the open question of a run into words."""
    run, part = _part(house, run_id, destination)
    asked = part.gate is Gate.ASK and part.decision is None
    whole = _whole(house, part)
    due = _due(part, whole)
    orders = count(part.missing_count or 0, "order")
    subject = f"{destination}: send {orders} of {_days(house, run)}?"
    worth = plain(amounts(due))
    body = [
        f"{orders} would be sent to **{plain(destination)}**, worth {worth}.",
        f"The run is {plain(run_id)}.",
        *_section("Why you are asked", bullets(_reasons(part))),
        *_section("How the orders stand", _standing(house, part, whole)),
        *_section("Rules that were broken", _broken(house, part)),
        *_section("Beside the last runs", _compared(house, part, whole)),
        *_section("What your answer does", bullets(_answers(orders))),
    ]
    notice = "\n".join(_told_reasons(part))
    return Question(asked, subject, "\n".join(body) + "\n", notice)


def decide(
    house: House,
    run_id: str,
    destination: str,
    decision: Decision,
    *,
    actor: str,
    reason: str,
) -> None:
    """Keep the answer; the same one twice is one, a different one is refused."""
    if _part(house, run_id, destination)[1].decision is decision:
        return
    now = house.clock.now()
    try:
        house.ledger.decide(
            run_id,
            destination,
            decision,
            actor=actor,
            reason=reason.strip() or NO_WORDS,
            now=now,
        )
    except DecisionRefused:
        # Somebody may have said the same just now.
        if _part(house, run_id, destination)[1].decision is not decision:
            raise
    house.ledger.tell_run(run_id, now=now)


def _part(house: House, run_id: str, destination: str) -> tuple[Run, RunDestination]:
    if house.ledger.is_run(run_id):
        run = house.ledger.run(run_id)
        if destination in run.destinations:
            return run, run.destinations[destination]
    raise DecisionRefused(
        f"there is no such run of {destination}", ids=[run_id], do="assess it first"
    )


def _days(house: House, run: Run) -> str:
    first, last = days_of(run.interval, house.settings.day_zone)
    return f"{first}" if first == last else f"{first} to {last}"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"### {title}", "", *lines] if lines else []


def _told_reasons(part: RunDestination) -> Iterator[str]:
    for reason in part.gate_reasons[:_REASONS_MAX]:
        yield printable(" ".join(str(reason).partition(": ")[2].split()) or str(reason))


def _reasons(part: RunDestination) -> Iterator[str]:
    for reason in part.gate_reasons[:_REASONS_MAX]:
        rule, _, says = str(reason).partition(": ")
        yield f"{plain(says)} ({plain(rule)})" if says else plain(rule)


def _whole(house: House, part: RunDestination) -> Balance:
    """Count the days that were looked at, the look-back among them."""
    first, last = days_of(part.interval, house.settings.day_zone)
    days = balances(house.ledger, part.destination, first, last)
    return several(part.destination, days)


def _due(part: RunDestination, whole: Balance) -> Amount:
    """Return what would be sent; the shop's usual currencies rank as in the balance."""
    usual = {currency: orders for currency, (orders, _) in whole.orders.parts.items()}
    values = part.missing_values.items()
    return Amount({currency: (usual.get(currency, 0), v) for currency, v in values})


def _standing(house: House, part: RunDestination, whole: Balance) -> list[str]:
    """Count every column; the look-back is among it, as it is among what is sent."""
    first, last = days_of(part.interval, house.settings.day_zone)
    head = ("orders", "number", "value")
    title = f"Completed {first} to {last}, the days looked back on among them:"
    return [title, "", *table(head, _columns(whole))] if whole.orders else []


def _columns(whole: Balance) -> Iterator[Sequence[str]]:
    for each, (name, means) in CLASS_WORDS.items():
        amount = whole[each]
        if not amount:
            continue
        yield f"**{name}**: {means}", f"{amount.orders:,}", _worth(amount)
        for reason, part in whole.reasons.get(each, {}).items():
            if reason:
                yield f"… {plain(reason)}", f"{part.orders:,}", _worth(part)


def _worth(amount: Amount) -> str:
    return plain(amounts(amount, _CURRENCIES_MAX))


def _broken(house: House, part: RunDestination) -> list[str]:
    """List what keeps rows back first; identifiers that few orders have, last."""
    found = house.ledger.validations_of(part.run_id, part.destination)
    failed = sorted((one for one in found if one.failed), key=_worst_first)
    head = ("rule", "severity", "within its limit", "rows", "of", "share")
    return table(head, map(_rule, failed[:_ROWS_MAX]), texts=3) if failed else []


def _worst_first(one: Validation) -> tuple[bool, int, int]:
    return one.passed, _RANKS[one.severity], -one.failed


def _rule(one: Validation) -> Sequence[str]:
    return (
        plain(one.rule),
        plain(one.severity),
        "yes" if one.passed else "**no**",
        f"{one.failed:,}",
        f"{one.evaluated:,}",
        f"{one.share:.1%}",
    )


def _compared(house: House, part: RunDestination, whole: Balance) -> list[str]:
    most, name = house.settings.gate.history_runs, part.destination
    past = house.ledger.recent_assessments(name, most, besides=part.run_id)
    head = ("until", "answer", "days", "orders", "to send", "value")
    shown = (part, *past[:_ROWS_MAX])
    return table(head, (_past(house, one, whole) for one in shown), texts=2)


def _past(house: House, one: RunDestination, whole: Balance) -> Sequence[str]:
    zone = house.settings.day_zone
    until = (one.interval.end - _MICROSECOND).astimezone(zone).date()
    days = (one.interval.end - one.interval.start) / timedelta(days=1)
    return (
        f"{until}",
        _answer(one),
        f"{days:.3g}",
        f"{house.ledger.orders_assessed(one.run_id, one.destination):,}",
        f"{one.missing_count or 0:,}",
        _worth(_due(one, whole)),
    )


def _answer(one: RunDestination) -> str:
    if one.gate is Gate.PASS:
        return "nobody was asked"
    return str(one.decision or "open")


def _answers(orders: str) -> Iterator[str]:
    yield (
        f"**Approve** sends what is shown here, at most {orders}: if more is missing by"
        " then, you are asked again. Held rows stay held."
    )
    yield (
        "**Reject** sends nothing and ends the run as held, with your comment. What is"
        " missing stays missing, and the next run finds it."
    )
