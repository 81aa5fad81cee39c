"""The quarantine as files to keep: CSV that a sheet may open, and JSON.

They hold what fits the filter, up to a bound; the pages' API has the rest by `after`.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import Response

from capi_jobs.ledger.paging import PAGE_ROWS_MAX
from capi_jobs.ledger.values import HoldRow
from capi_jobs.report.cells import lines
from capi_jobs.report.held import COLUMNS, held_cells, held_row
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.views.holds import Filter, filter_of
from capi_jobs.web.views.parameters import After
from capi_jobs.web.views.quarantine import page_of

# Some 20 MB, made in memory: a slow reader must not keep the ledger open.
FILE_ROWS_MAX = 100_000

ROUTER = APIRouter()


def _rows(desk: Desk, asked: Filter, after: str) -> Iterator[HoldRow]:
    left = FILE_ROWS_MAX
    while left > 0:
        page = page_of(desk, asked, after, min(left, PAGE_ROWS_MAX))
        yield from page.rows
        left -= len(page.rows)
        after = page.after or ""
        if not after:
            return


@ROUTER.get("/quarantine/held.csv", name="quarantine_csv", include_in_schema=False)
def as_csv(
    desk: Looked, asked: Annotated[Filter, Depends(filter_of)], after: After = ""
) -> Response:
    """Write what fits as CSV, safe to open in a sheet."""
    rows = map(held_cells, _rows(desk, asked, after))
    return _file("".join(lines(chain([COLUMNS], rows))).encode(), "csv", "text/csv")


@ROUTER.get("/quarantine/held.json", name="quarantine_file", include_in_schema=False)
def as_json(
    desk: Looked, asked: Annotated[Filter, Depends(filter_of)], after: After = ""
) -> Response:
    """Write what fits as an array of JSON objects."""
    rows = [held_row(row) for row in _rows(desk, asked, after)]
    return _file(orjson.dumps(rows), "json", "application/json")


def _file(content: bytes, ending: str, kind: str) -> Response:
    name = f'attachment; filename="quarantine.{ending}"'
    return Response(content, media_type=kind, headers={"content-disposition": name})
