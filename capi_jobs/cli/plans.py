"""How `plan` is shown: classes, what would be sent, forecast coverage, the gate."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.markup import escape

from capi_jobs.cli import screen
from capi_jobs.jobs.planning import Planned
from capi_jobs.model import OrderClass
from capi_jobs.report import destination_json
from capi_jobs.report.amounts import grouped
from capi_jobs.report.as_json import advice_json


def as_document(planned: Sequence[Planned], as_of: str) -> dict[str, object]:
    """Write the stable JSON of `plan --json`."""
    return {"as_of": as_of, "destinations": [_one(each) for each in planned]}


def _one(planned: Planned) -> dict[str, object]:
    destination = planned.destination
    return {
        **destination_json(destination.name, destination.platform, planned.counts),
        "interval": {
            "start": planned.interval.start.isoformat(),
            "end": planned.interval.end.isoformat(),
        },
        "to_send": {
            "orders": planned.to_send,
            "enrichments": planned.to_enrich,
            "values": {c: f"{v:f}" for c, v in planned.to_send_values.items()},
            "requests": planned.requests,
        },
        "would_hold": planned.would_hold,
        "coverage": [
            {
                "source": one.source,
                "conversions": one.conversions,
                "keys": dict(one.keys),
                "dropped": dict(one.dropped),
                "forecast": one.forecast,
            }
            for one in planned.coverage
        ],
        "advice": [advice_json(one) for one in planned.advice],
        "gate": {
            "verdict": planned.gate.verdict,
            "reasons": [
                {"rule": r.rule, "says": r.says, "figures": dict(r.figures)}
                for r in planned.gate.reasons
            ],
        },
    }


def draw(planned: Sequence[Planned]) -> None:
    """Draw a table per destination."""
    for one in planned:
        screen.table(
            f"{one.destination.name} ({one.destination.platform})"
            f"  {one.interval.start:%Y-%m-%d %H:%M} → {one.interval.end:%Y-%m-%d %H:%M}"
            " UTC",
            ("orders", "class", "why", "value"),
            _class_rows(one),
        )
        screen.out.print(
            f"would send [bold]{screen.several(one.to_send, 'order')}[/] in"
            f" {screen.several(one.requests, 'request')}: {_money(one.to_send_values)}"
        )
        if one.would_hold:
            rules = ", ".join(f"{rule} {n:,}" for rule, n in one.would_hold.items())
            screen.out.print(f"would hold {sum(one.would_hold.values()):,}: {rules}")
        _draw_coverage(one)
        for reason in one.gate.reasons:
            screen.out.print(f"[yellow]? would ask:[/] {escape(reason.says)}")
        screen.out.print()


def _class_rows(one: Planned) -> list[tuple[object, ...]]:
    totals: dict[tuple[OrderClass, str], tuple[int, dict[str, Decimal]]] = {}
    for count in one.counts:
        key = (count.order_class, count.reason)
        orders, values = totals.get(key, (0, {}))
        sums = values | {
            count.currency: values.get(count.currency, Decimal(0)) + count.value
        }
        totals[key] = (orders + count.orders, sums)
    order = list(OrderClass)
    ranked = sorted(totals.items(), key=lambda kv: (order.index(kv[0][0]), kv[0][1]))
    return [
        (orders, str(cls), why, _money(values, most=3))
        for (cls, why), (orders, values) in ranked
    ]


def _money(values: Mapping[str, Decimal], *, most: int | None = None) -> str:
    """Write amounts of several currencies, largest first, never added up."""
    told = sorted(values.items(), key=lambda one: (-one[1], one[0]))
    texts = [f"{grouped(value, code)} {code}".rstrip() for code, value in told[:most]]
    more = len(told) - len(texts)
    return " · ".join(texts + ([f"{more} more"] if more else [])) or "–"


def _draw_coverage(one: Planned) -> None:
    for source in one.coverage:
        shares = ", ".join(
            f"{name} {count / source.conversions:.0%}"
            for name, count in sorted(source.keys.items(), key=lambda kv: -kv[1])
            if count
        )
        screen.out.print(
            f"match keys ({source.source}): forecast {source.forecast} of 10 · {shares}"
        )
    for advice in one.advice:
        screen.out.print(
            f"[cyan]→[/] ({advice.source}) {escape(screen.shown(advice.says))}"
        )
