"""Any table gives settings or a fault, and nothing else."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.config import KEYS, read
from capi_jobs.errors import ConfigFault
from tests.config.building import destination, table

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
