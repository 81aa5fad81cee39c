"""Order → Conversion: the border where raw personal data ends.

Normal forms and hashing live in `identity/`, what each platform takes in `platforms/`.
Pure; a page of orders passes here once per destination, so it is built to be fast.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from capi_jobs.identity import Answers, Context, answers, country_code
from capi_jobs.identity.browsers import fbc_built
from capi_jobs.model import Conversion, Order, RowFault, Texts
from capi_jobs.platforms import MatchKey, Platform

# All countries there are, in several writings each.
_COUNTRIES_REMEMBERED = 4_096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NOT_SUPPORTED = RowFault(
    "channel_not_supported", "this destination takes no orders of the order's channel"
)
_APP_FIELDS = ("app_id", "app_platform", "app_version", "os_version", "att_consent")


class Converter:
    """Turns orders into what one destination will see of them."""

    def __init__(  # noqa: PLR0913 - what one destination sets, by name
        self,
        platform: Platform,
        *,
        destination: str,
        source: str,
        default_country: str | None,
        event_names: Mapping[str, str],
        build_fbc: bool,
        account: str = "",
    ) -> None:
        """Prepare for one destination.

        `event_names` are the destination's own spellings, before the platform's;
        `default_country` (alpha-2) serves orders that tell none, and so does an
        `account` that is the app's own id.
        """
        self._destination = destination
        self._sources = platform.sources[source]
        self._event_names = {**platform.event_names, **event_names}
        country = default_country.upper() if default_country else None
        self._default = Context(country)
        self._steps = tuple(platform.match_keys)
        # One call for all fields: a loop of getattr costs as much as the hashing.
        self._values = attrgetter(*(step.field for step in self._steps))
        # How each is read, by country: there are some 250.
        self._plans: dict[str | None, tuple[Answers, ...]] = {}
        # The same by the order's country as it is written there.
        self._reads: dict[Texts | None, tuple[Answers, ...]] = {}
        built = [key.key for key in platform.match_keys if key.form == "fbc"]
        self._fbc_key = built[0] if built and build_fbc else None
        self._app_id = account if source in platform.app_sources else None

    def convert(
        self, orders: Sequence[Order], event_ids: Iterable[str]
    ) -> list[Conversion | RowFault]:
        """Convert orders together: one key of all of them, then the next.

        A processor that stays with a key takes a seventh less time than one that goes
        from order to order. What an order becomes does not depend on the others.
        """
        keys: list[dict[str, Texts]] = [{} for _ in orders]
        dropped: list[list[str]] = [[] for _ in orders]
        plans = [self._reads.get(o.country) or self._learn(o.country) for o in orders]
        columns = zip(*map(self._values, orders), strict=True)
        readers = zip(*plans, strict=True)
        # Not strict: of no orders, there are no columns.
        for step, column, reads in zip(self._steps, columns, readers, strict=False):
            _add(step, column, reads, keys, dropped)
        return [
            self._converted(*one)
            for one in zip(orders, event_ids, keys, dropped, strict=True)
        ]

    def _converted(
        self,
        order: Order,
        event_id: str,
        keys: dict[str, Texts],
        dropped: list[str],
    ) -> Conversion | RowFault:
        source = self._sources.get(order.channel)
        if source is None:
            return _NOT_SUPPORTED
        if self._fbc_key and order.fbclid and self._fbc_key not in keys:
            self._build_fbc(order.fbclid, order.completed_at, keys, dropped)
        of_app = order.app_id or order.app_platform or self._app_id
        # By place, in half the time that names take; a test holds each to its name.
        return Conversion(
            self._destination,
            order.order_id,
            event_id,
            self._event_names.get(order.event_name, order.event_name),
            order.completed_at,
            order.value,
            order.currency,
            source,
            keys,
            order.page_url,
            order.limited_data_use,
            _app(order, self._app_id) if of_app else {},
            order.items,
            order.custom,
            tuple(dropped),
        )

    def _learn(self, country: Texts | None) -> tuple[Answers, ...]:
        """Say how each key is read where the customer lives."""
        context = self._context(country)
        plan = self._plans.get(context.country)
        if plan is None:
            plan = tuple(
                answers(one.form, context, hashed=one.hashed) for one in self._steps
            )
            self._plans[context.country] = plan
        if len(self._reads) >= _COUNTRIES_REMEMBERED:
            self._reads.clear()
        self._reads[country] = plan
        return plan

    def _context(self, country: Texts | None) -> Context:
        """The first country of the order that exists, else the destination's."""
        if country is None:
            return self._default
        if isinstance(country, str):
            return _context_of(country) or self._default
        return next(filter(None, map(_context_of, country)), self._default)

    def _build_fbc(
        self, fbclid: str, time: datetime, keys: dict[str, Texts], dropped: list[str]
    ) -> None:
        built = fbc_built(fbclid, (time - _EPOCH) // _MILLISECOND)
        if built and self._fbc_key:
            keys[self._fbc_key] = built
        else:
            dropped.append("fbclid")


def _add(
    step: MatchKey,
    column: Sequence[Texts | None],
    reads: Sequence[Answers],
    keys: Sequence[dict[str, Texts]],
    dropped: Sequence[list[str]],
) -> None:
    """Add one key to all orders that tell it; name it where it was unusable."""
    if column.count(None) == len(column):
        return
    name = step.key
    for given, read, found_keys, unusable in zip(
        column, reads, keys, dropped, strict=True
    ):
        if given is None:
            continue
        if isinstance(given, str):
            found: Texts | None = read(given)
            if found is not None:
                found_keys[name] = found
                continue
            bad = True
        else:
            found, bad = _several(read, given, many=step.many)
            if found:
                found_keys[name] = found
        if bad:
            unusable.append(step.field)


def _several(
    read: Answers, given: tuple[str, ...], *, many: bool
) -> tuple[Texts | None, bool]:
    """All usable values once each, or the first; and whether any was unusable."""
    values = [read(text) for text in given]
    found = tuple(dict.fromkeys(value for value in values if value))
    if not found:
        return None, bool(given)
    return found if many and len(found) > 1 else found[0], None in values


def _context_of(country: str) -> Context | None:
    code = country_code(country)
    return Context(code) if code else None


def _app(order: Order, app_id: str | None) -> dict[str, str | bool | None]:
    details = {field: getattr(order, field) for field in _APP_FIELDS}
    return {**details, "app_id": order.app_id or app_id}
