"""Quarantine: orders that a rule keeps back, and people's words about single orders.

A hold is a note, not a state: an order whose row is mended is simply missing again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import AnyRow, AnySelect, among, given, kept_id
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.forgotten import digest_of
from capi_jobs.ledger.people import refuse_without_reason
from capi_jobs.ledger.schema import holds, overrides
from capi_jobs.ledger.values import ANY_RULE, BLOCK, RELEASE, HoldEnd, HoldRow, Override
from capi_jobs.model import Hold

# A page of orders is looked up among all words where there are not more: one range of
# an index instead of thousands of descents, and no digests.
FEW_WORDS = 500


class Holds(Door):
    """Written by runs, ended by runs and people."""

    @moving
    def record_holds(
        self,
        connection: Connection,
        found: Sequence[Hold],
        *,
        run_id: str,
        now: datetime,
    ) -> None:
        """Open these holds, or say that they were seen again, with which rule now."""
        if not found:
            return
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(holds)
        seen = ("rule", "rules", "message", "day", "value", "currency")
        again = new.on_conflict_do_update(
            index_elements=[holds.c.destination, holds.c.order_id],
            index_where=holds.c.ended_at.is_(None),
            set_={
                **{name: new.excluded[name] for name in seen},
                "run_last_seen": run_id,
                "last_seen_at": now,
            },
        )
        # The same order twice in one page: the last word counts. Sorted, so that two
        # runs wait for each other instead of locking up.
        rows = {(h.destination, kept_id(h.order_id)): h for h in found}
        connection.execute(
            again, [_row(rows[key], run_id, now) for key in sorted(rows)]
        )

    def end_holds(
        self, destination: str, order_ids: Sequence[str], how: HoldEnd, *, now: datetime
    ) -> int:
        """Close what is open for these orders; the others are left as they are."""
        if not order_ids:
            return 0
        return self.in_transaction(lambda c: _end(c, destination, order_ids, how, now))

    def open_holds(  # noqa: PLR0913 - filters of a list
        self,
        destination: str | None = None,
        *,
        rule: str | None = None,
        order_ids: Sequence[str] | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        limit: int | None = None,
        after: tuple[str, str] | None = None,
    ) -> Iterator[HoldRow]:
        """List the quarantine by destination and order; `after` pages on."""
        tests = given(
            (destination, holds.c.destination.__eq__),
            (rule, holds.c.rule.__eq__),
            (first_day, holds.c.day.__ge__),
            (last_day, holds.c.day.__le__),
        )
        tests.append(holds.c.ended_at.is_(None))
        if after is not None:
            tests.append(_later(*after))
        query = (
            select(holds)
            .where(*tests)
            .order_by(holds.c.destination, holds.c.order_id)
            .limit(limit)
        )

        def wanted(connection: Connection) -> AnySelect:
            if order_ids is None:
                return query
            return query.where(among(connection, holds.c.order_id, order_ids))

        return map(hold_from, self.stream(wanted))

    def open_hold(self, destination: str, order_id: str) -> HoldRow | None:
        """Look up whether this order is in quarantine."""
        query = select(holds).where(
            holds.c.destination == destination,
            holds.c.order_id == kept_id(order_id),
            holds.c.ended_at.is_(None),
        )
        return next(map(hold_from, self.stream(lambda _: query)), None)

    @reading
    def latest_hold(
        self, connection: Connection, destination: str, order_id: str
    ) -> HoldRow | None:
        """Look up the hold of an order, the last one where all have ended."""
        query = (
            select(holds)
            .where(
                holds.c.destination == kept_id(destination),
                holds.c.order_id == kept_id(order_id),
            )
            .order_by(holds.c.ended_at.is_(None).desc(), holds.c.id.desc())
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        return None if row is None else hold_from(row)

    def release_hold(
        self,
        destination: str,
        order_ids: Sequence[str],
        *,
        actor: str,
        reason: str,
        now: datetime,
        rule: str = ANY_RULE,
    ) -> int:
        """Send these in spite of a rule; they are missing again at once."""
        return self._override(
            destination, order_ids, (RELEASE, rule), (actor, reason, now)
        )

    def block_order(
        self,
        destination: str,
        order_ids: Sequence[str],
        *,
        actor: str,
        reason: str,
        now: datetime,
    ) -> int:
        """Never send these."""
        return self._override(
            destination, order_ids, (BLOCK, ANY_RULE), (actor, reason, now)
        )

    @moving
    def _override(
        self,
        connection: Connection,
        destination: str,
        order_ids: Sequence[str],
        word: tuple[str, str],
        who: tuple[str, str, datetime],
    ) -> int:
        (decision, rule), (actor, reason, now) = word, who
        refuse_without_reason(actor, reason)
        ids = list(dict.fromkeys(kept_id(each) for each in order_ids))
        if not ids:
            raise DecisionRefused("no order was named", do="name the orders")
        # A new word replaces the old one, which stays readable as ended.
        connection.execute(
            update(overrides)
            .where(
                overrides.c.destination == destination,
                overrides.c.ended_at.is_(None),
                among(connection, overrides.c.order_id, ids),
            )
            .values(ended_at=now)
        )
        word_row = {
            "destination": destination,
            "decision": decision,
            "rule": rule,
            "actor": actor,
            "reason": reason,
            "at": now,
        }
        connection.execute(
            insert(overrides), [{**word_row, "order_id": each} for each in ids]
        )
        how = HoldEnd.RELEASED if decision == RELEASE else HoldEnd.BLOCKED
        _end(connection, destination, ids, how, now)
        return len(ids)

    def overrides(
        self, destination: str, order_ids: Sequence[str]
    ) -> Mapping[str, Override]:
        """Look up people's words about these orders, forgotten ones too."""
        query = select(overrides).where(
            overrides.c.destination == destination, overrides.c.ended_at.is_(None)
        )
        with self.snapshot() as connection:
            if len(order_ids) > FEW_WORDS:
                rows = connection.execute(query.limit(FEW_WORDS)).all()
                if len(rows) < FEW_WORDS:
                    return _about(order_ids, rows) if rows else {}
            column = overrides.c.order_id
            names = list(_names(order_ids))
            found = connection.execute(query.where(among(connection, column, names)))
            return _about(order_ids, found.all())


