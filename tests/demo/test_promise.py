"""The picture of what the severities promise: its lines are the shares it names."""

import json

import polars as pl
import pytest

from sidecar.demo.pictures import promised
from sidecar.demo.promise import promise_of, read_card
from sidecar.demo.report import render
from sidecar.demo.watch import watched
from tests.demo.left_behind import nothing_played
from tests.demo.test_report import STORIES, _evidence, _page, scored  # noqa: F401

BAND = {"severity": "high", "score": 0.5, "rate": 1e-3, "how": "conformal"}
CARD = {
    "thresholds": json.dumps([BAND]),
    "reference_tail": json.dumps([[0.1, 0.5], [0.5, 1e-3], [0.6, 1e-4]]),
    "promise": "At most <one> in a thousand.",
}


def places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def test_a_promise_that_is_kept_lies_on_the_line() -> None:
    picture = promised([(0.1, 0.5), (0.5, 1e-3), (0.6, 1e-9)], [], [("high", 0.5, 1e-3, "words")], 1000)
    reference, seen = (places(line.points) for line in picture.lines)
    assert seen == [] and (picture.points[0].x, picture.points[0].y) == reference[1]
    assert [y for _, y in reference] == sorted(y for _, y in reference)
    assert reference[2][1] == picture.bottom, "what is rarer than the grid stays within it"
    assert all(picture.left <= x <= picture.right for x, _ in reference)


def test_the_page_tells_it_in_words_and_escapes_them(scored: pl.DataFrame) -> None:  # noqa: F811
    page = render(_evidence(scored), watched(nothing_played(), scored, STORIES), STORIES, [], CARD)
    assert "At most &lt;one&gt; in a thousand." in page and page.count("<polyline") >= 4
    assert "high from 0.50: 1 in 1,000, conformal" in page
    assert "What the severities promise" not in _page(scored)


def test_attacks_are_no_ordinary_events() -> None:
    rows = pl.DataFrame({"ai_score": [0.1, 0.2, 0.9], "story": ["", "", "theft"]})
    found = promise_of(CARD, rows)
    assert found is not None
    highest = max(x for x, _ in places(found.wide.lines[1].points))
    alone = promise_of(CARD, rows.filter(pl.col("story") == ""))
    assert alone is not None and highest == max(x for x, _ in places(alone.wide.lines[1].points))


def test_a_card_without_a_promise_draws_nothing() -> None:
    assert promise_of({}, pl.DataFrame({"ai_score": [0.1], "story": [""]})) is None
    assert read_card(pl.DataFrame({"key": ["promise"], "value": ["x"]})) == {"promise": "x"}


@pytest.mark.parametrize("width", [350, 1060])
def test_the_picture_stands_at_both_widths(width: int) -> None:
    picture = promised([(0.1, 0.5)], [(0.2, 0.1)], [], width)
    assert picture.width == width and [tick.text for tick in picture.y_ticks][-1] == "1 in 100,000"
