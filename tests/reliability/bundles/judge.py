"""What a loaded model may answer: every row, in range, in the words of the contract."""

from __future__ import annotations

import re

import polars as pl

from models.fields import OUTPUT_FIELDS, SCORED_NOTES, UNSCORED_NOTES
from models.risk import SEVERITIES

NOTES = {*SCORED_NOTES, *UNSCORED_NOTES, ""}
NO_NUMBER = re.compile(r"[:+ -](nan|inf)\b")


def faults(asked: pl.DataFrame, table: pl.DataFrame) -> list[str]:
    """What is wrong with the answer to `asked`; nothing where it is as it must be."""
    if tuple(table.columns) != OUTPUT_FIELDS or table.height != asked.height:
        return [f"the answer is of shape {table.shape}, columns {table.columns[:20]}"]
    found = [
        *_within(table["ai_score"], 0.0, 0.999999),
        *_within(table["ai_anomaly"], 0.0, 1.0),
        *_within(table["ai_threat"], 0.0, 1.0),
        *_within(table["ai_risk"], 1, 100),
        *_words(table["ai_severity"], {*SEVERITIES}),
        *_words(table["ai_status"], {"scored", "partial", "unscored"}),
        *_words(table["ai_note"].str.split(",").explode(), NOTES),
    ]
    scored = table["ai_status"] != "unscored"
    if (table["ai_score"].is_null() == scored).any() or (table["ai_severity"].is_null() == scored).any():
        found.append("a scored row without a score, or a score without a scored row")
    if not table["ai_event_id"].str.contains("^[0-9a-f]{32}$").all():
        found.append("an event id that is none")
    for name in ("ai_reasons", "ai_contributions"):
        texts = [text for text in table[name].to_list() if text is not None]
        if any("\n" in text or "\r" in text for text in texts):
            found.append(f"{name} holds a line end")
    if any(NO_NUMBER.search(text) for text in table["ai_contributions"].to_list() if text):
        found.append("a contribution that is no number")
    return found


def _within(column: pl.Series, low: float, high: float) -> list[str]:
    known = column.drop_nulls().cast(pl.Float64)
    bad = (~known.is_between(low, high) | ~known.is_finite()).sum()
    return [f"{bad} of {column.name} lie outside {low} to {high}: {known.head(3).to_list()}"] if bad else []


def _words(column: pl.Series, known: set[str]) -> list[str]:
    odd = {word for word in column.drop_nulls().to_list() if word not in known}
    return [f"{column.name} says {sorted(odd)[:3]}"] if odd else []
