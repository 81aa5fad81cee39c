"""Any table, and any file, gives settings or a fault, and nothing else."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.config import KEYS, read
from capi_jobs.errors import ConfigFault
from tests.config.building import Table, destination, faults, loaded, table

SCALARS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["meta", "web", "env:X", "file:x", "9d", "sqlite:///a", "{order_id}", "UTC"]
    ),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(sorted({key for keys in KEYS.values() for key in keys})),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
DESTINATIONS = st.lists(
    st.dictionaries(st.sampled_from(KEYS["destinations"]), VALUES, max_size=4).map(
        lambda changes: destination(**changes)
    ),
    max_size=3,
)
TABLES = st.dictionaries(
    st.sampled_from(KEYS[""]) | st.text(max_size=5), VALUES, max_size=4
)


@given(changes=TABLES, destinations=VALUES | DESTINATIONS)
def test_any_table_gives_settings_or_a_fault_and_nothing_else(
    changes: dict[str, object], destinations: object
) -> None:
    try:
        made = read(
            table(**changes, destinations=destinations)
            if "destinations" not in changes
            else table(**changes),
            Path("/shop/capi_jobs.toml"),
        )
    except ConfigFault:
        return
    # Nothing that was accepted fails later.
    for one in made.destinations:
        assert one.limits().events_per_batch_max >= 1
        assert one.target().base_url.startswith("http")
        assert one.effective_channels


# One fault each, wherever the others are: key, value, the place that is named.
SPOILS: Mapping[str, tuple[str, object, str]] = {
    "an unknown zone": ("timezone", "Europe/Atlantis", "timezone"),
    "an unknown key": ("zz", 1, "zz"),
    "a list for a table": ("gate", [], "gate"),
    "a share above one": ("gate", {"bad_rows_share_max": 2}, "gate.bad_rows_share_max"),
    "a negative span": ("delivery", {"lease": "-1s"}, "delivery.lease"),
    "no number": ("delivery", {"page_rows": "many"}, "delivery.page_rows"),
    "a column nobody knows": (
        "orders",
        {"relation": "o", "columns": {"colour": "c"}},
        "orders.columns",
    ),
    "no URL": ("warehouse", "shop.db", "warehouse"),
    "a log of nothing": ("sent_events", [{"relation": "s"}], "sent_events[0].channel"),
    "a platform nobody knows": (
        "destinations",
        [destination(platform="myspace")],
        "destinations[0].platform",
    ),
    "a token in the file": (
        "destinations",
        [destination(token="EAAB123")],
        "destinations[0].token",
    ),
}


@given(chosen=st.sets(st.sampled_from(sorted(SPOILS)), min_size=1))
def test_every_fault_is_told_at_once(chosen: set[str]) -> None:
    """The last of two that spoil the same key is the one that stands there."""
    changes: Table = {SPOILS[name][0]: SPOILS[name][1] for name in sorted(chosen)}
    places = {SPOILS[name][0]: SPOILS[name][2] for name in sorted(chosen)}

    told = faults(**changes)

    for place in places.values():
        assert [line for line in told if line.startswith(place)], (place, told)
    assert "EAAB123" not in "".join(told)


VALID = b"""\
warehouse = "sqlite:///shop.db"
[orders]
relation = "orders"
[[destinations]]
name = "meta-web"
platform = "meta"
account = "1"
token = "env:META_TOKEN"
"""
NOISE = [
    b"\x00",
    b"\xff",
    b"[" * 3000,
    b"9" * 5000,
    b'"""',
    b"a=1\na=2\n",
    b"\xef\xbb\xbf",
]
FILES = (
    st.binary(max_size=80)
    | st.text(max_size=80).map(str.encode)
    | st.builds(
        lambda at, noise: VALID[:at] + noise + VALID[at:],
        st.integers(0, len(VALID)),
        st.sampled_from(NOISE) | st.binary(max_size=6),
    )
)


@given(content=FILES)
def test_any_file_gives_settings_or_a_fault_and_nothing_else(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = loaded(Path(folder), content)
        except ConfigFault:
            return
    assert made.destinations
