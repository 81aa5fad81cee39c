"""What capi-jobs sent in a made-up month: entries in every state, holds, blocks."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from capi_jobs.demo.dirt import NAIVE_ZONE
from capi_jobs.demo.logs import PLATFORMS, Platform
from capi_jobs.demo.orders import DemoOrder
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Assessment, Decision, Gate
from capi_jobs.lifecycle import Event
from capi_jobs.model import DataInterval, Entry, Hold, Receipt

_ACTOR, _RUN = "demo", "demo-month"
_LEASE = timedelta(minutes=5)
# Nightly, three hours after the day ended.
_NIGHT = timedelta(days=1, hours=3)
# Two nights whose runs sent nothing, by the age at which their days began: one that a
# person held, one that still waits for an answer.
HELD, WAITING = timedelta(days=4), timedelta(days=2)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Books:
    """Orders by what became of them; each for every platform."""

    delivered: list[DemoOrder] = field(default_factory=list)
    rejected: list[DemoOrder] = field(default_factory=list)
    in_doubt: list[DemoOrder] = field(default_factory=list)
    held: list[DemoOrder] = field(default_factory=list)
    blocked: list[DemoOrder] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)  # no longer in the warehouse
    values: dict[str, str] = field(default_factory=dict)  # as they were sent


def keep_books(url: str, books: Books, now: datetime) -> None:
    """Write the ledger by the moves that deliveries and people make."""
    with Ledger.open(url) as ledger:
        _stopped(ledger, now)
        for platform in PLATFORMS:
            _sent(ledger, platform, books, now)
            name = platform.destination
            holds = [_hold(name, order) for order in books.held]
            ledger.record_holds(holds, run_id=_RUN, now=now)
            if books.blocked:
                ids = [order.order_id for order in books.blocked]
                ledger.block_order(
                    name, ids, actor=_ACTOR, reason="asked not to", now=now
                )


def _stopped(ledger: Ledger, now: datetime) -> None:
    names = [platform.destination for platform in PLATFORMS]
    for run_id, age in ((f"{_RUN}-held", HELD), (f"{_RUN}-waiting", WAITING)):
        interval = DataInterval(now - age, now - age + _DAY)
        at = interval.end + _LEASE
        ledger.start_run(
            run_id,
            kind="run",
            interval=interval,
            destinations=names,
            actor=_ACTOR,
            now=at,
        )
        found = Assessment(interval=interval, gate=Gate.ASK)
        for name in names:
            ledger.record_assessment(run_id, name, found, now=at)
    ledger.decide(
        f"{_RUN}-held",
        None,
        Decision.HELD,
        actor=_ACTOR,
        reason="prices were wrong that day",
        now=now,
    )


def was_stopped(order: DemoOrder) -> bool:
    """Say whether one of the two nights would have sent it."""
    return any(age - _DAY <= order.now - order.at <= age for age in (HELD, WAITING))


def _sent(ledger: Ledger, platform: Platform, books: Books, now: datetime) -> None:
    for orders, event, receipt in (
        (books.delivered, Event.ACCEPTED, Receipt(trace_id="trace-demo")),
        (books.rejected, Event.REFUSED, Receipt("2804: the value is not accepted")),
        (books.in_doubt, Event.LOST, Receipt("no answer within 30 s")),
    ):
        for day, of_day in groupby(sorted(orders, key=lambda o: o.at), _day):
            entries = [_entry(platform, order, day, books) for order in of_day]
            midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(NAIVE_ZONE))
            at = min(midnight.astimezone(now.tzinfo) + _NIGHT, now - _LEASE)
            claim = ledger.claim(
                entries, run_id=_RUN, now=at, lease=_LEASE, actor=_ACTOR
            )
            ledger.settle(claim.batch_id, event, receipt, now=at, actor=_ACTOR)


def _entry(platform: Platform, order: DemoOrder, day: date, books: Books) -> Entry:
    value = books.values.get(order.order_id, str(order.row["value"]))
    return Entry(
        destination=platform.destination,
        event_name=platform.event_names[-1],
        event_id=str(order.row["event_id"] or order.order_id),
        order_id=order.order_id,
        event_time=order.at,
        day=day,
        value=Decimal(value),
        currency=order.market.currency,
    )


def _hold(destination: str, order: DemoOrder) -> Hold:
    return Hold(
        destination=destination,
        order_id=order.order_id,
        rule="value_far_off",
        message="value is far from the sum of the items",
        day=_day(order),
        value=Decimal(str(order.row["value"])),
        currency=order.market.currency,
    )


def _day(order: DemoOrder) -> date:
    return order.at.astimezone(ZoneInfo(NAIVE_ZONE)).date()
