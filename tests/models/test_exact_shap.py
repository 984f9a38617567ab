"""The Shapley values of tree ensembles are exact: against the definition, against the libraries, by the axioms."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detectors.attribution import Attribution
from models.detectors.base import Contributions
from models.detectors.trees import Trees
from models.errors import DataError
from tests.models.shapley import shapley, total
from tests.models.tree_models import (
    BoostSketch,
    Case,
    Fitted,
    ForestSketch,
    Sketch,
    arrays,
    boosters,
    forests,
    join,
    one_by_one,
    sketches,
)

WAYS: dict[str, dict[str, int]] = {"table": {}, "quadrature": {"table_bytes": 0}}
"""As it comes (tables, but for trees too deep for them), and with every tree on the fallback."""
ROUNDING = {"table": 1e-6, "quadrature": 1e-12}
"""How far a contribution may be off, as a share of the most that the trees can say: tables are float32."""
SCORE, SHAPLEY = 1e-6, 1e-5
"""How far a score and a contribution may be off from a library's, as a share of the margins' scale."""
DEEP = sketches(
    depth=st.integers(9, 12),
    shape=st.sampled_from(["any", "chain"]),
    columns=st.integers(9, 10),
    features=st.just(10),
    trees=st.integers(1, 3),
)
"""Trees with paths of more features than a table can hold."""
LARGE = Sketch(seed=5, trees=20, columns=20, depth=7, odd=0.2, missing=0.1, rows=1030, values="mixed")

every_way = pytest.mark.parametrize("way", WAYS)


def examples(count: int) -> Any:
    """Every run tries the same models; a busy machine fails none."""
    return settings(max_examples=count, deadline=None, derandomize=True, database=None)


def explain(case: Case, way: str, nthread: int = 1) -> Contributions:
    return Attribution.of(case.trees, case.columns, **WAYS[way]).contributions(case.matrix, nthread=nthread)


def most(trees: Trees) -> float:
    """The most that the trees can say: the base, and each tree's largest leaf."""
    return abs(trees.base) + float(sum(np.abs(tree.value[tree.feature < 0]).max() for tree in one_by_one(trees)))


def assert_near(found: Contributions, expected: Contributions, within: float, way: str) -> None:
    assert found.phi.shape == expected.phi.shape and found.phi.dtype == np.float64
    assert np.abs(found.phi - expected.phi).max(initial=0.0) <= within, way
    assert abs(found.base - expected.base) <= within, way


# By the definition


def assert_as_defined(case: Case) -> None:
    expected = shapley(case.trees, case.matrix)
    for way, rounding in ROUNDING.items():
        assert_near(explain(case, way), expected, rounding * most(case.trees), way)


@examples(500)
@given(sketches())
def test_trees_are_explained_as_defined(sketch: Sketch) -> None:
    assert_as_defined(sketch.draw())


@examples(100)
@given(DEEP)
def test_trees_too_deep_for_a_table_are_explained_as_defined(sketch: Sketch) -> None:
    assert_as_defined(sketch.draw())


@examples(300)
@given(sketches())
def test_totals_are_the_base_and_the_leaves_reached(sketch: Sketch) -> None:
    case = sketch.draw()
    off = np.abs(case.trees.total(case.matrix) - total(case.trees, case.matrix))
    assert off.max() <= 1e-14 * most(case.trees)


# By the libraries


def assert_as_the_library(fitted: Fitted) -> None:
    size = max(1.0, float(np.abs(fitted.margin).max()))
    assert np.abs(fitted.trees.total(fitted.matrix) - fitted.margin).max() <= SCORE * size
    for way in WAYS:
        found = explain(Case(fitted.trees, fitted.matrix), way)
        for theirs in fitted.explained:
            assert_near(found, theirs, SHAPLEY * size, way)


@examples(150)
@given(boosters(st.sampled_from([1, 2, 3, 6, 9, 40, 300])))
def test_boosters_are_explained_as_the_libraries_do(sketch: BoostSketch) -> None:
    assert_as_the_library(sketch.fit())


@examples(150)
@given(forests(st.sampled_from([1, 2, 3, 6, 9, 40, 300])))
def test_forests_are_explained_as_the_libraries_do(sketch: ForestSketch) -> None:
    assert_as_the_library(sketch.fit())


@examples(60)
@given(boosters(st.integers(1, 6)) | forests(st.integers(1, 6)))
def test_fitted_detectors_are_explained_as_defined(sketch: BoostSketch | ForestSketch) -> None:
    fitted = sketch.fit()
    assert_as_defined(Case(fitted.trees, fitted.matrix))


# By the axioms


