"""From keys and rows to conversions: every rule is asked here, in its order.

What comes out is `page.py`; which row belongs to which key, `orders/grouping.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from capi_jobs.batching import fits
from capi_jobs.config import Destination, Settings
from capi_jobs.config.sections import COMPLETED_STATUSES
from capi_jobs.ledger.columns import kept_id
from capi_jobs.model import Conversion, Entry, Hold, Order, OrderKey, Prepared, RowFault
from capi_jobs.model.numerous import numerous
from capi_jobs.orders import exclusion, future_fault
from capi_jobs.orders.grouping import ReadRow, Row, read_by_order
from capi_jobs.platforms import Limits, platform_named
from capi_jobs.preparation.advising import Sample, converter_of
from capi_jobs.preparation.page import (
    AMBIGUOUS,
    ID_TOO_LONG,
    TOO_LARGE,
    Page,
    held_key,
    keep_back,
)
from capi_jobs.validation import SuiteVerdict, Validator

# The longest time between now and a call's end; tokens only change its length a bit.
TOKEN_BYTES_ROOM = 1_024
# Orders that take one step together, and then the next: few enough to stay where the
# processor has them at hand, many enough for it to stay with a step. Measured: one by
# one, or a page at a time, converting and writing take a fifth longer.
STRIDE = 128
# A shop has a few statuses and channels; more are an accident in its column.
EXCLUSIONS_REMEMBERED = 1_024


@numerous
class _Candidate:
    key: OrderKey
    row: Row
    order: Order | None
    faults: tuple[RowFault, ...]


# With the bytes of its event.
_Made = tuple[_Candidate, Conversion, bytes]


class Preparer:
    """Prepares pages for one destination."""

    def __init__(
        self, settings: Settings, destination: Destination, validator: Validator
    ) -> None:
        """Take what the configuration says of this destination."""
        self.settings, self.destination = settings, destination
        self.platform = platform_named(destination.platform)
        self.limits: Limits = destination.limits()
        self._validator = validator
        self._converter = converter_of(destination)
        # Set while a run looks at all that is owed: keeps some of it, to try changes.
        self.sample: Sample | None = None
        self._overhead = (
            self.platform.overhead(destination.target(), "") + TOKEN_BYTES_ROOM
        )
        orders = settings.orders
        self._timezone: ZoneInfo | None = settings.orders_zone
        statuses = orders.completed_statuses if orders else COMPLETED_STATUSES
        self._statuses = frozenset(status.strip().lower() for status in statuses)
        # What `exclusion` said of orders, by what it asks of them.
        self._excluded: dict[tuple[object, ...], str | None] = {}
        self._consent_unknown = orders.consent_unknown if orders else "exclude"

    def page(
        self,
        keys: Sequence[OrderKey],
        rows: Iterable[Row],
        *,
        released: frozenset[str] = frozenset(),
        now: datetime,
    ) -> Page:
        """Prepare what can be sent; hold, with every failed rule, what cannot.

        `released` orders are sent although a rule of the suites holds them: a person
        said so. Nobody can release what cannot be read or what the platform refuses.
        """
        page = Page()
        read = read_by_order(rows, timezone=self._timezone)
        candidates = self._candidates(page, keys, read)
        verdict = self._validator.orders(
            [c.row for c in candidates],
            {i: c.faults for i, c in enumerate(candidates) if c.faults},
            [c.order for c in candidates],
        )
        page.orders_verdict = verdict
        failing = _holding(verdict, candidates, released)
        sound = list[tuple[_Candidate, Order]]()
        for i, candidate in enumerate(candidates):
            rules, order = failing.get(i), candidate.order
            if order is not None and not rules:
                sound.append((candidate, order))
                continue
            rules = rules or tuple(f.rule for f in candidate.faults)
            keep_back(
                page, candidate.key, self._hold(candidate, rules, verdict.messages)
            )
        self._convert(page, sound, released, now)
        return page

    def _candidates(
        self,
        page: Page,
        keys: Sequence[OrderKey],
        rows: Mapping[str, Sequence[ReadRow]],
    ) -> list[_Candidate]:
        """Join keys and rows; put aside what needs no look at its values."""
        candidates = list[_Candidate]()
        for key in keys:
            found = rows.get(key.order_id, ())
            fault = key.fault or (AMBIGUOUS if len(found) > 1 else None)
            if fault:
                keep_back(page, key, held_key(self.destination.name, key, fault))
            elif not found:
                page.gone.append(key.order_id)
            else:
                row, order, faults = found[0]
                reason = order and self._exclusion(order)
                if reason:
                    page.excluded[key.order_id] = reason
                else:
                    candidates.append(_Candidate(key, row, order, faults))
        return candidates

    def _exclusion(self, order: Order) -> str | None:
        """Ask once for all orders that say the same of what is asked."""
        said = (
            order.status,
            order.channel,
            order.is_test,
            order.consent,
            order.consent_told,
        )
        if said not in self._excluded:
            if len(self._excluded) >= EXCLUSIONS_REMEMBERED:
                self._excluded.clear()
            self._excluded[said] = exclusion(
                order,
                completed_statuses=self._statuses,
                channels=self.destination.effective_channels,
                consent_unknown=self._consent_unknown,
            )
        return self._excluded[said]

    def _convert(
        self,
        page: Page,
        sound: Sequence[tuple[_Candidate, Order]],
        released: frozenset[str],
        now: datetime,
    ) -> None:
        made = list[_Made]()
        for start in range(0, len(sound), STRIDE):
            made += self._made(page, sound[start : start + STRIDE], now)
        verdict = self._validator.conversions(
            [one for _, one, _ in made], self.platform.match_keys
        )
        page.conversions_verdict = verdict
        failing = _holding(verdict, [candidate for candidate, _, _ in made], released)
        for i, (candidate, one, event) in enumerate(made):
            if rules := failing.get(i):
                held = self._hold(candidate, rules, verdict.messages)
                keep_back(page, candidate.key, held)
                continue
            self._finish(page, candidate, one, event)
            if self.sample is not None and candidate.order is not None:
                self.sample.add(candidate.order)

    def _made(
        self, page: Page, sound: Sequence[tuple[_Candidate, Order]], now: datetime
    ) -> list[_Made]:
        """Convert and write what a platform can use; put aside the rest."""
        every = self._converter.convert(
            [order for _, order in sound],
            [candidate.key.event_id for candidate, _ in sound],
        )
        passed = list[tuple[_Candidate, Conversion]]()
        for (candidate, order), made in zip(sound, every, strict=True):
            if isinstance(made, RowFault):
                fault: RowFault | None = made
            elif (fault := self._fault(order, made, now)) is None:
                if _changed(candidate.key, made):
                    page.excluded[candidate.key.order_id] = "changed_meanwhile"
                else:
                    passed.append((candidate, made))
            if fault is not None:
                held = self._hold(candidate, (fault.rule,), {fault.rule: fault.message})
                keep_back(page, candidate.key, held)
        event = self.platform.event
        return [(candidate, made, event(made)) for candidate, made in passed]

    def _fault(self, order: Order, made: Conversion, now: datetime) -> RowFault | None:
        return (
            future_fault(order, now, self.limits.future_max)
            or self.platform.eligible(made)
            or _unkeepable(made)
        )

    def _finish(
        self, page: Page, candidate: _Candidate, made: Conversion, event: bytes
    ) -> None:
        key = candidate.key
        if not fits(
            event, bytes_max=self.limits.body_bytes_max, overhead=self._overhead
        ):
            told = {TOO_LARGE.rule: TOO_LARGE.message}
            keep_back(page, key, self._hold(candidate, (TOO_LARGE.rule,), told))
            return
        # Where reconcile counted it, so that the books move it out of there.
        day = key.day or made.event_time.astimezone(self.settings.day_zone).date()
        # By place, in half the time that names take; a test holds each to its name.
        entry = Entry(
            self.destination.name,
            made.event_name,
            made.event_id,
            key.order_id,
            made.event_time,
            day,
            made.value,
            made.currency,
            key.owed_as,
        )
        page.ready.append(Prepared(entry, made, event, key.send_until))

    def frozen(self, prepared: Prepared, entry: Entry) -> Prepared:
        """Give a rebuilt conversion what it was first sent with: ids, time and value.

        Platforms tell copies by name, id and time; and whichever copy counts, its
        value is the one in the books.
        """
        made = replace(
            prepared.conversion,
            event_id=entry.event_id,
            event_name=entry.event_name,
            event_time=entry.event_time,
            value=entry.value,
            currency=entry.currency,
        )
        event = self.platform.event(made)
        return replace(prepared, entry=entry, conversion=made, event=event)

    def _hold(
        self,
        candidate: _Candidate,
        rules: tuple[str, ...],
        messages: Mapping[str, str],
    ) -> Hold:
        told = {fault.rule: fault.message for fault in candidate.faults}
        message = told.get(rules[0]) or messages.get(rules[0], rules[0])
        held = held_key(
            self.destination.name, candidate.key, RowFault(rules[0], message)
        )
        return replace(held, rules=rules)


def _unkeepable(made: Conversion) -> RowFault | None:
    """Find ids that the ledger cannot keep: what it does not know is not sent."""
    for each in (made.order_id, made.event_id, made.event_name):
        if kept_id(each) != each:
            return ID_TOO_LONG
    return None


def _changed(key: OrderKey, made: Conversion) -> bool:
    """Say whether the row was counted, and approved, with another amount.

    The next run counts and sends it as it is by then.
    """
    return (key.value is not None and key.value != made.value) or (
        bool(key.currency) and key.currency != made.currency
    )


def _holding(
    verdict: SuiteVerdict, candidates: Sequence[_Candidate], released: frozenset[str]
) -> dict[int, tuple[str, ...]]:
    """Name the rules that hold each row, unless a person let it go."""
    return {
        row: rules
        for row, rules in sorted(verdict.failures.items())
        if rules and candidates[row].key.order_id not in released
    }
