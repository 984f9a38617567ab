"""The figures of blocks, records and points, and what is read from their files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from bench import http, nsl, sea


def test_hits_are_counted_above_the_allowed_false_alarms() -> None:
    own, other = np.arange(1000) / 1000, np.array([0.95, 0.96, 0.999, 0.1])
    truth = np.r_[np.zeros(1000, np.bool_), np.ones(4, np.bool_)]
    assert sea.hits(truth, np.r_[own, other]) == 0.5


def test_figures_of_blocks_resample_users() -> None:
    truth = np.zeros((20, 3), np.bool_)
    truth[:5] = True
    scores = np.where(truth, 0.9, 0.1)
    scores[:, 2] = 0.5
    found = sea.figures("frozen", scores, truth)
    assert found["sea_frozen_auroc"] == pytest.approx(8 / 9, abs=0.06)
    low, high = found["sea_frozen_auroc_90"]
    assert low < 0.8 and high == 1.0, "users that cannot be told apart are drawn more or less often"


@pytest.mark.parametrize("columns", [[1, 3], [7, 9]])
def test_users_find_their_column_of_the_truth(tmp_path: Path, columns: list[int]) -> None:
    """By their number; a file that holds only theirs has them in order."""
    width = 5 if columns == [1, 3] else 2
    table = np.arange(2 * width).reshape(2, width) % 2
    np.savetxt(tmp_path / "label.txt", table, fmt="%d")
    expected = table[:, columns] if width == 5 else table
    assert np.array_equal(sea._truth(tmp_path / "label.txt", columns), expected == 1)


def test_blocks_are_rows_of_a_day_in_the_order_of_commands(tmp_path: Path) -> None:
    (tmp_path / "User1.gz").write_bytes(gzip.compress("\n".join(f"c{at}" for at in range(250)).encode()))
    blocks = sea._blocks(tmp_path / "User1.gz")
    assert [len(block) for block in blocks] == [100, 100, 50]
    rows = sea.rows_of({"User1": blocks}, range(2))
    assert rows["commands"][1].startswith("c100\nc101\n") and rows["_time"].diff()[1] == sea.DAY_S


def test_connections_are_read_by_their_fields(tmp_path: Path) -> None:
    (tmp_path / "nsl_kdd").mkdir()
    line = ",".join(["0", "tcp", "http", "SF", *(["1"] * 37), "normal", "20"])
    (tmp_path / "nsl_kdd" / "KDDTest+.csv.gz").write_bytes(gzip.compress(line.encode()))
    table = nsl._read(tmp_path, "KDDTest+*.csv.gz")
    assert table.columns == nsl.NAMES and table["attack"][0] == nsl.NORMAL
    assert nsl._asked(table["service"]) == "service" and nsl._asked(table["duration"]) == "duration:band"


def test_an_interval_of_points_holds_the_figure() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(3000) < 0.05
    scores = np.round(rng.normal(size=3000) + 2 * truth, 1)  # with ties
    low, high = http._interval(truth, scores)
    assert low < average_precision_score(truth, scores) < high < low + 0.25
    assert http._interval(truth, truth * 1.0) == [1.0, 1.0]
