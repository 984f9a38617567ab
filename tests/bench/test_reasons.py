"""Which events the page of reasons shows."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bench.reasons import Row, Source, chosen, parts


def source(many: int) -> Source:
    return Source("x", many, 0.55, lambda data: pl.DataFrame(), lambda row: "", lambda row: row["command"])


def table(*rows: tuple[str, str]) -> pl.DataFrame:
    """(command, reasons), highest first."""
    found = [
        {"command": command, "ai_reasons": reasons, "ai_score": 1.0 - number / 10}
        for number, (command, reasons) in enumerate(rows)
    ]
    return pl.DataFrame(found)


def commands(rows: list[Row]) -> list[str]:
    return [row["command"] for row in rows]


def test_no_kind_is_told_twice_and_other_fields_come_first() -> None:
    rows = table(
        ("a", "src=1 (+2); dest=2 (+1)"),
        ("a", "app=1 (+2)"),
        ("b", "src=9 (+2); dest=9 (+1)"),
        ("c", "app=2 (+2)"),
    )
    assert commands(chosen(source(2), rows)) == ["a", "c"]
    assert commands(chosen(source(3), rows)) == ["a", "b", "c"]
    assert commands(chosen(source(9), rows)) == ["a", "b", "c"]


def test_what_its_surroundings_made_strange_is_left_out() -> None:
    rows = table(
        ("a", "9 bits of surprise in what else happened around this time (+9); src=1 (+1)"), ("b", ""), ("c", "x=1")
    )
    assert commands(chosen(source(3), rows)) == ["c"]


def test_low_scores_are_left_out() -> None:
    rows = table(*((name, f"{name}=1 (+1)") for name in "abcdefgh"))
    assert commands(chosen(source(9), rows)) == list("abcde")


def test_reasons_are_cut_where_they_end() -> None:
    assert parts({"ai_reasons": "a=1 (+2); b=c\\; d (+1)"}) == ["a=1 (+2)", "b=c\\; d (+1)"]


def test_the_page_shows_twenty() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reasons.md").read_text(encoding="utf-8")
    assert [line.split("**")[1] for line in page.splitlines() if line.startswith("**")] == [
        f"{n}." for n in range(1, 21)
    ]