def _about(order_ids: Sequence[str], rows: Sequence[AnyRow]) -> dict[str, Override]:
    names = _names(order_ids)
    return {
        names[row.order_id]: override_from(row) for row in rows if row.order_id in names
    }


def _names(order_ids: Sequence[str]) -> dict[str, str]:
    """Say whose each name is, as the ledger may have kept the id."""
    kept = {kept_id(each): each for each in order_ids}
    return kept | {digest_of(each): each for each in order_ids}


def override_from(row: AnyRow) -> Override:
    """Return the value for a row of `overrides`."""
    return Override(
        row.destination,
        row.order_id,
        row.decision,
        row.rule,
        row.actor,
        row.reason,
        row.at,
    )


def _later(destination: str, order_id: str) -> ColumnElement[bool]:
    return or_(
        holds.c.destination > destination,
        and_(holds.c.destination == destination, holds.c.order_id > order_id),
    )


def _end(
    connection: Connection,
    destination: str,
    order_ids: Sequence[str],
    how: HoldEnd,
    now: datetime,
) -> int:
    return connection.execute(
        update(holds)
        .where(
            holds.c.destination == destination,
            holds.c.ended_at.is_(None),
            among(connection, holds.c.order_id, order_ids),
        )
        .values(ended_at=now, ended_how=how)
    ).rowcount


def _row(hold: Hold, run_id: str, now: datetime) -> dict[str, object]:
    return {
        "destination": hold.destination,
        "order_id": hold.order_id,
        "rule": hold.rule,
        "rules": list(hold.rules or (hold.rule,)),
        "message": hold.message,
        "day": hold.day,
        # A value that no ledger can add up is part of why it is held.
        "value": hold.value if hold.value is None or hold.value.is_finite() else None,
        "currency": hold.currency,
        "run_first_seen": run_id,
        "run_last_seen": run_id,
        "first_seen_at": now,
        "last_seen_at": now,
    }


def hold_from(row: AnyRow) -> HoldRow:
    """Return the value for a row of `holds`."""
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    fields.pop("id")
    fields["rules"] = tuple(fields["rules"])
    fields["ended_how"] = fields["ended_how"] and HoldEnd(fields["ended_how"])
    return HoldRow(**fields)
