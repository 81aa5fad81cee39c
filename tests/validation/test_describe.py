from pathlib import Path

from capi_jobs.validation.describe import page

PAGE = Path(__file__).parents[2] / "docs" / "expectations.md"


def test_the_page_lists_every_rule_and_column() -> None:
    remedy = "python -m capi_jobs.validation.describe > docs/expectations.md"
    assert PAGE.read_text("utf-8") == page(), remedy
