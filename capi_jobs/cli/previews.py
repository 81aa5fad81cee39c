"""How `preview` is shown: stable JSON, or requests as a person reads them."""

import sys
from collections.abc import Sequence

import orjson
from rich.syntax import Syntax

from capi_jobs.cli import screen
from capi_jobs.jobs.previewing import Preview, as_document

# A request of 1,000 events scrolls away; --json has all of it.
_BODY_LINES_SHOWN = 60


def show(shown: Sequence[Preview], *, as_json: bool) -> None:
    """Print the requests and what is held."""
    if as_json:
        sys.stdout.write(as_document(shown).decode() + "\n")
        return
    for one in shown:
        for call in one.calls:
            screen.out.print(f"[bold]{call.method}[/] {call.url}")
            for name, value in call.headers.items():
                screen.out.print(f"  [dim]{name}: {value}[/]")
            body = orjson.dumps(orjson.loads(call.body), option=orjson.OPT_INDENT_2)
            _draw_body(body.decode())
        screen.table(
            f"{one.destination}: {one.ready} would be sent, {len(one.held)} would not",
            ("order", "rule", "why"),
            [(hold.order_id, hold.rule, hold.message) for hold in one.held],
        )


def _draw_body(text: str) -> None:
    lines = text.splitlines()
    shown = "\n".join(lines[:_BODY_LINES_SHOWN])
    screen.out.print(Syntax(shown, "json", background_color="default"))
    if len(lines) > _BODY_LINES_SHOWN:
        more = len(lines) - _BODY_LINES_SHOWN
        screen.out.print(f"  [dim]… {more:,} more lines; --json shows all[/]")
