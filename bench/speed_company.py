"""What is scored, and with which models: a simulated company, its events as bodies, and two fitted models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import joblib  # type: ignore[import-untyped]
import numpy as np
import polars as pl
import xgboost
from sklearn.ensemble import IsolationForest

from models.scoring import Model
from models.simulator import simulate
from models.simulator.clock import SCORED_DAYS
from models.simulator.simulation import default_stories
from models.simulator.stories import insider_download, password_spray, stolen_credentials
from sidecar.app import open_house
from sidecar.settings import read_settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from tests.splunkd import frames

PLAIN = "logon"
"""The model without labels: surprise and forest."""
FULL = "logon_labelled"
"""The model of all voices: surprise, forest and boost."""
TRUTH = ("story", "label")
WRONG_SHARE = 0.02
"""Events that carry a wrong verdict in the labelled history. Without them few small trees tell the stories apart, and
a benchmark of small trees would flatter whoever explains them."""
FIRST_STORY_DAY = 2
WEEK_S = 7 * 86_400.0
ADDED = {
    "host": "dc-eu-01",
    "index": "auth",
    "source": "WinEventLog:Security",
    "sourcetype": "XmlWinEventLog",
    "splunk_server": "idx-03",
    "linecount": "1",
    "vendor_product": "Microsoft Windows",
    "eventtype": "windows_logon",
    "tag": "authentication",
    "_cd": "17:284193",
}
"""Fields that Splunk puts beside those of an event; with the simulator's 20 they make 30 columns."""


@dataclass(frozen=True)
class Fitted:
    """A model in a home: its name, and its detectors as the libraries made them (files of `folder`)."""

    name: str
    home: Path
    folder: Path

    @property
    def forest(self) -> Path:
        """The IsolationForest, kept by joblib."""
        return self.folder / f"{self.name}.forest.joblib"

    @property
    def booster(self) -> Path | None:
        """The XGBoost model, or None where the model has none."""
        path = self.folder / f"{self.name}.booster.json"
        return path if path.exists() else None

    def loaded(self) -> Model:
        """The model as a service has it."""
        return open_house(read_settings(home=self.home)).shelf.champion(self.name)


@dataclass(frozen=True)
class Company:
    """past: labelled history to fit from; events: what is scored, in ascending time, without the truth."""

    past: pl.DataFrame
    events: pl.DataFrame

    @classmethod
    def simulated(cls, users: int, days: int) -> Company:
        """A company that is attacked in its past too, so that a boost can learn from it."""
        tellers = (stolen_credentials, insider_download, password_spray)
        first_scored = days - SCORED_DAYS
        told = [(day, tellers[day % len(tellers)]) for day in range(FIRST_STORY_DAY, first_scored)]
        company = simulate(users=users, days=days, stories=[*default_stories(first_scored), *told])
        return cls(company.before().drop("story"), company.after().drop(TRUTH))

    def rows(self, count: int) -> pl.DataFrame:
        """The first `count` events; where there are fewer, the same days again a week later, and so on."""
        weeks = range(-(-count // len(self.events)))
        shifted = [self.events.with_columns(pl.col("_time") + week * WEEK_S) for week in weeks]
        return pl.concat(shifted).head(count)

    def with_wrong_verdicts(self) -> pl.DataFrame:
        """The past with some of its events labelled by mistake, seeded."""
        wrong = np.random.default_rng(1).random(len(self.past)) < WRONG_SHARE
        return self.past.with_columns(pl.Series("label", self.past["label"].to_numpy() | wrong, dtype=pl.Int8))


def fitted_pair(company: Company, folder: Path) -> tuple[Fitted, Fitted]:
    """PLAIN and FULL in one new home under `folder`. Raises AssertionError when a voice of FULL stays silent."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    quiet = company.past.filter(pl.col("label") == 0).drop("label")
    plain = fitted(quiet, folder, PLAIN, recipe="authentication")
    full = fitted(company.with_wrong_verdicts(), folder, FULL, recipe="authentication", label="label")
    weights = full.loaded().trained.margin.weights
    assert full.booster and min(weights) > 0, f"a voice is silent: {weights}"
    return plain, full


def fitted(events: pl.DataFrame, folder: Path, name: str, **options: Any) -> Fitted:
    """Fit from events (text or typed) in the home under `folder`; options: those of the verb fit."""
    with _kept_detectors() as (forests, boosters):
        fit(events.cast(pl.String), FitOptions(model=name, **options), open_house(read_settings(home=folder / "home")))
    found = Fitted(name, folder / "home", folder)
    joblib.dump(forests[-1], found.forest)
    if boosters:
        boosters[-1].save_model(folder / f"{name}.booster.json")
    return found


@contextmanager
def _kept_detectors() -> Iterator[tuple[list[IsolationForest], list[xgboost.Booster]]]:
    """Every forest and booster that is grown meanwhile: a bundle keeps arrays, the other designs the objects."""
    forests: list[IsolationForest] = []
    boosters: list[xgboost.Booster] = []
    grow, train = IsolationForest.fit, xgboost.train

    def growing(forest: IsolationForest, *given: Any, **named: Any) -> IsolationForest:
        forests.append(grow(forest, *given, **named))
        return forests[-1]

    def training(*given: Any, **named: Any) -> xgboost.Booster:
        boosters.append(train(*given, **named))
        return boosters[-1]

    with patch.object(IsolationForest, "fit", growing), patch.object(xgboost, "train", training):
        yield forests, boosters


def shape_of(model: Model, booster: Path) -> dict[str, Any]:
    """How large a model is: columns of its matrix, trees, leaves a tree."""
    forest = model.trained.forest
    trees = json.loads(booster.read_bytes())["learner"]["gradient_booster"]["model"]["trees"]
    leaves = [sum(child < 0 for child in tree["left_children"]) for tree in trees]
    return {
        "columns": len(model.trained.spec.columns()),
        "sources": len(model.trained.spec.sources()),
        "forest_trees": len(forest.roots),
        "forest_leaves_a_tree": round(float((forest.feature < 0).sum() / len(forest.roots)), 1),
        "boost_trees": len(trees),
        "boost_leaves_a_tree": round(float(np.mean(leaves)), 1),
    }


def chunks(events: pl.DataFrame, size: int) -> list[bytes]:
    """CSV bodies as splunkd writes them: each field with its `__mv_` column, which is empty for single values."""
    header = [name for field in events.columns for name in (field, f"__mv_{field}")]
    rows = [[cell for value in row for cell in (value or "", "")] for row in events.cast(pl.String).iter_rows()]
    return [frames.to_csv(header, rows[start : start + size]) for start in range(0, len(rows), size)]


def wide_body(events: pl.DataFrame) -> bytes:
    """One CSV body of the events with Splunk's own fields beside theirs: 30 columns."""
    return events.with_columns(pl.lit(value).alias(name) for name, value in ADDED.items()).write_csv().encode()
