"""The page is whole, quiet, and nobody's words can do anything in it."""

import re
from datetime import timedelta
from html.parser import HTMLParser

from capi_jobs.ledger.values import Coverage, Decision, Gate
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass
from capi_jobs.report.contents import SAMPLES_MAX, Report, RuleWords, Target
from capi_jobs.report.gather import gather
from capi_jobs.report.html import page
from tests.report.building import (
    DAY,
    NOON,
    Shop,
    a_count,
    a_score,
    a_validation,
    an_advice,
)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*1911 }}"
VOID = {"meta", "link", "br", "rect", "circle", "path"}


class Page(HTMLParser):
    """Collects tags, attributes and the text of a page; sees that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def report_of(shop: Shop, *targets: Target) -> Report:
    words = {"currency_unknown": RuleWords("it is no currency", "mend it", "sales")}
    return gather(
        shop.ledger,
        targets or [Target("meta", "meta", timedelta(hours=48))],
        DAY,
        DAY,
        now=shop.now,
        timezone="Europe/Berlin",
        words=words,
    )


def a_busy_shop(shop: Shop, text: str = "some words") -> Report:
    """Something of everything, with `text` wherever words come from outside."""
    shop.gate, shop.gate_reasons = Gate.ASK, [text]
    shop.validations = [
        a_validation("currency_unknown", failed=3, share=0.03, samples=(text,)),
        a_validation(text, severity="warning"),
    ]
    shop.coverage = [
        Coverage(text, "forecast", 4, 62, 0),
        Coverage(text, "email", 4, 3, 1),
    ]
    shop.advice = [an_advice(source=text, change=text)]
    shop.assess(
        a_count(OrderClass.MISSING, 9),
        a_count(OrderClass.MISSING, 1, currency="JPY"),
        a_count(OrderClass.SEEN_BROWSER, 4, reason="outside_window"),
        a_count(OrderClass.EXCLUDED, 2, reason=text),
    )
    shop.ledger.decide("r1", None, Decision.APPROVED, actor=text, reason=text, now=NOON)
    shop.send(Event.ACCEPTED, "o1", "o2")
    shop.send(Event.LOST, f"{text} 3", reason=text)
    shop.send(Event.REFUSED, f"{text} 4", reason=text)
    shop.hold(f"{text} 5", rule=text, message=text)
    shop.ledger.keep_readings([a_score(event_name=text)])
    return report_of(shop, Target("meta", text))


def test_the_page_is_well_formed_and_needs_no_network(shop: Shop) -> None:
    text = page(a_busy_shop(shop))
    whole = Page(text)
    assert {"script", "iframe", "object", "form", "base"}.isdisjoint(whole.tags)
    targets = [v for name, v in whole.attributes if name in {"href", "src", "action"}]
    assert [one for one in targets if not one.startswith(("#", "data:"))] == []
    assert not re.search(r"https?://|@import|url\(|//", text)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in whole.attributes


def test_words_from_outside_are_text_and_nothing_else(shop: Shop) -> None:
    whole = Page(page(a_busy_shop(shop, HOSTILE)))
    assert {"script", "img"}.isdisjoint(whole.tags)
    assert [name for name, _ in whole.attributes if name.startswith("on")] == []
    assert HOSTILE in whole.text
    assert "13377" not in whole.text


def test_what_does_not_print_is_shown_as_its_escape(shop: Shop) -> None:
    text = page(a_busy_shop(shop, "evil\u202e\x07\u200b"))
    assert not re.search("[\u202e\x07\u200b]", text)
    assert "evil\\u202e\\x07\\u200b" in text


def test_every_column_its_reasons_and_the_remainder_stand_in_the_page(
    shop: Shop,
) -> None:
    text = Page(page(a_busy_shop(shop))).text
    for expected in (
        "Every one of 16 completed orders stands in one column; 2 recovered",
        "recovered, worth 20.00 EUR; 5 are owed still; 3 orders need you.",
        "seen from the browser the pixel sent them 4 25.0 % 40.00 EUR",
        "a server copy would count twice by now outside_window 4",
        "remainder 0 nothing",
        "As of 2026-11-21 12:00 UTC. Days begin at midnight, Europe/Berlin",
        "it is no currency: mend it (sales)",
        "6.2 / 10",
        "email 75.0 % 1",
    ):
        assert expected in text


def test_a_decision_is_told_with_who_and_why(shop: Shop) -> None:
    text = Page(page(a_busy_shop(shop))).text
    assert "approved by some words, 2026-11-21 12:00 UTC: “some words”" in text


def test_a_run_that_asks_is_told_with_the_commands(shop: Shop) -> None:
    shop.gate = Gate.ASK
    shop.assess(a_count(OrderClass.MISSING, 1))
    text = Page(page(report_of(shop))).text
    assert "Run r1 asks before it sends anything." in text
    assert 'capi-jobs approve r1 --because "…"' in text


def test_books_that_do_not_close_are_told_first_and_in_red(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.send(Event.ACCEPTED, "o1", "o2")
    whole = Page(page(report_of(shop)))
    assert ("class", "headline fault") in whole.attributes
    assert "missing would hold -1 orders worth -10.00 EUR" in whole.text
    assert "remainder -1 -10.00 EUR" in whole.text


def test_an_empty_ledger_gives_a_page_that_says_what_to_do(shop: Shop) -> None:
    text = Page(page(report_of(shop))).text
    assert "capi-jobs run --interval 2026-11-20..2026-11-20" in text
    assert "There has been no run yet." in text
    nobody = Report(
        generated_at=NOON,
        timezone="UTC",
        first_day=DAY,
        last_day=DAY,
        destinations=(),
        runs=(),
    )
    assert "No destination is configured" in Page(page(nobody)).text


def test_the_page_stays_small_however_many_orders_are_in_trouble(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 3_000))
    shop.hold(*(f"{n:0500}" for n in range(3_000)))
    text = page(report_of(shop))
    assert len(re.findall(r'<code title="', text)) == SAMPLES_MAX
    assert len(text) < 100_000


def test_shares_are_never_rounded_to_nothing_or_all(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.DELIVERED, 9_999), a_count(OrderClass.REJECTED, 1))
    text = Page(page(report_of(shop))).text
    assert ">99.9 %" in text
    assert "<0.1 %" in text


def test_numbers_stand_in_tables_with_headings_for_who_cannot_see_bars(
    shop: Shop,
) -> None:
    whole = Page(page(a_busy_shop(shop)))
    assert whole.tags.count("table") == whole.tags.count("caption")
    assert whole.tags.count("th") == len(
        [1 for name, _ in whole.attributes if name == "scope"]
    )
    assert whole.tags.count("h1") == 1


def test_the_same_ledger_gives_the_same_page(shop: Shop) -> None:
    report = a_busy_shop(shop)
    assert page(report) == page(report)


def test_the_platforms_own_match_quality_is_shown_beside_ours(shop: Shop) -> None:
    text = page(a_busy_shop(shop))

    assert "The platform's own match quality: 5.9 of 10 on 2026-11-21" in text


def test_what_would_help_matching_most_stands_beside_its_source(shop: Shop) -> None:
    shop.coverage = [Coverage("website", "forecast", 4, 62, 0)]
    shop.advice = [an_advice(), an_advice(source="app", change="nothing of ours")]
    shop.assess(a_count(OrderClass.MISSING, 4))

    text = Page(page(report_of(shop))).text

    assert (
        "What would help most: 38% of phone values lack a country code;"
        ' default_country = "GB" would lift phone coverage from 51% to 89%, and the'
        " forecast from 6.2 to 6.9."
    ) in text
    assert "nothing of ours" not in text
