"""What an audit looks like: a bar per kind, nothing cut that counts."""

import io

import pytest
from rich.console import Console

from capi_jobs.report.audit_terminal import print_audit
from capi_jobs.report.audits import audit_report
from tests.audit.building import DAY, Row, audit, entry, event, one_class, order, server

MANY = [order(f"DE-{n}", status="pending") for n in range(1000, 1030)]


def screen(
    orders: list[Row],
    events: list[Row],
    *,
    width: int = 100,
    entries: list[Row] | None = None,
    classes: list[Row] | None = None,
    earlier: dict[str, list[float]] | None = None,
    logs: tuple[str, ...] = ("pixel",),
) -> str:
    with audit(
        orders, events, entries=entries or [], classes=classes, logs=logs
    ) as made:
        told = audit_report(
            made, destination="meta-web", platform="meta", interval=DAY, earlier=earlier
        )
    out = io.StringIO()
    print_audit(Console(file=out, width=width, no_color=True, highlight=False), told)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_counts_and_shares_are_never_cut(width: int) -> None:
    sent = [event(one["order_id"]) for one in MANY]
    told = screen(MANY, sent, width=width)

    [line] = [
        line for line in told.splitlines() if "misfiring  " in line and "█" in line
    ]
    assert "30" in line
    assert "100.00%" in line
    assert max(len(line) for line in told.splitlines()) <= width


def test_the_longest_bar_fills_and_none_is_empty() -> None:
    classes = [one_class(one["order_id"]) for one in MANY]
    classes[0] |= {"class": "rejected"}
    told = screen(MANY, [event(one["order_id"]) for one in MANY], classes=classes)

    bars = {
        line.split()[0]: line.count("█")
        for line in told.splitlines()
        if "·█" in line or "█" in line
    }
    assert bars == {"missing": 1, "misfiring": 24}


def test_all_is_well_in_one_sentence() -> None:
    told = screen([order()], [event()])

    assert "1 order: nothing is duplicated, missing, misfiring or misaligned." in told
    assert "✓ meta-web" in told
    assert "✓ the books close" in told


def test_samples_are_few_and_say_how_many_more() -> None:
    told = screen(MANY, [event(one["order_id"]) for one in MANY])

    assert "DE-1000, DE-1001 and 28 more" in told


def test_corrections_say_that_they_are_not_sent_again() -> None:
    told = screen([order(status="refunded")], [], entries=[entry()])

    assert "refunded 1 · overstated by 10.50 EUR" in told
    assert "not resent" in told


def test_dedup_health_is_one_line() -> None:
    told = screen([order()], [event(), server()], width=200)

    assert "100% of 1 order told by both pair up" in told
    assert "(window 2 d)" in told


def test_what_is_in_no_column_is_named() -> None:
    assert "✗ DE-1001: no column" in screen([order()], [], classes=[])


@pytest.mark.parametrize(("earlier", "arrow"), [(0.5, "↑"), (1.0, "→")])
def test_a_trend_is_an_arrow(earlier: float, arrow: str) -> None:
    sent = [event(one["order_id"]) for one in MANY]

    told = screen(MANY, sent, earlier={"misfiring": [0, earlier]})

    line = "▁▅█" if earlier < 1 else "▁██"
    assert f"{line} {arrow} from {earlier:.2%}" in told


def test_what_to_do_is_told_to_the_letter() -> None:
    assert "→ add [[sent_events]] for the pixel" in screen([order()], [], logs=())


def test_ids_cannot_style_the_terminal() -> None:
    nasty = "[red]\x1b[2J"
    told = screen([order(nasty, status="pending")], [event(nasty)])

    assert "\x1b" not in told
    assert "[red]" in told
