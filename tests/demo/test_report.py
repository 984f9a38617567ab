"""The report: its figures are those of the scored table, its text is escaped, its parts add up."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from models.errors import DataError
from models.fields import OUTPUT_FIELDS
from models.risk import SEVERITIES
from models.simulator import Story
from sidecar.demo import report
from sidecar.demo.contributions import contributions_of
from sidecar.demo.evidence import Evidence, Result, as_numbers, read_scored, weigh, with_truth
from sidecar.demo.pictures import waterfall
from sidecar.demo.report import render, write_report
from sidecar.demo.watch import watched
from tests.demo.left_behind import nothing_played

MIDNIGHT = 1_772_409_600  # Monday, 2 March 2026, 00:00 UTC
HOSTILE = "<script>alert('x')</script>"


def _row(number: int, user: str, score: str, story: str = "", **more: str) -> dict[str, str]:
    parts = "dest:+2.5; src_country:+1.25; _time:-0.5"
    row = {"_time": str(MIDNIGHT + 600 * number), "user": user, "user_bunit": "sales", "src": "ws-1",
           "src_country": "DE", "dest": "db-1", "app": "sql", "action": "success", "failures_10m": "0",
           "dests_1h": "1", "users_per_src_10m": "1", "bytes_1h": "12345678", "story": story,
           "label": "1" if story else "0"}  # fmt: skip
    scored = dict.fromkeys(OUTPUT_FIELDS, "") | {
        "ai_score": score, "ai_severity": "high" if score and float(score) > 0.6 else "informational",
        "ai_reasons": f"dest=db-1 never seen for {user} in 10 days (+2.5); country=DE unusual (+1.2)",
        "ai_contributions": parts, "ai_model": "logon@aaaa/bbbb", "ai_status": "scored"}  # fmt: skip
    return row | scored | more


@pytest.fixture
def scored() -> pl.DataFrame:
    rows = [_row(n, f"user{n:02d}", f"0.{n:02d}") for n in range(30)]
    rows += [_row(30, "thief", "0.91", "stolen_credentials"), _row(31, "quiet", "0.005", "insider_download")]
    rows += [_row(32, "nobody", "", ai_status="unscored", ai_note="timeout", ai_reasons="", ai_contributions="")]
    return as_numbers(pl.DataFrame(rows)).with_columns(pl.col("label").cast(pl.Int8))


def _story(name: str, user: str, number: int) -> Story:
    at_s = MIDNIGHT + 600.0 * number
    return Story(name, (user,), at_s, at_s, 1, f"what {user} did")


STORIES = (_story("stolen_credentials", "thief", 30), _story("insider_download", "quiet", 31))


def _evidence(scored: pl.DataFrame) -> Evidence:
    numbers = scored.with_columns(pl.col("failures_10m", "dests_1h", "users_per_src_10m", "bytes_1h").cast(pl.Int64))
    return weigh(scored, numbers.clear(), numbers)


def _page(scored: pl.DataFrame, facts: Sequence[tuple[str, str]] = ()) -> str:
    return render(_evidence(scored), watched(nothing_played(), scored, STORIES), STORIES, facts)


class Text(HTMLParser):
    """The visible text of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(page)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def test_the_figures_are_those_of_the_table(scored: pl.DataFrame) -> None:
    text = Text(_page(scored, [("Seed", "7")])).text
    assert "33 sign-ins in 1 days" in text
    assert "32 scored, 2 March to 2 March ; 1 left unscored" in text or "32 scored, 2 March to 2 March; 1 left" in text
    assert "10 alerts, 10 a day" in text
    assert "1 of 2 attacks found in the queue, 0 by notables" in text


def test_the_queue_stands_in_the_order_of_the_scores_with_reasons_and_truth(scored: pl.DataFrame) -> None:
    page = _page(scored)
    text = Text(page[page.index('id="queue"') : page.index('id="cases"')]).text
    assert text.index("thief") < text.index("user29") < text.index("user28")
    assert "0.91" in text and "dest=db-1 never seen for thief in 10 days (+2.5)" in text
    assert "stolen credentials" in text and "user05" not in text


def test_a_missed_attack_is_told_and_shown(scored: pl.DataFrame) -> None:
    text = Text(_page(scored)).text
    assert "not in the queue" in text and "not found" not in text
    assert "not among the alerts" in text


def test_another_score_changes_the_page(scored: pl.DataFrame) -> None:
    """Nothing is written into the template: with the thief scored low, no attack is found."""
    low = scored.with_columns(ai_score=pl.when(pl.col("user") == "thief").then(0.001).otherwise(pl.col("ai_score")))
    assert "0 of 2 attacks found" in Text(_page(low)).text


@pytest.mark.parametrize("field", ["user", "user_bunit", "dest", "ai_reasons", "ai_severity", "ai_note", "ai_model"])
def test_hostile_values_are_text(scored: pl.DataFrame, field: str) -> None:
    hit = pl.when(pl.col("user") == "thief").then(pl.lit(HOSTILE)).otherwise(pl.col(field)).alias(field)
    page = _page(scored.with_columns(hit), [("Model", HOSTILE)])
    assert "<script" not in page
    assert Text(page).tags.count("script") == 0
    assert "&lt;script&gt;" in page


