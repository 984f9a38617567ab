"""A trained model: spec, detectors, margin and scale; and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.arrays import Buffer
from models.calibration import Platt
from models.detectors.attribution import Attribution
from models.detectors.base import Contributions, Floats, Matrix
from models.detectors.boost import Boost
from models.detectors.ensemble import Margin
from models.detectors.forest import Forest
from models.detectors.surprise import Surprise
from models.detectors.xgboost_json import FILE
from models.features.context import with_context
from models.features.encode import Encoded
from models.features.own import Own
from models.features.spec import FeatureSpec
from models.features.values import Values
from models.quality.normal import Normal, new_columns
from models.risk import THRESHOLDS
from models.scale import Scale
from models.written import Written, refused

Engine = Literal["auto", "library"]


@dataclass(frozen=True)
class Inputs:
    """What the voices hear: the matrix with its context column, and the surprise.

    around: bits around each row, float64 (n,), NaN where unknown, None where the model keeps no context;
    out_of_order: rows whose context is unknown or partial, bool (n,); carry: for the next chunk.
    """

    matrix: Matrix
    surprise: Surprise
    around: Floats | None
    out_of_order: npt.NDArray[np.bool_]
    carry: bytes

    def take(self, rows: npt.NDArray[np.int64]) -> Inputs:
        """Some of the rows; the carry is that of the whole chunk."""
        around = None if self.around is None else self.around[rows]
        surprise = Surprise(self.surprise.terms[rows])
        return Inputs(self.matrix[rows], surprise, around, self.out_of_order[rows], self.carry)


def inputs_of(
    encoded: Encoded,
    values: Values,
    spec: FeatureSpec,
    carry: bytes = b"",
    *,
    whole: bool = False,
    warmup_h: float = 0.0,
    own: Own | None = None,
) -> Inputs:
    """Add the context of the moment to encoded rows. whole: no row is missing, so an odd order loses nothing;
    warmup_h: hours after a scope's first row in which surprise counts less; own: what is usual for whom in the
    sequences of the spec, if it has any."""
    encoded = _weighed(encoded, values, spec, own)
    if values.time is None or not (spec.has_context or warmup_h > 0):
        none = np.zeros(values.count, np.bool_)
        return Inputs(encoded.matrix, Surprise.of(encoded.surprise, None), None, none, b"")
    context = with_context(encoded.surprise.sum(axis=1), values.time, values.scope, values.main, carry, warmup_h)
    bits = encoded.surprise * context.weight[:, None] if warmup_h > 0 else encoded.surprise
    out_of_order = np.isnan(context.around) if whole else context.out_of_order
    if not spec.has_context:
        return Inputs(encoded.matrix, Surprise.of(bits, None), None, out_of_order, context.carry)
    matrix = encoded.matrix.copy()
    matrix[:, -1] = np.log1p(context.around)
    return Inputs(matrix, Surprise.of(bits, context.around), context.around, out_of_order, context.carry)


def _weighed(encoded: Encoded, values: Values, spec: FeatureSpec, own: Own | None) -> Encoded:
    """Encoded rows with their sequences told in the spreads of their owners."""
    if own is None:
        return encoded
    matrix = encoded.matrix.copy()
    bits = own.weigh(matrix, values, spec)
    return replace(encoded, matrix=matrix, surprise=encoded.surprise + bits)


def inputs_alone(encoded: Encoded, values: Values, spec: FeatureSpec, own: Own | None) -> Inputs:
    """As inputs_of, each row by itself: nothing strange was ever around it."""
    encoded = _weighed(encoded, values, spec, own)
    none = np.zeros(values.count, np.bool_)
    if not spec.has_context or values.time is None:
        return Inputs(encoded.matrix, Surprise.of(encoded.surprise, None), None, none, b"")
    around = np.where(np.isnan(values.time), np.nan, 0.0)
    matrix = encoded.matrix.copy()
    matrix[:, -1] = np.log1p(around)
    return Inputs(matrix, Surprise.of(encoded.surprise, around), around, none, b"")


@dataclass(frozen=True)
class Trained:
    """Everything that scoring needs but the baseline.

    risk: the fields that earn risk; anomaly_grid: unsupervised margins at 1,001 equal shares of the reference;
    card: what a person should know of the training; normal: what the fields were like; fitted_with: the version
    of the generation it was fitted with, so that the bundle's own version covers the baseline; own: what is usual for
    whom, of a spec with sequences.
    """

    spec: FeatureSpec
    risk: tuple[str, ...]
    forest: Forest
    boost: Boost | None
    margin: Margin
    scale: Scale
    platt: Platt | None
    anomaly_grid: Floats
    card: dict[str, Any]
    normal: Normal | None = None
    fitted_with: str = ""
    thresholds: tuple[float, ...] = THRESHOLDS
    own: Own | None = None

    def voices(self, inputs: Inputs, nthread: int = 1) -> Floats:
        """The three voices of each row, float64 (n, 3); the boost's is 0 where there is none."""
        forest = self.forest.score(inputs.matrix, nthread)
        boost = self.boost.score(inputs.matrix, nthread) if self.boost else np.zeros(len(inputs.matrix))
        return np.column_stack([inputs.surprise.score(), forest, boost])

    def contributions(self, inputs: Inputs, nthread: int = 1, engine: Engine = "auto") -> Contributions:
        """The exact contributions of each source (see FeatureSpec.sources) to the margin, float64 (n, sources).

        engine: `auto`, or `library` for the Shapley values as XGBoost and shap compute them.
        """
        parts: list[Contributions | None] = [inputs.surprise.contributions()]
        for name, detector in self.detectors.items():
            if detector is None:
                parts.append(None)
            elif engine == "library":
                parts.append(self._by_source(detector.library_contributions(inputs.matrix)))
            else:
                parts.append(self.attributions[name].contributions(inputs.matrix, nthread))
        return self.margin.contributions(parts)

    def broken(self, inputs: Inputs, values: Values) -> npt.NDArray[np.bool_]:
        """Rows scored on a field that is broken in this chunk beside what was usual at the fit, bool (n,)."""
        if self.normal is None:
            return np.zeros(values.count, np.bool_)
        return self.normal.broken(values, inputs.matrix, self._new_columns)

    @cached_property
    def _new_columns(self) -> dict[str, int]:
        return new_columns(self.spec)

    @property
    def detectors(self) -> dict[str, Forest | Boost | None]:
        """The voices made of trees, in the margin's order."""
        return {"forest": self.forest, "boost": self.boost}

    @cached_property
    def attributions(self) -> dict[str, Attribution]:
        """What explains each tree detector, its contributions summed per source field, so that one fact is never
        three reasons."""
        booked, width = self._source_of_column(), len(self.spec.sources())
        return {
            name: Attribution.of(detector.trees, len(booked), booked, width)
            for name, detector in self.detectors.items()
            if detector is not None
        }

    @property
    def explains_fast(self) -> bool:
        """Whether every tree is explained by table: then all events of a search can be."""
        return all(attribution.tabled for attribution in self.attributions.values())

    def _source_of_column(self) -> npt.NDArray[np.int64]:
        sources = self.spec.sources()
        return np.asarray([sources.index(column.field) for column in self.spec.columns()], np.int64)

    def _by_source(self, found: Contributions) -> Contributions:
        phi = np.zeros((len(found.phi), len(self.spec.sources())))
        for at, source in enumerate(self._source_of_column()):
            phi[:, source] += found.phi[:, at]
        return Contributions(phi, found.base)

    def files(self) -> dict[str, bytes]:
        """The bundle's files: JSON and .npy only."""
        described = {
            "spec": self.spec.to_json(),
            "risk": self.risk,
            "margin": self.margin.to_json(),
            "scale": self.scale.to_json(),
            "platt": asdict(self.platt) if self.platt else None,
            "anomaly_grid": self.anomaly_grid.tolist(),
            "thresholds": self.thresholds,
            "card": self.card,
            "normal": self.normal.to_json() if self.normal else None,
            "fitted_with": self.fitted_with,
        }
        found = {"model.json": json.dumps(described, sort_keys=True).encode(), **self.forest.files()}
        found |= self.own.files() if self.own else {}
        return {**found, **self.boost.files()} if self.boost else found

    @classmethod
    def from_files(cls, files: Mapping[str, Buffer]) -> Trained:
        """The model back. Raises DataError where it is none that a fit could have made."""
        told = Written.read(files, "model.json")
        spec = FeatureSpec.from_json(told.part("spec").found)
        grid = told.numbers("anomaly_grid", least=2)
        thresholds = told.numbers("thresholds", 0.0, 1.0, len(THRESHOLDS), len(THRESHOLDS))
        if (np.diff(grid) < 0).any() or (np.diff(thresholds) < 0).any():
            raise refused("model.json has an anomaly_grid or thresholds that do not rise")
        trained = cls(
            spec=spec,
            risk=told.texts("risk", 1),
            forest=Forest.from_files(files),
            boost=Boost.from_files(files) if FILE in files else None,
            margin=Margin.from_json(told.part("margin").found),
            scale=Scale.from_json(told.part("scale").found),
            platt=Platt.from_json(told.part("platt").found) if told.has("platt") else None,
            anomaly_grid=grid,
            card=dict(told.part("card").found),
            normal=Normal.from_json(told.part("normal"), spec) if told.has("normal") else None,
            fitted_with=told.text("fitted_with"),
            thresholds=tuple(thresholds.tolist()),
            own=Own.from_files(files, spec),
        )
        trained.forest.trees.check_columns(len(spec.columns()))
        if trained.boost and trained.boost.boosted.columns != len(spec.columns()):
            raise refused(f"{FILE} was not fitted on the {len(spec.columns())} columns of the spec")
        return trained
