from datetime import timedelta
from decimal import Decimal
from io import StringIO

from rich.console import Console

from capi_jobs.ledger.values import Coverage, Gate
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass
from capi_jobs.report.contents import Target
from capi_jobs.report.gather import gather
from capi_jobs.report.terminal import print_report
from tests.report.building import DAY, Shop, a_count, a_score, an_advice


def printed(shop: Shop, *, width: int = 100, soft_wrap: bool = False) -> str:
    """What a plain terminal shows, without colour."""
    console = Console(
        file=StringIO(), width=width, highlight=False, soft_wrap=soft_wrap
    )
    target = Target("meta", "meta", timedelta(hours=48))
    print_report(console, gather(shop.ledger, [target], DAY, DAY, now=shop.now))
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    # Commands are one line however long, so that they can be copied.
    texts = [line for line in lines if not line.startswith("    capi-jobs ")]
    assert width >= max(len(line) for line in texts)
    return "\n".join(line.rstrip() for line in lines)


def test_the_balance_stands_on_one_screen(shop: Shop) -> None:
    shop.assess(
        a_count(OrderClass.MISSING, 4),
        a_count(OrderClass.SEEN_SERVER, 3, currency="JPY", value=Decimal(900)),
        a_count(OrderClass.EXCLUDED, 2, reason="consent_denied"),
    )
    shop.send(Event.ACCEPTED, "o1", "o2")
    expected = """
✓ meta
  Every one of 9 completed orders stands in one column; 2 recovered, worth 20.00
  EUR; 2 are owed still; nothing needs you.
  column                orders  value
  delivered                  2  20.00 EUR
  seen from the server       3  900 JPY
  missing                    2  20.00 EUR
  excluded                   2  20.00 EUR
    consent_denied           2  20.00 EUR
  completed orders           9  60.00 EUR · 900 JPY
  remainder                  0  ✓ the books close
  recovered                  2  20.00 EUR"""
    assert expected == printed(shop, width=80)


def test_what_needs_a_person_comes_with_the_command_to_type(shop: Shop) -> None:
    shop.gate = Gate.ASK
    shop.assess(a_count(OrderClass.MISSING, 4))
    shop.hold("[red]o1[/]")
    shop.send(Event.REFUSED, "o2", reason="[bold]no[/]")
    shop.send(Event.LOST, "o3", reason="timed out")
    text = printed(shop)
    assert '    capi-jobs approve r1 --because "…"' in text
    assert "! 1 order held: currency_unknown" in text
    assert "! 1 order rejected: [bold]no[/]" in text
    assert "– 1 order in doubt: timed out; the next run sends them again" in text
    assert "-- '[red]o1[/]'" in text


def test_what_does_not_close_is_named(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.send(Event.ACCEPTED, "o1", "o2")
    text = printed(shop)
    assert "✗ meta\n  The books do not close" in text
    assert "remainder             -1  ✗ -10.00 EUR" in text
    assert "✗ meta, 2026-11-20: missing would hold -1 orders" in text
    assert "→ start a run over these days" in text


def test_a_narrow_terminal_shows_fewer_currencies_and_whole_commands(
    shop: Shop,
) -> None:
    shop.assess(
        *(
            a_count(OrderClass.MISSING, n, currency=code)
            for n, code in enumerate(("EUR", "USD", "GBP", "SEK", "PLN"), start=1)
        )
    )
    shop.hold("o" * 300, currency="PLN")
    text = printed(shop, width=60)
    assert "missing 14 40.00 PLN · 40.00 SEK · +3 held" in " ".join(text.split())
    assert f"-- {'o' * 300}" in text.splitlines()[-1]


def test_a_console_that_wraps_softly_loses_no_words(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 4))
    assert printed(shop, width=50) == printed(shop, width=50, soft_wrap=True)
    assert "needs you." in printed(shop, width=50, soft_wrap=True)


def test_nothing_was_looked_at(shop: Shop) -> None:
    assert printed(shop) == "\n– meta\n  No run has looked at these days yet."


def test_of_many_troubles_the_largest_are_printed(shop: Shop) -> None:
    for n in range(9):
        shop.hold(f"o{n}", rule=f"rule_{n}")
    shop.hold("o9", "o10", rule="rule_8")
    text = printed(shop)
    assert "! 3 orders held: rule_8" in text
    assert "4 more are held: see the HTML report" in text


def test_matching_is_told_with_what_would_lift_it_and_what_the_platform_says(
    shop: Shop,
) -> None:
    shop.coverage = [
        Coverage("website", "forecast", 4, 62, 0),
        Coverage("app", "forecast", 1, 31, 0),
    ]
    shop.advice = [an_advice()]
    shop.assess(a_count(OrderClass.MISSING, 4))
    older = a_score(start=a_score().start - timedelta(days=1), theirs=Decimal("5.1"))
    shop.ledger.keep_readings([older, a_score()])

    text = " ".join(printed(shop).split())

    assert (
        "match keys (website): 38% of phone values lack a country code;"
        ' default_country = "GB" would lift phone coverage from 51% to 89%, and the'
        " forecast from 6.2 to 6.9 match keys (app): forecast 3.1 of 10"
        " meta's own match quality of Purchase: 5.9 on 2026-11-21, our forecast was 6.2"
    ) in text
    assert "5.1" not in text