def test_hostile_names_in_contributions_are_text(scored: pl.DataFrame) -> None:
    hostile = scored.with_columns(ai_contributions=pl.lit(f"{HOSTILE}:+3.5; dest:-1"))
    assert "<script" not in _page(hostile)


def test_the_page_needs_nothing_from_elsewhere(scored: pl.DataFrame) -> None:
    page = _page(scored)
    assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
    assert "@import" not in page and "url(" not in page
    assert "default-src 'none'" in page


def test_pictures_and_tables_can_be_read_without_seeing_them(scored: pl.DataFrame) -> None:
    page = _page(scored)
    assert page.count("<figure>") == page.count("<figcaption")
    assert all('aria-hidden="true"' in svg for svg in re.findall(r"<svg[^>]*>", page))
    headings = re.findall(r"<thead>.*?</thead>", page, re.DOTALL)
    assert headings and all('scope="col"' in head for head in headings)


def _colours(theme: int) -> dict[str, str]:
    """The page's colours: theme 0 is light, 1 is dark."""
    css = (Path(report.__file__).parent / "report.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    return {name: (light, dark)[theme] for name, light, dark in pairs}


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_text_can_be_read_in_light_and_in_dark(theme: int) -> None:
    colours = _colours(theme)
    assert len(colours) > 20
    for ground in ("paper", "card"):
        for ink in ("ink", "soft", "accent"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for severity in SEVERITIES:
        assert _contrast(colours[severity], colours[f"{severity}-ground"]) >= 4.5, severity
    for mark in ("stolen_credentials", "insider_download", "password_spray", "raises", "lowers"):
        assert _contrast(colours[mark], colours["card"]) >= 3, mark


def test_a_waterfall_adds_up_to_the_margin_it_shows(scored: pl.DataFrame) -> None:
    page = _page(scored)
    case = page[page.index('class="fall"') :]
    amounts = [
        float(a.replace("−", "-"))
        for a in re.findall(r'<td class="num">([+−][\d.]+)</td>', case[: case.index("</table>")])
    ]
    *parts, margin = amounts
    assert sum(parts) == pytest.approx(margin, abs=0.011 * len(parts))
    assert margin == 3.25


def test_steps_follow_one_another_and_small_ones_are_summed() -> None:
    contributions = [(f"f{n}", (-1) ** n * (12.0 - n)) for n in range(12)]
    steps = waterfall(contributions, {})
    assert len(steps) == 9 and steps[-1].field == "4 others"
    assert sum(step.amount for step in steps) == pytest.approx(sum(amount for _, amount in contributions))
    for before, after in zip(steps, steps[1:], strict=False):
        end = before.left + before.width if before.amount > 0 else before.left
        begin = after.left if after.amount > 0 else after.left + after.width
        assert begin == pytest.approx(end, abs=0.02)


def test_escaped_names_of_contributions_are_read_back() -> None:
    assert contributions_of(r"a\;b\:c\\:+1; d:-2.5e-05") == [(r"a;b:c" + "\\", 1.0), ("d", -2.5e-05)]


def test_missing_input_is_told_by_name(tmp_path: Path, scored: pl.DataFrame) -> None:
    with pytest.raises(DataError, match="no scored table"):
        read_scored(tmp_path / "none.csv")
    scored.drop("ai_reasons").write_csv(tmp_path / "short.csv")
    with pytest.raises(DataError, match="ai_reasons"):
        read_scored(tmp_path / "short.csv")
    scored.clear().write_csv(tmp_path / "empty.csv")
    with pytest.raises(DataError, match="no rows"):
        read_scored(tmp_path / "empty.csv")


def test_the_truth_fits_only_rows_in_their_places(scored: pl.DataFrame) -> None:
    bare, truth = scored.drop("story", "label"), scored.select("_time", "user", "story", "label")
    assert with_truth(bare, truth)["story"].to_list() == scored["story"].to_list()
    with pytest.raises(DataError, match="another order"):
        with_truth(bare.with_columns(user=pl.col("user").reverse()), truth)
    with pytest.raises(DataError, match="another order"):
        with_truth(bare.with_columns(_time=pl.col("_time").reverse()), truth)
    with pytest.raises(DataError, match="came out"):
        with_truth(bare.head(5), truth)


def test_the_best_rule_stands_first(scored: pl.DataFrame) -> None:
    evidence = _evidence(scored)
    counts = [len(result.found) for result in evidence.rules]
    assert counts == sorted(counts, reverse=True)
    assert isinstance(evidence.best_rule, Result)


def test_the_page_is_written(tmp_path: Path, scored: pl.DataFrame) -> None:
    path = tmp_path / "report.html"
    write_report(path, _evidence(scored), watched(nothing_played(), scored, STORIES), STORIES, [])
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
