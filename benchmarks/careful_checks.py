"""The careful script's twenty rules, asked of a frame with Great Expectations.

As its own guide does it: one ephemeral context, one suite, a frame per chunk.
"""

from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations import expectations
from great_expectations.data_context.types.base import ProgressBarsConfig

gxe: Any = expectations  # its names are made at run time

CURRENCIES = (
    "AUD BHD BRL CAD CHF CNY CZK DKK EUR GBP ILS INR JPY KRW KWD MXN NOK PLN SAR SEK"
    " THB TND TRY TWD UAH USD"
).split()


def rules() -> list[Any]:
    """Twenty of them, each about one column."""
    return [
        *(
            gxe.ExpectColumnValuesToNotBeNull(column=name)
            for name in ("order_id", "completed_at", "value", "currency", "page_url")
        ),
        gxe.ExpectColumnValuesToBeUnique(column="order_id"),
        gxe.ExpectColumnValueLengthsToBeBetween(
            column="order_id", min_value=1, max_value=64
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="value", min_value=0, strict_min=True, max_value=10_000_000
        ),
        gxe.ExpectColumnValuesToMatchRegex(column="currency", regex=r"^[A-Z]{3}$"),
        gxe.ExpectColumnValuesToBeInSet(column="currency", value_set=CURRENCIES),
        gxe.ExpectColumnValuesToMatchRegex(
            column="email", regex=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
        ),
        gxe.ExpectColumnValuesToMatchRegex(column="phone", regex=r"\d{2}"),
        gxe.ExpectColumnValuesToMatchRegex(column="country", regex=r"^[A-Za-z]{2}"),
        gxe.ExpectColumnValueLengthsToBeBetween(column="zip", min_value=3),
        gxe.ExpectColumnValuesToMatchRegex(column="ip", regex=r"^[0-9a-fA-F.:]+$"),
        gxe.ExpectColumnValueLengthsToBeBetween(column="user_agent", min_value=10),
        gxe.ExpectColumnValuesToMatchRegex(column="page_url", regex=r"^https?://"),
        gxe.ExpectColumnValuesToMatchRegex(column="fbc", regex=r"^fb\.\d\.\d+\."),
        gxe.ExpectColumnValuesToMatchRegex(column="fbp", regex=r"^fb\.\d\.\d+\.\d+$"),
        gxe.ExpectColumnValueLengthsToBeBetween(column="event_id", max_value=64),
    ]


class Checks:
    """One context for all chunks."""

    def __init__(self) -> None:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(
            globally=False, metric_calculations=False
        )
        asset = context.data_sources.add_pandas("orders").add_dataframe_asset("chunk")
        self._chunks: Any = asset.add_batch_definition_whole_dataframe("whole")
        self._suite = gx.ExpectationSuite(name="orders", expectations=rules())

    def failing(self, frame: pd.DataFrame) -> set[int]:
        """Return the places of rows that break a rule."""
        if frame.empty:
            return set()
        seen = frame.assign(value=frame["value"].astype(float))
        batch = self._chunks.get_batch({"dataframe": seen})
        answer = batch.validate(self._suite, result_format="COMPLETE")
        return {
            place
            for one in answer.results
            if not one.success
            for place in one.result["unexpected_index_list"]
        }
