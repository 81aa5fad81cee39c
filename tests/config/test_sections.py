from datetime import timedelta

import pytest

from capi_jobs.config import LedgerSettings, Orders
from capi_jobs.config.sections import ORDER_COLUMNS, SENT_COLUMNS
from tests.config.building import faults, settings


def order_faults(**changes: object) -> list[str]:
    return faults(orders={"relation": "completed_orders"} | changes)


def log_faults(**changes: object) -> list[str]:
    return faults(sent_events=[{"relation": "log", "channel": "browser"} | changes])


@pytest.mark.parametrize(
    "both", [{"relation": "a", "query": "b.sql"}, {}], ids=["both", "neither"]
)
def test_orders_and_logs_have_one_source_each(both: dict[str, str]) -> None:
    found = faults(orders=both, sent_events=[both | {"channel": "browser"}])

    assert found == [
        "orders.query: give either relation or query",
        "sent_events[0].query: give either relation or query",
    ]


def test_our_columns_may_have_other_names_there() -> None:
    columns = {name: f"their {name}" for name in ORDER_COLUMNS}
    sent = {name: f"their {name}" for name in SENT_COLUMNS}

    made = settings(
        orders={"query": "o.sql", "columns": columns, "custom": {"Club": "club_name"}},
        sent_events=[{"relation": "log", "channel": "server", "columns": sent}],
    )

    assert made.orders is not None
    assert made.orders.columns == columns
    assert made.orders.custom == {"Club": "club_name"}
    assert made.sent_events[0].columns == sent


def test_columns_that_are_not_ours_are_refused() -> None:
    """A mistyped one would otherwise just not be sent."""
    assert order_faults(columns={"emial": "e", "value": "v"}) == [
        "orders.columns: 'emial' is unknown; did you mean email?"
    ]
    assert log_faults(columns={"eventid": "e"}) == [
        "sent_events[0].columns: 'eventid' is unknown; did you mean event_id?"
    ]


@pytest.mark.parametrize("inner", ["custom", "consent_told"])
def test_parts_of_an_order_that_are_no_columns_cannot_be_mapped(inner: str) -> None:
    assert len(order_faults(columns={inner: "a"})) == 1


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("shop", "must hold {order_id}"),
        ("{email}-{order_id}", "knows only"),
        ("{order_id", "must hold {order_id}"),
        ("{order_id.__class__}", "knows only"),
        ("{order_id}}", "brace without its partner"),
    ],
)
def test_a_template_that_makes_no_lasting_id_is_refused(
    template: str, said: str
) -> None:
    (found,) = order_faults(event_id_template=template)

    assert found.startswith("orders.event_id_template: ")
    assert said in found


@pytest.mark.parametrize(
    "changes",
    [
        {"relation": "", "query": None},
        {"timezone": "CEST+2"},
        {"completed_statuses": []},
        {"completed_statuses": "paid"},
        {"consent_unknown": "maybe"},
        {"lookback": 3},
        {"columns": {"value": ""}},
        {"custom": {"": "a"}},
    ],
    ids=str,
)
def test_a_wrong_setting_of_the_orders_is_one_fault(changes: dict[str, object]) -> None:
    assert len(order_faults(**changes)) == 1


@pytest.mark.parametrize("changes", [{"channel": "pixel"}, {"platform": ""}])
def test_a_wrong_setting_of_a_log_is_one_fault(changes: dict[str, object]) -> None:
    assert len(log_faults(**changes)) == 1


def test_what_is_not_set_is_careful() -> None:
    orders = Orders(relation="completed_orders")

    assert orders.consent_unknown == "exclude"
    assert orders.event_id_template == "{order_id}"
    assert orders.timezone is None
    assert orders.lookback == timedelta(days=3)
    assert LedgerSettings().url.startswith("sqlite:///")
