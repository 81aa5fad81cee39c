"""`check`: everything that can be wrong before a run, all at once.

Configuration, secrets, the views of orders and of sent events, the suites, the ledger
and the age of API versions. Nothing is changed: a ledger that is not there is not made,
and one that is older not brought up.
What connects, each in its own time, is `deep.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal

from capi_jobs.config import Destination, Settings
from capi_jobs.config.secrets import opened_url
from capi_jobs.errors import CapiJobsError, LedgerMissing
from capi_jobs.jobs.house import orders_source, sent_sources
from capi_jobs.jobs.probing import probe
from capi_jobs.jobs.versions import version_end, version_ended
from capi_jobs.ledger.probing import Probe, is_known, is_present
from capi_jobs.orders import template_fault
from capi_jobs.validation import Validator
from capi_jobs.warehouse import Finding, OrdersSource, SentEvents, Warehouse

# Half a year is time to test a newer version of an API.
EXPIRY_WARNING = timedelta(days=180)
# What is asked of the ledger takes milliseconds.
_LEDGER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    place: str
    severity: Literal["ok", "warning", "error"]
    message: str
    code: str = ""
    ids: tuple[str, ...] = ()


def check(settings: Settings, now: datetime, *, ask: bool = False) -> list[Check]:
    """Look at everything; an empty place is no reason to stop looking.

    With `ask`, platforms say what they think of the tokens: calls that count nothing.
    """
    looks = parts(settings, now, ask=ask).values()
    return [one for look in looks for one in look()]


def parts(
    settings: Settings, now: datetime, *, ask: bool
) -> dict[str, Callable[[], Iterator[Check]]]:
    """Name each look, so that somebody may bound its time."""
    return {
        "sources": partial(_sources, settings),
        "expectations": partial(_suites, settings, now),
        "ledger": partial(_ledger, settings, now),
        "secrets": partial(_secrets, settings, ask=ask),
        "versions": partial(_versions, settings, now.date()),
    }


def _sources(settings: Settings) -> Iterator[Check]:
    if settings.warehouse is None or settings.orders is None:
        yield Check("warehouse", "error", "[warehouse] and [orders] are needed to run")
        return
    if fault := template_fault(settings.orders.event_id_template):
        yield Check("orders", "error", f"event_id_template: {fault}")
    try:
        warehouse = Warehouse.open(opened_url(settings.warehouse.url, None))
        sources: tuple[OrdersSource | SentEvents, ...] = (
            orders_source(settings.orders),
            *sent_sources(settings.sent_events),
        )
    except CapiJobsError as fault:
        yield Check("warehouse", "error", str(fault))
        return
    for source in sources:
        try:
            findings = warehouse.check(source)
        except CapiJobsError as fault:
            yield Check(source.name, "error", str(fault))
            continue
        yield from map(_found, findings)
        if not findings:
            yield Check(source.name, "ok", "keeps the contract")


def _found(finding: Finding) -> Check:
    return Check(
        finding.source, finding.severity, finding.message, finding.code, finding.ids
    )


def _suites(settings: Settings, now: datetime) -> Iterator[Check]:
    try:
        Validator(settings.validation.expectations, now=now).check()
    except CapiJobsError as fault:
        yield Check("expectations", "error", str(fault))
    else:
        yield Check("expectations", "ok", "both suites can be run")


def _ledger(settings: Settings, now: datetime) -> Iterator[Check]:
    url = opened_url(settings.ledger.url, None)
    try:
        with Probe.of(url, seconds_max=_LEDGER_SECONDS) as probe:
            yield from ledger_checks(probe, now)
    except LedgerMissing as fault:
        yield Check("ledger", "warning", str(fault), "ledger_missing")
    except CapiJobsError as fault:
        yield Check("ledger", "error", str(fault))


def ledger_checks(probe: Probe, now: datetime) -> Iterator[Check]:
    """Say which version it has and, where that is ours, whether it can be written."""
    found = probe.revision()
    yield _schema(found)
    if not is_present(found):
        return
    try:
        probe.try_to_write(now)
    except CapiJobsError as fault:
        yield Check("ledger", "error", str(fault), "ledger_not_writable")
    else:
        yield Check("ledger", "ok", "can be written")


def _schema(found: str) -> Check:
    if is_present(found):
        return Check("ledger", "ok", f"answers, with schema {found}")
    if is_known(found):
        words = f"has schema {found}; the next run brings it up to this version"
        return Check("ledger", "warning", words, "ledger_older")
    words = f"has schema {found}, of a newer capi-jobs → upgrade capi-jobs"
    return Check("ledger", "error", words, "ledger_newer")


def _secrets(settings: Settings, *, ask: bool) -> Iterator[Check]:
    for destination in settings.destinations:
        name = destination.name
        try:
            credentials = settings.tokens((destination,))[name]
        except CapiJobsError as fault:
            yield Check(name, "error", str(fault))
            continue
        yield Check(name, "ok", "its secrets are there")
        if ask:
            right, words = probe(destination, credentials)
            yield Check(name, "ok" if right else "error", words)


def _versions(settings: Settings, today: date) -> Iterator[Check]:
    for destination in settings.destinations:
        yield from _version(destination, today)


def _version(destination: Destination, today: date) -> Iterator[Check]:
    version, ends, known = version_end(destination)
    if not known:
        yield Check(
            destination.name,
            "warning",
            f"{destination.platform} {version} is not a version that capi-jobs knows",
        )
    elif stopped := version_ended(destination, today):
        yield Check(destination.name, "error", str(stopped))
    elif ends is not None and ends - today <= EXPIRY_WARNING:
        yield Check(
            destination.name,
            "warning",
            f"{destination.platform} {version} ends on {ends}: plan a newer one",
        )
