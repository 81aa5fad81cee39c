import pytest
from jinja2 import Environment

from capi_jobs.jobs.steps.markdown import bullets, plain, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("value_negative", "value_negative", id="a rule"),
        pytest.param(
            "-5.00 EUR · 1,234.50 USD", "-5.00 EUR · 1,234.50 USD", id="money"
        ),
        pytest.param("{{ 1 }}", "&#123;&#123; 1 &#125;&#125;", id="Jinja"),
        pytest.param("{% raw %}", "&#123;% raw %&#125;", id="Jinja's statement"),
        pytest.param("a | b", "a &#124; b", id="a table's bar"),
        pytest.param("<b>", "&#60;b&#62;", id="HTML"),
        pytest.param("&lt;", "&#38;lt;", id="an entity"),
        pytest.param("[x](y)", "&#91;x&#93;(y)", id="a link"),
        pytest.param("see https://x", "see https&#58;//x", id="a bare link"),
        pytest.param("www.x.example", "www&#46;x.example", id="a bare name"),
        pytest.param("a@x.example", "a&#64;x.example", id="an address"),
        pytest.param("_x_ *y*", "&#95;x&#95; &#42;y&#42;", id="emphasis"),
        pytest.param("- x", "&#45; x", id="a list"),
        pytest.param("1. x", "1&#46; x", id="a numbered list"),
        pytest.param("a\n\n# b", "a &#35; b", id="lines"),
        pytest.param("a\x00b", "a&#92;x00b", id="what does not print"),
    ],
)
def test_foreign_text_is_shown_as_it_is(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "{% if", "{# x", "}} {{", "{{{{"])
def test_jinja_finds_nothing_to_do(text: str) -> None:
    written = plain(text)

    assert Environment(autoescape=True).from_string(written).render() == written


def test_long_words_are_cut() -> None:
    assert len(plain("x" * 100_000)) < 1_000


def test_a_table_has_texts_on_the_left_and_figures_on_the_right() -> None:
    assert table(("rule", "rows"), [("a", "1"), ("b", "2")]) == [
        "| rule | rows |",
        "| --- | ---: |",
        "| a | 1 |",
        "| b | 2 |",
    ]


def test_a_list_has_a_line_each() -> None:
    assert bullets(["a", "b"]) == ["- a", "- b"]