@every_way
@pytest.mark.parametrize("depth", [1, 4, 7, 12])
@pytest.mark.parametrize("columns", [1, 9, 60])
def test_contributions_and_base_add_up_to_the_total(way: str, depth: int, columns: int) -> None:
    for seed in range(3):
        sketch = Sketch(seed, trees=9, columns=columns, depth=depth, features=60, odd=0.1, missing=0.2, rows=300)
        case = sketch.draw()
        found = explain(case, way)
        off = np.abs(found.base + found.phi.sum(axis=1) - case.trees.total(case.matrix))
        assert off.max() <= ROUNDING[way] * most(case.trees)


@every_way
def test_a_column_that_no_tree_asks_for_gets_exactly_nothing(way: str) -> None:
    case = Sketch(seed=3, trees=12, columns=40, depth=5, features=3, rows=100).draw()
    silent = np.setdiff1d(np.arange(40), case.trees.feature)
    assert 0 < len(silent) < 40
    assert (explain(case, way).phi[:, silent] == 0.0).all()


@every_way
def test_columns_that_mean_the_same_get_the_same(way: str) -> None:
    """Column 0 is asked first, column 1 below it; either may be swapped for the other at no change."""
    rng = np.random.default_rng(8)
    same, other, neither = rng.normal(size=3)
    trees = Trees(
        roots=np.zeros(1, np.int32),
        feature=np.array([0, 1, 1, -1, -1, -1, -1], np.int32),
        threshold=np.zeros(7, np.float32),
        left=np.array([1, 3, 5, 3, 4, 5, 6], np.int32),
        right=np.array([2, 4, 6, 3, 4, 5, 6], np.int32),
        missing_left=np.ones(7, np.bool_),
        value=np.array([0.0, 0.0, 0.0, same, other, other, neither]),
        cover=np.array([100.0, 30.0, 70.0, 9.0, 21.0, 21.0, 49.0]),
    )
    matrix = np.repeat(np.array([[-1.0], [1.0], [np.nan]], np.float32), 2, axis=1)
    phi = explain(Case(trees, matrix), way).phi
    assert np.abs(phi).min() > 0.01
    assert np.abs(phi[:, 0] - phi[:, 1]).max() <= ROUNDING[way]


@every_way
def test_columns_in_another_order_get_their_own_in_that_order(way: str) -> None:
    case = replace(LARGE, rows=100).draw()
    order = np.random.default_rng(1).permutation(case.columns)
    place = np.append(np.argsort(order), -1).astype(np.int32)
    moved = Case(replace(case.trees, feature=place[case.trees.feature]), case.matrix[:, order])
    found, expected = explain(moved, way).phi, explain(case, way).phi[:, order]
    assert np.abs(found - expected).max() <= ROUNDING[way] * most(case.trees)


@every_way
def test_an_ensemble_gets_what_its_trees_get_one_by_one(way: str) -> None:
    case = replace(LARGE, rows=100).draw()
    alone = [explain(Case(tree, case.matrix), way) for tree in one_by_one(case.trees)]
    base = case.trees.base + sum(found.base for found in alone)
    summed = Contributions(np.sum([found.phi for found in alone], axis=0), base)
    assert_near(explain(case, way), summed, ROUNDING[way] * most(case.trees), way)


# Rows and columns of any number, in any form


@every_way
@pytest.mark.parametrize("rows", [0, 1, 2, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1000])
def test_a_row_gets_the_same_among_any_others(way: str, rows: int) -> None:
    case = LARGE.draw()
    attribution = Attribution.of(case.trees, case.columns, **WAYS[way])
    whole = attribution.contributions(case.matrix)
    for first in (0, 3, 30):
        part = attribution.contributions(case.matrix[first : first + rows])
        assert np.array_equal(part.phi, whole.phi[first : first + rows]) and part.base == whole.base


@every_way
def test_a_row_gets_the_same_whatever_the_threads(way: str) -> None:
    case = replace(LARGE, rows=9001).draw()
    one, *others = (explain(case, way, nthread) for nthread in (1, 2, 3, 64))
    assert all(np.array_equal(one.phi, other.phi) for other in others)
    totals = [case.trees.total(case.matrix, nthread) for nthread in (1, 2, 3, 64)]
    assert all(np.array_equal(totals[0], other) for other in totals)


@every_way
def test_many_rows(way: str) -> None:
    few = Sketch(seed=2, trees=3, columns=4, depth=4, missing=0.1, rows=257).draw()
    many = Case(few.trees, np.tile(few.matrix, (256, 1))[:65_537])
    expected = np.tile(explain(few, way).phi, (256, 1))[:65_537]
    assert len(many.matrix) == 65_537 and np.array_equal(explain(many, way, nthread=2).phi, expected)


