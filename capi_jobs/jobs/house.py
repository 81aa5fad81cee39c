"""The rooms of one configuration, opened: warehouse, ledger, validator, clock.

What is done in them stands in `assessing.py`, `running.py` and their neighbours.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from capi_jobs.config import (
    Credentials,
    Destination,
    Orders,
    SentEvents,
    Settings,
    Vault,
)
from capi_jobs.config.secrets import opened_url
from capi_jobs.delivery import Clock
from capi_jobs.errors import ConfigFault
from capi_jobs.gate import PastAssessment
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import BLOCK, RELEASE, Decision, Gate, RunDestination
from capi_jobs.model import DataInterval
from capi_jobs.orders.tables import TableRows
from capi_jobs.platforms import NAMES, platform_named
from capi_jobs.preparation import Preparer
from capi_jobs.reconcile import OnClasses, Policy, Reconciliation, Wanted, reconcile
from capi_jobs.validation import Validator
from capi_jobs.warehouse import OrdersSource, Warehouse
from capi_jobs.warehouse import SentEvents as SentEventsSource
from capi_jobs.warehouse.tables import tables_of

_DAY = timedelta(days=1)
# Logs are read this much beyond the orders: pixels fire late, clocks differ.
LOG_MARGIN = timedelta(days=7)
# DuckDB's share while it joins, for one destination after the other; the rest of the
# process needs 400 MB by then, so that a run stays well below one GB.
RECONCILE_MB = 256
# An audit looks at months at once: ten million orders and twice as many events.
CLASSES_MB = 768


class Watcher(Protocol):
    """Shows how far long work has come."""

    def stage(self, destination: str, stage: str, total: int | None) -> None:
        """Begin a stage of one destination."""

    def reached(self, destination: str, done: int) -> None:
        """Say how far the stage has come."""


class Unwatched:
    """Shows nothing: for programs."""

    def stage(self, destination: str, stage: str, total: int | None) -> None:
        """Show nothing."""

    def reached(self, destination: str, done: int) -> None:
        """Show nothing."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a use case needs."""

    settings: Settings
    clock: Clock
    warehouse: Warehouse
    ledger: Ledger
    orders_source: OrdersSource
    sent_events: tuple[SentEventsSource, ...]
    vault: Vault | None = field(default=None, repr=False)
    _preparers: dict[str, Preparer] = field(default_factory=dict)
    _validators: list[Validator] = field(default_factory=list)

    def tokens(self, chosen: Sequence[Destination]) -> dict[str, Credentials]:
        """Look up all secrets of these destinations; all that fail are named."""
        return self.settings.tokens(tuple(chosen), self.vault)

    def preparer(self, destination: Destination, now: datetime) -> Preparer:
        """Return what turns rows into conversions of this destination.

        Kept for the whole run, with one validator: suites are read and tried once.
        """
        if not self._validators:
            folder = self.settings.validation.expectations
            self._validators.append(Validator(folder, now=now))
        if destination.name not in self._preparers:
            [validator] = self._validators
            made = Preparer(self.settings, destination, validator)
            self._preparers[destination.name] = made
        return self._preparers[destination.name]

    def reconcile(
        self,
        destination: Destination,
        interval: DataInterval,
        now: datetime,
        wanted: Wanted | None = None,
        on_classes: OnClasses | None = None,
    ) -> AbstractContextManager[Reconciliation]:
        """Sort every order of the interval into its class; `wanted` alone stay due."""
        name, wide = destination.name, _widened(interval, LOG_MARGIN)
        return reconcile(
            orders=self.warehouse.order_keys(self.orders_source, interval),
            sent_events=self._sent_events(destination, wide),
            ledger_entries=self.ledger.known_keys(name, wide.start, wide.end),
            known_lookup=lambda orders, events: self.ledger.known(name, orders, events),
            holds=self.ledger.open_hold_keys(name),
            overrides=self.ledger.override_keys(name),
            interval=interval,
            policy=self.policy(destination),
            now=now,
            memory_limit_mb=CLASSES_MB if on_classes else RECONCILE_MB,
            wanted=wanted,
            on_classes=on_classes,
        )

    def order_times(self, ids: Sequence[str]) -> Iterator[Mapping[str, object]]:
        """Say when these orders were completed; one that is not there is left out."""
        for batch in self.warehouse.order_times(self.orders_source, ids):
            yield from batch.to_pylist()

    def orders(self, ids: Sequence[str], interval: DataInterval) -> TableRows:
        """Read these orders whole, a few megabytes at a time: wide rows are large."""
        found = self.warehouse.orders(self.orders_source, ids, interval)
        return TableRows(tables_of(found))

    def order_batches(
        self, ids: Sequence[str], interval: DataInterval
    ) -> list[pa.RecordBatch]:
        """Read these orders whole, as Arrow keeps them: in little room, until asked."""
        return list(self.warehouse.orders(self.orders_source, ids, interval))

    def released(self, destination: str, ids: Sequence[str]) -> frozenset[str]:
        """Say which of these a person lets go in spite of a rule."""
        return self._decided(destination, ids, RELEASE)

    def blocked(self, destination: str, ids: Sequence[str]) -> frozenset[str]:
        """Say which of these a person never wants to be sent, nor sent again."""
        return self._decided(destination, ids, BLOCK)

    def _decided(
        self, destination: str, ids: Sequence[str], decision: str
    ) -> frozenset[str]:
        words = self.ledger.overrides(destination, ids)
        return frozenset(i for i, word in words.items() if word.decision == decision)

    def has_sent_events(self, destination: Destination) -> bool:
        """Say whether some log can tell what others sent to this destination."""
        return any(
            log.destination in {None, destination.name}
            and log.platform in {None, destination.platform}
            for log in self.sent_events
        )

    def past_assessments(self, destination: str, run_id: str) -> list[PastAssessment]:
        """Tell what other runs of this destination found, newest first."""
        most = self.settings.gate.history_runs
        past = self.ledger.recent_assessments(destination, most, besides=run_id)
        return [_past(self.ledger, one) for one in past]

    def widened(self, interval: DataInterval, destination: Destination) -> DataInterval:
        """Look back for orders that arrived late; free, for the ledger knows the rest.

        At most as far as the platform takes events: before that nothing can be sent.
        """
        orders = self.settings.orders
        lookback = orders.lookback if orders else timedelta(0)
        oldest = max(destination.limits().event_age_max.values())
        return DataInterval(interval.start - min(lookback, oldest), interval.end)

    def _sent_events(
        self, destination: Destination, interval: DataInterval
    ) -> Iterator[pa.RecordBatch]:
        elsewhere = [name for name in NAMES if name != destination.platform]
        for log in self.sent_events:
            others = log.destination not in {None, destination.name}
            if not others and log.platform in {None, destination.platform}:
                yield from self.warehouse.sent_events(log, interval, elsewhere)

    def policy(self, destination: Destination) -> Policy:
        """Say what settings and platform mean for this destination's orders."""
        orders = self.settings.orders
        if orders is None:
            raise _no("orders")
        platform, limits = platform_named(destination.platform), destination.limits()
        return Policy(
            destination=destination.name,
            platform=destination.platform,
            timezone=orders.timezone,
            day_timezone=self.settings.day_zone.key,
            aliases=platform.aliases,
            event_names={**platform.event_names, **destination.event_names},
            channels=destination.effective_channels,
            completed_statuses=frozenset(
                status.strip().lower() for status in orders.completed_statuses
            ),
            sources=platform.sources[destination.effective_source],
            consent_unknown=orders.consent_unknown,
            event_id_template=orders.event_id_template,
            on_browser_seen=destination.on_browser_seen,
            dedup_window=limits.dedup_window,
            lease=self.settings.delivery.lease,
            event_age_max=limits.event_age_max,
        )


