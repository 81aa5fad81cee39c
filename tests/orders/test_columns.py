"""Columns become the orders that their rows become, and the same faults."""

from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.model import Order, RowFault
from capi_jobs.orders import ID_CHARACTERS_MAX, read_order
from capi_jobs.orders.columns import read_table
from capi_jobs.orders.items import ITEMS_MAX
from capi_jobs.orders.tables import Table
from tests.orders.building import row

Told = Order | tuple[RowFault, ...]

# What warehouses write, and what only looks like it.
TIMES = [
    "2026-11-20 10:00:00+00",
    "2026-11-20 10:00:00.5+00",
    "2026-11-20 10:00:00.123456+00",
    "2026-11-20 10:00:00.123456x+00",
    "2026-11-20 10:00:00.+00",
    "2026-11-20 10:00:00.1234567+00",
    "2026-11-20 10:00:00+01",
    "2026-11-20T10:00:00Z",
    "2026-11-20T10:00:00.5+00",
    "2026-11-20 10:00:00",
    "2026-03-29 02:30:00",
    "2026-13-20 10:00:00+00",
    "2026-W47-5 10:00:00+00",
    "20261120 10:00:00.123+00",
    "1970-01-01 00:00:00+00",
    "1969-12-31 23:59:59.9+00",
    "0001-01-01 00:00:00+00",
    "infinity",
    " 2026-11-20 10:00:00+00",
    "٢٠٢٦-11-20 10:00:00+00",
]
AMOUNTS = [
    *("12.50", "0", "0.00", "00012.5", "12.", ".5", "-0", "-1", "+1", "1e3", " 1 "),
    *("999999999999999", "1000000000000000", "999999999999999.999999999"),
    *("1.1234567890", "1.0123456789", "0.30000000000000004", "NaN", "1,5", "١٢"),
]
IDS = [
    *("A-1", " A-1 ", "A 1", "", " ", "\n", "A\n", "A\x7f", "A\u2028", "Ä-1", "\ud800"),
    *("x" * ID_CHARACTERS_MAX, "x" * (ID_CHARACTERS_MAX + 1)),
    *(" " + "x" * ID_CHARACTERS_MAX, "[1]"),
]
TEXTS = [
    *("a@b.example", " A ", "", " \t\n", "\x1c", "\u200b", "\ufeff x\u200b", "Zoë "),
    *("[", "[]", "[1]", '["a", "b"]', '["a"]', ' ["a"]', '["a"] ', "[x]", "[null]"),
    *("\u00a0x", "x\ud83d"),
]
LINE = '"sku": "TEA", "quantity": 2, "unit_price": 6.25'
LINES = [
    *("", " ", "null", "[]", "[{}]", "[{]", "[{}", "{}]", "no json", "7", "[7]"),
    f"[{{{LINE}}}]",
    f" [{{{LINE}}}]",
    f"[{{{LINE}}}, {{{LINE}}}]",
    f"[{{{LINE}}},{{{LINE}}}]",
    f"[{{{LINE}}},{{{LINE}}}, {{{LINE}}}]",
    f"[{{{LINE}}}, {{}}]",
    f"[{{{LINE}}}}}, {{{{{LINE}}}]",
    f"[{{{LINE}}}]}}]",
    f"{{{{{LINE}}}]",
    f"[[{LINE}}}]",
    f"[{{{LINE}}}}}",
    f"[{{{LINE}]]",
    f'[{{{LINE}, "name": "a}}, {{b"}}]',
    f'[{{{LINE}, "name": "a}},{{b"}}, {{{LINE}}}]',
    f'[{{{LINE}, "more": [{{}}, {{}}]}}]',
    f'[{{{LINE}, "more": {{"sku": 1}}}}]',
    f'[{{{LINE}, "sku": "MUG"}}]',
    f'[{{{LINE}, "name": "\\ud83d"}}]',
    f'[{{{LINE}, "name": NaN}}]',
    f'[{{{LINE}, "name": "{"x" * 600}"}}]',
    f"[{', '.join([f'{{{LINE}}}'] * ITEMS_MAX)}]",
    f"[{', '.join([f'{{{LINE}}}'] * (ITEMS_MAX + 1))}]",
    '[{"sku": "TEA", "quantity": 0}]',
    '[{"sku": "TEA", "quantity": 1e999999999}]',
    '[{"sku": "TE\nA", "quantity": 1}]',
]
FLAGS = ["true", "false", "t", "F", " yes ", "1", "0", "maybe", "", "2"]
WORDS = [
    "web",
    " App ",
    "",
    " ",
    "EUR",
    "eur",
    "XXX",
    "EURO",
    "iOS",
    "Purchase",
    "a\nb",
]

