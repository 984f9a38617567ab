"""What the model's severities promise, beside what was seen: the part of the report about thresholds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from models.thresholds import tail_of
from sidecar.demo.pictures import Picture, promised
from sidecar.demo.words import one_in

WIDE, NARROW = 1_060, 350


@dataclass(frozen=True)
class Promise:
    """The picture at two widths, and the promise in words."""

    wide: Picture
    narrow: Picture
    words: str


def promise_of(card: Mapping[str, str], scored: pl.DataFrame) -> Promise | None:
    """From the rows of a model's card, key and value; None where the card makes no promise."""
    if not {"thresholds", "reference_tail", "promise"} <= card.keys():
        return None
    thresholds = [_threshold(band) for band in json.loads(card["thresholds"])]
    ordinary = scored.filter(pl.col("story") == "")["ai_score"].drop_nulls().to_numpy()
    seen = tail_of(ordinary) if len(ordinary) else []
    tail = json.loads(card["reference_tail"])
    wide, narrow = (promised(tail, seen, thresholds, width) for width in (WIDE, NARROW))
    return Promise(wide, narrow, card["promise"])


def _threshold(band: Mapping[str, Any]) -> tuple[str, float, float, str]:
    """Severity, score, rate and words of one."""
    name, score, rate = band["severity"], band["score"], band["rate"]
    return name, score, rate, f"{name} from {score:.2f}: {one_in(rate)}, {band['how']}"


def read_card(table: pl.DataFrame) -> dict[str, str]:
    """The table of `| aimodels action=show`: key and value."""
    return dict(zip(table["key"].to_list(), table["value"].to_list(), strict=True))
