"""Writes `docs/expectations.md`; `python -m capi_jobs.validation.describe` prints it.

A test compares the page with what this makes of the suites and the frames.
"""

import sys
from typing import Any

import orjson

from capi_jobs.validation import conversion_frame, order_frame, suites
from capi_jobs.validation.columns import table

_HEAD = """\
# Expectations

Made by `capi_jobs/validation/describe.py`; a test compares this page with the suites.

Two files say what rows must be like, as suites of Great Expectations:
`expectations/orders.json` looks at what is missing as the warehouse tells it,
`expectations/conversions.json` at what is about to be sent. An installed package
carries them; a folder of your own takes their place by

```toml
[validation]
expectations = "path/to/folder"  # with orders.json and conversions.json
```

Start from a copy of ours. `capi-jobs check` names every fault of both files at once.

## How a rule is written

```json
{
  "type": "expect_column_values_to_be_between", "severity": "critical",
  "kwargs": {"column": "value_number", "max_value": 20000},
  "meta": {"rule": "value_above_ours", "ask": "the owner of the orders' view",
    "says": "the order is worth more than we ever sold",
    "do": "look at the value, then release the order"}
}
```

- `type` and `kwargs` are Great Expectations' own. Any expectation about rows will do
  (one column, a pair, or several); those about a whole table are refused, because rows
  come in pages. Nulls are skipped, as Great Expectations does.
- `severity`: `critical` (the default) holds each row that fails, whatever `mostly`
  says; `warning` counts, and the gate asks a person when fewer rows than `mostly`
  pass; `info` counts.
- `meta`: `rule` is the stable name under which rows are held and released, `says`,
  `do` and `ask` tell people what is wrong, what to do about it, and whom to ask.

A row that cannot be read at all (an unreadable time, items that are no JSON) is held
by the row reader even if no rule here says so, under the reader's name for it.

Rules see no identifier, only whether there is one: nothing that a rule reports can
hold an e-mail, a phone, a name or an address. Samples are order ids.

## How a run fared

The page *Validation* (`capi-jobs ui`, or in Airflow) shows each rule beside the runs
before, with examples; it needs no internet. The same in a terminal, and as files:

```
capi-jobs validation latest
capi-jobs validation latest --csv rules.csv
capi-jobs validation latest --destination meta-web --data-docs data-docs
```

The last one writes Great Expectations' own Data Docs: open `data-docs/index.html`. They
are made of what the ledger keeps, so that nothing is validated again; where they say
*sampled unexpected values*, order ids stand, and no other value is in them. A browser
shows them whole with the internet only: their style and scripts come from there. The
folder is for its owner alone, for it names orders.
"""


def page() -> str:
    """Write the whole page."""
    parts = [_HEAD]
    for name, columns in (
        ("orders", table(order_frame.COLUMNS)),
        ("conversions", table(conversion_frame.COLUMNS)),
    ):
        told = orjson.loads((suites.shipped() / f"{name}.json").read_bytes())
        rules = "\n".join(_row(one) for one in told["expectations"])
        parts.append(
            f"## {name}.json\n\n| Rule | Severity | What is wrong | What to do |\n"
            f"|---|---|---|---|\n{rules}\n\n"
            f"### Columns that rules of {name}.json may name\n\n{columns}\n"
        )
    return "\n".join(parts)


def _row(told: dict[str, Any]) -> str:
    meta = told["meta"]
    cells = [f"`{meta['rule']}`", told["severity"], meta["says"], meta.get("do", "")]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