_SPECIAL = {
    "order_id": IDS,
    "event_id": IDS,
    "event_name": [*IDS, *WORDS],
    "completed_at": TIMES,
    "updated_at": TIMES,
    "value": AMOUNTS,
    "items": LINES,
    **dict.fromkeys(("consent", "is_test", "limited_data_use", "att_consent"), FLAGS),
    **dict.fromkeys(("currency", "channel", "status", "app_platform"), WORDS),
}
_COLUMNS = [f.name for f in fields(Order) if f.name not in {"custom", "consent_told"}]
COLUMNS = [*_COLUMNS, "custom.margin", "custom.x", "unknown"]


def cells(name: str) -> st.SearchStrategy[str | None]:
    known = st.sampled_from(_SPECIAL.get(name, TEXTS))
    return st.none() | known | st.text(max_size=12) | mutated(known)


def mutated(known: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Put another character into a known text: most neighbours of a rule are wrong."""
    change = st.tuples(known, st.integers(0, 40), st.characters())
    return change.map(lambda one: one[0][: one[1]] + one[2] + one[0][one[1] + 1 :])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=8))
    count = draw(st.integers(1, 4))
    # Sound where nothing is drawn, so that one doubtful cell decides about a row.
    columns: dict[str, list[str | None]] = {
        str(name): [str(cell)] * count for name, cell in row().items()
    }
    for name in names:
        column = st.lists(cells(name), min_size=count, max_size=count)
        columns[name] = draw(column)
    for name in draw(st.sets(st.sampled_from(sorted(row())), max_size=1)):
        del columns[name]
    return Table(columns, count)


def told_by_rows(table: Table, zone: ZoneInfo | None) -> list[Told]:
    return [read_order(row, timezone=zone) for row in table.rows()]


def shown(told: list[Told]) -> list[object]:
    """Equal and written alike: 1.50 is not 1.5 here, nor 0.0 0, nor a tuple a list."""
    return [
        [repr(getattr(one, f.name)) for f in fields(one)]
        if isinstance(one, Order)
        else one
        for one in told
    ]


@given(tables(), st.sampled_from([None, ZoneInfo("Europe/Berlin")]))
def test_columns_tell_what_their_rows_tell(table: Table, zone: ZoneInfo | None) -> None:
    expected = told_by_rows(table, zone)

    # Twice: the second time from memory.
    for _ in range(2):
        assert shown(expected) == shown(read_table(table, timezone=zone))


@pytest.mark.parametrize("name", sorted(_SPECIAL))
@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Berlin")], ids=str)
def test_each_known_cell_is_read_as_in_its_row(
    name: str, zone: ZoneInfo | None
) -> None:
    known = [None, *_SPECIAL[name]]
    sound = {key: [str(cell)] * len(known) for key, cell in row().items()}
    table = Table({**sound, name: known}, len(known))

    expected = told_by_rows(table, zone)

    assert shown(expected) == shown(read_table(table, timezone=zone))


def test_orders_of_columns_are_as_frozen_as_any_other() -> None:
    table = Table({name: [str(cell)] for name, cell in row().items()}, 1)

    [read] = read_table(table, timezone=None)

    assert isinstance(read, Order)
    assert read == read_order(row(), timezone=None)
    with pytest.raises(AttributeError):
        read.order_id = "B"  # type: ignore[misc]