@pytest.mark.parametrize(("columns", "trees"), [(1, 20), (1000, 200), (70_000, 40)])
def test_columns_of_any_number(columns: int, trees: int) -> None:
    case = Sketch(seed=6, trees=trees, columns=columns, depth=4, missing=0.1, rows=3).draw()
    assert case.trees.feature.max() >= 0.9 * (columns - 1)
    assert_as_defined(case)


@every_way
def test_sixteen_callers_at_once(way: str) -> None:
    case = replace(LARGE, rows=3000).draw()
    attribution = Attribution.of(case.trees, case.columns, **WAYS[way])
    expected = attribution.contributions(case.matrix).phi
    with ThreadPoolExecutor(16) as callers:
        found = callers.map(lambda _: attribution.contributions(case.matrix, nthread=2).phi, range(16))
        assert all(np.array_equal(phi, expected) for phi in found)


FORMS = {
    "float64": lambda matrix: matrix.astype(np.float64),
    "by columns": np.asfortranarray,
    "every second row": lambda matrix: np.repeat(matrix, 2, axis=0)[::2],
    "every second column": lambda matrix: np.repeat(matrix, 2, axis=1)[:, ::2],
    "backwards": lambda matrix: matrix[::-1].copy()[::-1],
    "other byte order": lambda matrix: matrix.astype(matrix.dtype.newbyteorder()),
}


@every_way
@pytest.mark.parametrize("form", FORMS)
def test_a_matrix_in_any_form(way: str, form: str) -> None:
    case = replace(LARGE, rows=50).draw()
    other = Case(case.trees, FORMS[form](case.matrix))
    assert np.array_equal(explain(other, way).phi, explain(case, way).phi)
    assert np.array_equal(case.trees.total(other.matrix), case.trees.total(case.matrix))


@every_way
@pytest.mark.parametrize("columns", [0, 3, 19, 21])
def test_a_matrix_of_other_columns_is_refused(way: str, columns: int) -> None:
    """Reading beside a row would give an answer, and a wrong one."""
    case = LARGE.draw()
    attribution = Attribution.of(case.trees, case.columns, **WAYS[way])
    with pytest.raises(ValueError, match="20 columns"):
        attribution.contributions(np.zeros((5, columns), np.float32))


@pytest.mark.parametrize("columns", [0, 3, 19])
def test_a_matrix_of_too_few_columns_gets_no_total(columns: int) -> None:
    with pytest.raises(DataError):
        LARGE.draw().trees.total(np.zeros((5, columns), np.float32))


# Outputs


@every_way
@pytest.mark.parametrize("outputs", [1, 2, 7, 20, 25])
def test_columns_of_one_output_are_added_up(way: str, outputs: int) -> None:
    case = replace(LARGE, rows=100).draw()
    output = np.random.default_rng(4).permutation(np.arange(case.columns) % outputs)
    found = Attribution.of(case.trees, case.columns, output, outputs, **WAYS[way]).contributions(case.matrix)
    single = explain(case, way)
    summed = np.stack([single.phi[:, output == one].sum(axis=1) for one in range(outputs)], axis=1)
    assert_near(found, Contributions(summed, single.base), ROUNDING[way] * most(case.trees), way)


# Which way


def test_small_trees_go_by_table_and_deep_ones_by_quadrature() -> None:
    small = Sketch(seed=1, trees=2, columns=9, depth=4, shape="full").draw().trees
    deep = Sketch(seed=1, trees=1, columns=999, features=999, depth=9, shape="chain").draw().trees
    assert Attribution.of(small, 999).path == "table"
    assert Attribution.of(deep, 999).path == "quadrature"
    both = Attribution.of(join([small, deep]), 999).path
    assert "table" in both and "quadrature" in both


def test_trees_beyond_the_bytes_for_tables_go_by_quadrature() -> None:
    small = Sketch(seed=1, trees=4, columns=9, depth=4, shape="full").draw().trees
    assert Attribution.of(small, 9, table_bytes=0).path == "quadrature"
    both = Attribution.of(small, 9, table_bytes=20_000).path
    assert "table" in both and "quadrature" in both


# Trees that do not agree

GOOD = Trees(
    roots=np.array([0, 5], np.int32),
    feature=np.array([0, 1, -1, -1, -1, 2, -1, -1], np.int32),
    threshold=np.array([0.5, np.inf, np.nan, 0.0, 0.0, 0.0, 0.0, -np.inf], np.float32),
    left=np.array([1, 3, 2, 3, 4, 6, 6, 7], np.int32),
    right=np.array([2, 4, 2, 3, 4, 7, 6, 7], np.int32),
    missing_left=np.array([True, False, True, True, True, False, False, False]),
    value=np.array([np.nan, np.inf, 1.0, 2.0, -3.0, 0.0, 4.0, 5.0]),
    cover=np.array([6.0, 4.0, 2.0, 1.0, 3.0, 0.0, 0.0, 0.0]),
    base=0.25,
)
"""A leaf's threshold and a split's value may be anything."""


