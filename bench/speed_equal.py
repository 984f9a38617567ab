"""Like with like: the designs must have said the same of every row, or there is no figure."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

import numpy as np
import polars as pl

DECIMALS = 6
ROUNDING = 5.5e-6
"""How far numbers of six decimals may lie apart where one design asks XGBoost for the boost's score: it adds up its
trees in single precision, and 300 of them are off by up to 1e-5 in log-odds. Ours are added up in double precision."""
TOLERANCE = 1e-4
"""How far contributions may lie apart, in margin units; of those above 1, this share of their size."""
NUMBERS = ("ai_score", "ai_anomaly", "ai_threat")
ROUNDED = {"ai_severity", "ai_risk"}
"""What is made of the score: may take the next step where the decimals of the score differ."""
TEXTS = {"ai_reasons", "ai_contributions", "ai_note"}
"""What an explanation adds to a row; reasons are worded by each design in its own way."""
_PAIR = re.compile(r"((?:[^\\;:]|\\.)+):([^;]+)(?:; )?")


def equal_scores(ours: list[bytes], theirs: list[bytes], rows: int) -> None:
    """AssertionError unless both designs gave every row the same output, numbers to six decimals."""
    mine, other = _aligned(ours, theirs, rows)
    for name in sorted(mine.columns):
        left, right = _plain(mine[name]), _plain(other[name])
        _complain(name, mine, other, (left != right).to_numpy())


@dataclass(frozen=True)
class Agreement:
    """both: rows that both designs explained; score, contribution: the furthest that two of them lie apart."""

    both: int
    score: float
    contribution: float


def equal_explained(ours: list[bytes], theirs: list[bytes], rows: int) -> Agreement:
    """How well two designs agree.

    AssertionError unless they gave every row the same but for reasons, numbers within ROUNDING, and explained rows the
    same contributions within TOLERANCE; or when no row was explained by both.
    """
    mine, other = _aligned(ours, theirs, rows)
    apart = {name: _apart(mine[name], other[name]) for name in NUMBERS}
    for name, far in apart.items():
        _complain(name, mine, other, far > ROUNDING)
    same = apart["ai_score"] == 0
    for name in sorted(set(mine.columns) - set(NUMBERS) - TEXTS):
        differs = (mine[name] != other[name]).to_numpy()
        _complain(name, mine, other, differs & same if name in ROUNDED else differs)
    notes = [table["ai_note"].str.replace(",?not_explained", "").str.strip_prefix(",") for table in (mine, other)]
    _complain("ai_note", mine, other, (notes[0] != notes[1]).to_numpy())
    far_by_row = _contributions_apart(mine, other)
    return Agreement(len(far_by_row), float(apart["ai_score"].max()), max(far_by_row))


def digest(replies: list[bytes]) -> str:
    """SHA-256 over all replies: repeated runs of one design must give the same bytes."""
    return hashlib.sha256(b"\0".join(replies)).hexdigest()


def contributions_of(cell: str) -> dict[str, float]:
    r"""The pairs of `ai_contributions`.

    >>> contributions_of("app:-1.25; a\\:b:+0.5")
    {'app': -1.25, 'a\\:b': 0.5}
    """
    return {name: float(value) for name, value in _PAIR.findall(cell)}


def _contributions_apart(mine: pl.DataFrame, other: pl.DataFrame) -> list[float]:
    """The furthest that two contributions lie apart, for each row that both designs explained."""
    name = "ai_contributions"
    both = np.flatnonzero(((mine[name] != "") & (other[name] != "")).to_numpy())
    assert len(both), "no row was explained by both designs"
    found = []
    for row in both.tolist():
        left, right = contributions_of(mine[name][row]), contributions_of(other[name][row])
        far = max(abs(left.get(f, 0) - right.get(f, 0)) / max(1, abs(left.get(f, 0))) for f in left.keys() | right)
        assert far <= TOLERANCE, f"row {row}: {name} {far:.1e} apart: {mine[name][row]!r}, {other[name][row]!r}"
        found.append(far)
    return found


def _aligned(ours: list[bytes], theirs: list[bytes], rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    mine, other = outputs(ours), outputs(theirs)
    assert len(mine) == len(other) == rows, f"{len(mine)} and {len(other)} rows came back for {rows}"
    assert set(mine.columns) == set(other.columns), f"other fields: {sorted(mine.columns)}, {sorted(other.columns)}"
    return mine, other


def outputs(replies: list[bytes]) -> pl.DataFrame:
    """The output fields of all rows as texts."""
    tables = [pl.read_csv(io.BytesIO(reply), infer_schema=False) for reply in replies]
    ours = [table.select(sorted(name for name in table.columns if name.startswith("ai_"))) for table in tables]
    return pl.concat(ours).with_columns(pl.all().fill_null(""))


def _plain(cells: pl.Series) -> pl.Series:
    """Numbers as six decimals, so that 0.5 equals 0.500000; anything else as it is."""
    numbers = cells.cast(pl.Float64, strict=False)
    rounded = numbers.round(DECIMALS).cast(pl.String)
    return pl.select(pl.when(numbers.is_null()).then(cells).otherwise(rounded)).to_series()


def _apart(left: pl.Series, right: pl.Series) -> np.ndarray:
    """How far two columns of numbers lie apart, once rounded; infinitely where only one of them is empty."""
    mine, other = (s.cast(pl.Float64, strict=False).round(DECIMALS).to_numpy() for s in (left, right))
    far = np.abs(mine - other)
    return np.where(np.isnan(mine) & np.isnan(other), 0.0, np.where(np.isnan(far), np.inf, far))


def _complain(name: str, mine: pl.DataFrame, other: pl.DataFrame, wrong: np.ndarray) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise AssertionError(f"row {row}: {name} {mine[name][row]!r}, {other[name][row]!r}")
