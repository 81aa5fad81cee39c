"""What audits found, by kind: shares over time, causes, and the way to their orders.

An audit reads the warehouse for minutes, so pages show what `capi-jobs audit --keep`
wrote down; the orders of a cause are `finding.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from fastapi import Query

from capi_jobs.audit import BY_NAME, Kind
from capi_jobs.ledger.audits import KeptAudit, KeptCause
from capi_jobs.ledger.columns import kept_id
from capi_jobs.report.sentences import Level, count
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.views.parameters import TEXT_MAX, Named

# A month of nights.
AUDITS_SHOWN = 30

OneAudit = Annotated[
    str,
    Query(
        max_length=TEXT_MAX,
        description="`interval` of an audit that is kept; empty: the last one.",
    ),
]


class AuditTold(Shown):
    """One audit that is kept, counted."""

    interval: str  # start..end, as `audit` is asked for
    starts_at: datetime
    ends_at: datetime
    taken_at: datetime
    orders: int  # of the interval
    found: dict[str, int]  # orders with a finding, by kind

    @classmethod
    def of(cls, kept: KeptAudit) -> Self:
        """Tell what is kept."""
        return cls(
            interval=str(kept.interval),
            starts_at=kept.interval.start,
            ends_at=kept.interval.end,
            taken_at=kept.taken_at,
            orders=kept.orders,
            found={kind.value: kept.found.get(kind.value, 0) for kind in Kind},
        )


class CauseTold(Shown):
    """One cause: what is wrong, what to do, and how many orders it has."""

    kind: str
    cause: str
    says: str
    do: str
    needs_person: bool
    found: Worth
    detail: str  # the most frequent one: a factor, an offset, a rule

    @classmethod
    def of(cls, kept: KeptCause) -> Self:
        """Tell what is kept; a newer capi-jobs may have causes that this has not."""
        known = next((one for key, one in BY_NAME.items() if key == _key(kept)), None)
        return cls(
            kind=kept.kind,
            cause=kept.cause,
            says=known.says if known else "this version does not know the cause",
            do=known.do if known else "see docs/audit.md of the version that audited",
            needs_person=known.needs_person if known else True,
            found=Worth.given(kept.orders, dict(_most_first(kept.values.items()))),
            detail=kept.detail,
        )


class KindTold(Shown):
    """All findings of one kind."""

    kind: str
    orders: int
    before: float | None  # share of the audit before; null: none is kept
    causes: tuple[CauseTold, ...]  # in order of precedence


class DestinationFindings(Shown):
    """What is wrong at one destination."""

    name: str
    platform: str
    level: Level
    says: str
    audit: AuditTold | None  # that is shown; null: none is kept
    kinds: tuple[KindTold, ...]
    audits: tuple[AuditTold, ...]  # the trend, the oldest first


class Findings(Shown):
    """What is wrong at each destination."""

    destination: str  # empty: all
    destinations: tuple[DestinationFindings, ...]
    known_destinations: tuple[str, ...]


def read(desk: Looked, destination: Named = "", audit: OneAudit = "") -> Findings:
    """Show the last audit of each destination, or one of them."""
    known = desk.settings.destinations
    chosen = [one for one in known if destination in {"", one.name}]
    if not chosen and destination:
        raise NotFound("there is no such destination", do="look at the configuration")
    return Findings(
        destination=destination,
        destinations=tuple(
            _told(desk, one.name, one.platform, audit) for one in chosen
        ),
        known_destinations=tuple(one.name for one in known),
    )


def audit_of(desk: Desk, destination: str, audit: str) -> KeptAudit | None:
    """Find the audit that is asked about: by its interval, or the last one."""
    kept = desk.ledger.latest_audits(kept_id(destination), AUDITS_SHOWN)
    return _picked(kept, audit)


def _picked(kept: Sequence[KeptAudit], audit: str) -> KeptAudit | None:
    if not audit:
        return kept[0] if kept else None
    found = next((one for one in kept if str(one.interval) == audit), None)
    if found is None:
        raise NotFound(
            f"none of the last {AUDITS_SHOWN} audits is of this interval",
            do="choose one of those that are listed",
        )
    return found


def _told(desk: Desk, name: str, platform: str, audit: str) -> DestinationFindings:
    kept = desk.ledger.latest_audits(name, AUDITS_SHOWN)
    shown = _picked(kept, audit)
    trend = sorted(kept, key=lambda one: (one.interval.end, one.taken_at))
    causes = desk.ledger.audit_causes(name, shown.interval) if shown else []
    kinds = _kinds(shown, trend, [CauseTold.of(one) for one in causes]) if shown else ()
    return DestinationFindings(
        name=name,
        platform=platform,
        level=_level(shown, kinds),
        says=_says(shown),
        audit=AuditTold.of(shown) if shown else None,
        kinds=tuple(kinds),
        audits=tuple(map(AuditTold.of, trend)),
    )


def _kinds(
    shown: KeptAudit, trend: Sequence[KeptAudit], causes: Sequence[CauseTold]
) -> Sequence[KindTold]:
    ended = [one for one in trend if one.interval.end < shown.interval.end]
    before = ended[-1] if ended and ended[-1].orders else None
    return [
        KindTold(
            kind=kind.value,
            orders=shown.found.get(kind.value, 0),
            before=before.found.get(kind.value, 0) / before.orders if before else None,
            causes=tuple(one for one in causes if one.kind == kind),
        )
        for kind in Kind
    ]


def _level(shown: KeptAudit | None, kinds: Iterable[KindTold]) -> Level:
    if shown is None:
        return "empty"
    needed = any(cause.needs_person for kind in kinds for cause in kind.causes)
    return "look" if needed else "good"


def _says(shown: KeptAudit | None) -> str:
    if shown is None:
        return "No audit of this destination is kept."
    orders = count(shown.orders, "order")
    found = [f"{shown.found[k]:,} {k.value}" for k in Kind if shown.found.get(k.value)]
    if not shown.orders:
        return "There were no orders in this interval: nothing was compared."
    if not found:
        return f"{orders}: nothing is duplicated, missing, misfiring or misaligned."
    return f"{orders}: {', '.join(found)}."


def _key(kept: KeptCause) -> tuple[str, str]:
    return kept.kind, kept.cause


def _most_first(
    values: Iterable[tuple[str, Decimal]],
) -> list[tuple[str, Decimal]]:
    return sorted(values, key=lambda one: (-one[1], one[0]))


PAGE = Page(
    path="/findings",
    name="findings",
    title="Findings",
    read=read,
    model=Findings,
    summary="What audits found at each destination: by kind, over time, with causes.",
    in_menu=True,
)