@contextmanager
def opened(
    settings: Settings,
    clock: Clock,
    *,
    to_look: bool = False,
    vault: Vault | None = None,
    seconds_max: int | None = None,
) -> Iterator[House]:
    """Open the warehouse and the ledger; close the ledger in any case.

    `to_look` writes nothing, and makes no ledger where there is none. `vault` opens
    what the configuration names as `airflow:…`. `seconds_max` bounds each question to
    either, as far as its database can.
    """
    if settings.warehouse is None:
        raise _no("warehouse")
    if settings.orders is None:
        raise _no("orders")
    url = opened_url(settings.warehouse.url, vault)
    warehouse = Warehouse.open(url, seconds_max=seconds_max)
    orders, logs = orders_source(settings.orders), sent_sources(settings.sent_events)
    door = Ledger.looked_into if to_look else Ledger.open
    with door(opened_url(settings.ledger.url, vault)) as ledger:
        ledger.read_seconds_max = seconds_max
        yield House(settings, clock, warehouse, ledger, orders, logs, vault)


def orders_source(orders: Orders) -> OrdersSource:
    """Say to the warehouse where the orders are."""
    return OrdersSource(
        relation=orders.relation,
        query=_query(orders.query),
        columns=orders.columns,
        custom=orders.custom,
        timezone=orders.timezone,
    )


def sent_sources(logs: Sequence[SentEvents]) -> tuple[SentEventsSource, ...]:
    """Say to the warehouse where the events already sent are."""
    return tuple(
        SentEventsSource(
            channel=log.channel,
            relation=log.relation,
            query=_query(log.query),
            columns=log.columns,
            destination=log.destination,
            platform=log.platform,
            timezone=log.timezone,
        )
        for log in logs
    )


def _query(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFault(
            f"the query {path} cannot be read: {type(error).__name__}",
            do="name a readable .sql file",
        ) from None


def _past(ledger: Ledger, one: RunDestination) -> PastAssessment:
    return PastAssessment(
        days=(one.interval.end - one.interval.start) / _DAY,
        source_orders=ledger.orders_assessed(one.run_id, one.destination),
        missing_orders=one.missing_count or 0,
        missing_value=one.missing_values,
        passed=one.gate is Gate.PASS or one.decision is Decision.APPROVED,
    )


def _widened(interval: DataInterval, margin: timedelta) -> DataInterval:
    return DataInterval(interval.start - margin, interval.end + margin)


def _no(section: str) -> ConfigFault:
    return ConfigFault(f"[{section}] is not configured", do="see docs/configuration.md")
