"""AIT-ADS: networks are found by their files, windows know their kinds, and the document shows the results."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score

from bench import ait, ait_kinds, quality
from bench.average_precision import ap, interval, mean, resampled

HEAD = "time,name,ip,host,short,time_label,event_label\n"
ROWS = [
    "1,a,i,web,A,-,-",
    "2,a,i,web,B,-,dirb",
    "3,b,i,web,B,-,webshell_cmd",
    "299,a,i,db,A,-,dnsteal",
    "300,a,i,web,A,-,-",
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "ait_ads").mkdir()
    for name in ("zeta", "alpha"):
        with gzip.open(tmp_path / "ait_ads" / f"{name}.csv.gz", "wt", encoding="utf-8") as file:
            file.write(HEAD + "\n".join(ROWS) + "\n")
    return tmp_path


def test_networks_are_found_by_their_files(data: Path) -> None:
    assert ait.networks(data) == ["alpha", "zeta"]


def test_a_window_is_an_attack_by_the_labels_of_its_alerts(data: Path) -> None:
    table = ait.windows(data, "zeta")
    assert table.select("_time", "host", "label", "kinds", "count", "types").rows() == [
        (0, "db", 0, "", 1, 1),
        (0, "web", 1, "web scan,web shell", 3, 2),
        (300, "web", 0, "", 1, 1),
    ]
    assert set(table["network"]) == {"zeta"} and ait.first_attack_s(data, "zeta") == 2


def test_a_kind_that_is_held_out_loses_its_labels_and_no_other(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pl.DataFrame] = []
    monkeypatch.setattr(ait_kinds, "fitted", lambda model, train, *options: seen.append(train))
    monkeypatch.setattr(ait_kinds, "scored", lambda model, test, *options: test["label"].to_numpy() * 1.0)
    found = ait_kinds.measured(data)
    assert set(found["ait_heldout_kinds"]) == {"web scan", "web shell"} and found["ait_heldout_kind_loss_max"] == 0.0
    assert [table["label"].to_list() for table in seen[2:]] == [[0, None, 0]] * 4


def test_average_precision_is_that_of_the_library() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        labels, score = np.append(rng.random(60) < 0.2, True), rng.integers(0, 12, 61) / 10.0
        assert ap(labels, score) == pytest.approx(average_precision_score(labels, score))


def test_the_mean_over_networks_is_resampled_by_window() -> None:
    truth = {"one": np.arange(40) % 10 == 0, "two": np.arange(40) == 3}
    right = {name: labels * 1.0 for name, labels in truth.items()}
    found = resampled({"right": right, "same": right}, truth, 20)
    assert (found["right"] == 1.0).all() and np.array_equal(found["right"], found["same"])
    assert interval(found["right"]) == [1.0, 1.0] and mean({"one": ap(truth["one"], right["one"])}) == 1.0


@pytest.mark.parametrize("part", ["windows", "own", "kinds"])
def test_the_document_shows_the_results(part: str) -> None:
    kept: dict[str, Any] = json.loads(quality.RESULTS.read_text(encoding="utf-8"))
    text = quality.DOC.read_text(encoding="utf-8")
    for line in quality.PARTS[part].lines_of(kept):
        assert line in text
