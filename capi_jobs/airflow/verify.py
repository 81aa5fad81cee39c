"""What each task of `capi_verify` does: one call of `jobs/` or of the ledger each."""

import logging

from airflow.sdk import get_current_context

from capi_jobs.airflow.entering import actor_of, entered
from capi_jobs.airflow.links import MOUNTED_AT, base_url
from capi_jobs.airflow.notifying import tell
from capi_jobs.airflow.telling import EndedBadly

log = logging.getLogger(__name__)


def sweep() -> dict[str, int]:
    """Put into doubt what a killed task left in flight; the next run settles it."""
    context = get_current_context()
    with entered() as house:
        swept = house.ledger.sweep(house.clock.now(), actor=actor_of(context))
    log.info("in doubt since now: %s", dict(swept.entries))
    return dict(swept.entries)


def arrival() -> dict[str, str]:
    """Ask the platforms what they received; fail where too much of it lacks."""
    from capi_jobs.jobs import verifying  # noqa: PLC0415 - not while parsing
    from capi_jobs.jobs.house import Unwatched  # noqa: PLC0415 - likewise

    with entered() as house:
        chosen, span = house.settings.destinations, verifying.recent(house)
        found = verifying.verify(house, span, chosen, watcher=Unwatched())
    for one in found.destinations:
        log.info("%s: %s; %s", one.name, one.says, one.why)
    link = f"{base_url()}{MOUNTED_AT}/report"
    refused = [one.stopped for one in found.destinations if one.stopped]
    if refused:
        raise EndedBadly("\n".join(str(one) for one in refused), "token_refused", link)
    lacking = [f"{one.name} is {one.says}" for one in found.destinations if one.alarm]
    if lacking:
        raise EndedBadly(
            f"{'; '.join(lacking)} → `capi-jobs verify` shows which hours; look at the"
            " platform's own diagnostics",
            "failed",
            link,
        )
    return {one.name: str(one.verdict) for one in found.destinations}


def balance() -> dict[str, object]:
    """Look at the books of the last weeks; fail where they do not close."""
    from capi_jobs.jobs.reporting import gathered  # noqa: PLC0415 - not while parsing
    from capi_jobs.model import OrderClass  # noqa: PLC0415 - likewise

    context, link = get_current_context(), f"{base_url()}{MOUNTED_AT}/report"
    with entered() as house:
        settings, now = house.settings, house.clock.now()
        report = gathered(settings, house.ledger, settings.destinations, None, now)
    doubts = {
        one.target.name: one.total[OrderClass.IN_DOUBT].orders
        for one in report.destinations
    }
    open_ones = [one.target.name for one in report.destinations if not one.closes]
    log.info("in doubt: %s; books that do not close: %s", doubts, open_ones)
    if any(doubts.values()):
        tell(
            settings,
            "in_doubt",
            subject=f"{sum(doubts.values()):,} orders are in doubt",
            body=", ".join(f"{name}: {n:,}" for name, n in doubts.items() if n),
            link=link,
            context=context,
        )
    if open_ones:
        raise EndedBadly(
            f"the books of {', '.join(open_ones)} do not close → please report a bug",
            "balance_open",
            link,
        )
    return {"in_doubt": doubts, "closes": True}


def retention() -> dict[str, int]:
    """Remove what is older than configured."""
    from dataclasses import asdict  # noqa: PLC0415 - beside its only use

    from capi_jobs.jobs.retaining import retain  # noqa: PLC0415 - not while parsing

    with entered() as house:
        removed = retain(house.ledger, house.settings, now=house.clock.now())
    log.info("removed: %s", asdict(removed))
    return asdict(removed)
