"""Whatever mix of breaks: the balance closes, no order has two columns or causes."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_jobs.audit import Terms, audited
from capi_jobs.model import OrderClass
from capi_jobs.reconcile import Policy, reconcile
from tests.audit.building import (
    DAY,
    END,
    NOON,
    TERMS,
    WINDOW,
    Row,
    at,
    batches,
    entry,
    event,
    order,
    server,
)

POLICY = Policy(
    destination="meta-web",
    platform="meta",
    channels=frozenset({"web"}),
    completed_statuses=frozenset({"completed", "paid"}),
    sources={"web": "web"},
    event_age_max={"web": timedelta(days=7)},
    dedup_window=WINDOW,
    lease=timedelta(minutes=5),
)

# Few ids, so that orders, events and entries meet, and share what they should not.
IDS = st.sampled_from(["DE-1001", "de-1001", "1001", "DE-1002", "FR-1002", "", None])
EVENT_IDS = st.sampled_from(["DE-1001", "DE-1002", "px-1", "px-2", "", None])
HOURS = st.sampled_from([-200, -49, -1, 0, 1, 13, 47, 49, 120])
NAMES = st.sampled_from(["Purchase", "PlaceAnOrder", "AddToCart", None])
VALUES = st.sampled_from(["10.50", "12.50", "1050", "-1", "free", None])
STATUSES = st.sampled_from(["completed", "cancelled", "refunded", "pending", None])


@st.composite
def orders(draw: st.DrawFn) -> Row:
    return order(
        draw(IDS),
        event_id=draw(EVENT_IDS),
        status=draw(STATUSES),
        value=draw(VALUES),
        completed_at=draw(
            st.sampled_from([NOON.isoformat(), at(hours=-13), "2026-11-20", "x", None])
        ),
        consent=draw(st.sampled_from(["true", "false", None])),
        consent_told="true",
        is_test=draw(st.sampled_from(["false", "true"])),
    )


@st.composite
def events(draw: st.DrawFn) -> Row:
    made = draw(st.sampled_from([event, server]))
    return made(
        draw(IDS),
        event_id=draw(EVENT_IDS),
        event_name=draw(NAMES),
        value=draw(VALUES),
        event_time=draw(HOURS.map(lambda hours: at(hours=hours))),
    )


@st.composite
def entries(draw: st.DrawFn) -> Row:
    return entry(
        draw(st.sampled_from(["DE-1001", "DE-1002", "FR-1002", "gone"])),
        event_id=draw(st.sampled_from(["DE-1001", "DE-1002", "px-1"])),
        status=draw(
            st.sampled_from(
                ["in_flight", "in_doubt", "resending", "delivered", "rejected"]
            )
        ),
        owed_as="missing",
    )


# Each is a reconciliation and an audit, some tenths of a second.
@settings(max_examples=25)
@given(
    st.lists(orders(), max_size=5),
    st.lists(events(), max_size=6),
    st.lists(entries(), max_size=3, unique_by=lambda row: row["order_id"]),
    st.sampled_from(["skip", "enrich"]),
)
def test_every_order_stands_in_one_column_and_has_one_cause_of_each_kind(
    rows: list[Row], sent: list[Row], known: list[Row], seen: str
) -> None:
    policy = Policy(
        **{name: getattr(POLICY, name) for name in POLICY.__slots__}
        | {"on_browser_seen": seen}
    )

    def classes(take: Callable[[Iterable[pa.RecordBatch]], None]) -> None:
        with reconcile(
            orders=batches(rows),
            sent_events=batches(sent),
            ledger_entries=batches(known),
            known_lookup=lambda _orders, _events: [],
            holds=batches([]),
            overrides=batches([]),
            interval=DAY,
            policy=policy,
            now=END,
            memory_limit_mb=64,
            on_classes=take,
        ):
            pass

    with audited(
        classes=classes,
        orders=batches(rows),
        events=batches(sent),
        entries=batches(known),
        terms=Terms(**TERMS),
        logs=["pixel", "server"],
        memory_limit_mb=64,
    ) as made:
        statement, findings = made.statement, list(made.findings())

    assert statement.remainder == ()
    assert {one.order_class for one in statement.counts} <= set(OrderClass)
    causes = Counter((one.kind, one.order_id) for one in findings)
    assert [key for key, count in causes.items() if count > 1] == []
