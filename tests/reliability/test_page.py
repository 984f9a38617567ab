"""docs/reliability.md says what the results say."""

from tests.reliability import page
from tests.reliability.results import KEYS


def test_the_page_holds_the_figures_of_the_results() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert {match[2] for match in page.BLOCK.finditer(text)} == {"totals", "parts", "twins"}
    assert page.filled(text, page.results()) == text


def test_every_key_is_explained() -> None:
    assert tuple(page.MEANINGS) == KEYS