def broken(name: str, at: int, entry: float) -> dict[str, Any]:
    changed = getattr(GOOD, name).copy()
    changed[at] = entry
    return {name: changed}


TWO_PARENTS: dict[str, Any] = {
    "feature": np.array([0, 1, 2, -1, -1, 2, -1, -1], np.int32),
    "threshold": np.zeros(8, np.float32),
    "left": np.array([1, 2, 3, 3, 4, 6, 6, 7], np.int32),
    "right": np.array([2, 3, 4, 3, 4, 7, 6, 7], np.int32),
}
LEAVES: dict[str, Any] = {"feature": np.full(8, -1, np.int32), "value": np.ones(8)}
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"short {name}": ("length", {name: array[:-1]}) for name, array in arrays(GOOD).items()},
    **{f"long {name}": ("length", {name: np.append(array, array[-1:])}) for name, array in arrays(GOOD).items()},
    "a table of covers": ("length", {"cover": GOOD.cover[:, None]}),
    "nodes before the first tree": ("begin", {"roots": np.array([1, 5], np.int32)}),
    "nodes, but no tree": ("begin", {"roots": np.zeros(0, np.int32)}),
    "a tree that begins twice": ("begin", {"roots": np.array([0, 5, 5], np.int32)}),
    "trees out of order": ("begin", {"roots": np.array([0, 5, 3], np.int32)}),
    "a tree before the nodes": ("begin", {**LEAVES, "roots": np.array([-8, 1, 2, 3, 4, 5, 6, 7], np.int32)}),
    "a tree beyond the nodes": ("without a node", {"roots": np.array([0, 5, 8], np.int32)}),
    "a tree within a tree": ("outside", {"roots": np.array([0, 3, 5], np.int32)}),
    "two trees in one": ("no parent", {"roots": np.array([0], np.int32)}),
    "a column below 0": ("column", broken("feature", 1, -2)),
    "no threshold": ("threshold", broken("threshold", 0, np.nan)),
    "a threshold below all": ("threshold", broken("threshold", 0, -np.inf)),
    "no leaf": ("leaf", broken("value", 2, np.nan)),
    "an endless leaf": ("leaf", broken("value", 2, np.inf)),
    "no base": ("leaf", {"base": np.nan}),
    "an endless base": ("leaf", {"base": np.inf}),
    "no cover": ("weight", broken("cover", 0, np.nan)),
    "an endless cover": ("weight", broken("cover", 0, np.inf)),
    "a cover below 0": ("weight", broken("cover", 3, -1.0)),
    "its own child": ("before its parent", broken("left", 1, 1)),
    "a circle": ("before its parent", broken("left", 1, 0)),
    "a child before its parent": ("before its parent", broken("left", 5, 4)),
    "a child below the nodes": ("before its parent", broken("right", 1, -1)),
    "a child beyond the nodes": ("outside", broken("right", 5, 8)),
    "a child in another tree": ("outside", broken("right", 1, 6)),
    "one child twice": ("no parent, or with two", broken("left", 1, 4)),
    "nodes of two parents": ("no parent, or with two", TWO_PARENTS),
    "children without a parent": ("no parent, or with two", {**broken("feature", 1, -1), **broken("value", 1, 1.0)}),
}
"""What is wrong, how the refusal puts it, and which arrays make it so."""


def test_trees_that_agree_are_taken() -> None:
    matrix = np.array([[0.0, 1.0, 1.0], [np.nan, np.inf, -1.0], [0.5, np.nan, np.nan]], np.float32)
    assert GOOD.total(matrix).tolist() == [2.0 + 5.0 + 0.25, -3.0 + 4.0 + 0.25, 1.0 + 5.0 + 0.25]
    assert_as_defined(Case(GOOD, matrix))


@pytest.mark.parametrize("fault", FAULTS)
def test_trees_that_do_not_agree_are_refused(fault: str) -> None:
    words, changed = FAULTS[fault]
    with pytest.raises(DataError, match=f"do not agree: .*{words}"):
        replace(GOOD, **changed)


def test_trees_that_ask_for_a_column_beyond_the_matrix_are_refused() -> None:
    with pytest.raises(DataError, match="column 2"):
        Attribution.of(GOOD, 2)


def test_no_trees() -> None:
    empty = Case(Trees.none(), np.zeros((4, 3), np.float32))
    for way in WAYS:
        assert_near(explain(empty, way), Contributions(np.zeros((4, 3)), 0.0), 0.0, way)
    assert empty.trees.total(empty.matrix).tolist() == [0.0] * 4
