"""The speed benchmark compares like with like, runs from end to end, and its document shows its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from rich.progress import Progress

from bench import speed, speed_kernels, speed_newest, speed_report, speed_service
from bench.library import LibraryModel
from bench.speed_company import FULL, Company, fitted, fitted_pair, wide_body
from bench.speed_designs import Design, Run, Stage
from bench.speed_equal import contributions_of, equal_explained, equal_scores
from bench.speed_versus import Entrant, rounds
from sidecar.settings import Settings
from tests.splunkd import frames, pythons

needs_both_pythons = pytest.mark.skipif(
    not all(pythons.find(version) for version in pythons.SHIPPED), reason="needs the Pythons that Splunk ships"
)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulated(users=50, days=8)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All of the benchmark with tiny sizes; in itself it holds the designs to saying the same of every row."""
    folder = tmp_path_factory.mktemp("speed")
    newest, older = pythons.find("3.13"), pythons.find("3.9")
    assert newest and older
    found: dict[str, Any] = json.loads(json.dumps(speed.measure(speed.QUICK, folder, newest, older)))
    return found


@needs_both_pythons
def test_every_figure_is_measured(results: dict[str, Any]) -> None:
    named = [row[0].strip("`") for row in speed_report.REPORTS["headlines"].rows(results)]
    assert {key: results[key] for key in named if not results[key] > 0 and key != "overhead_us_per_row"} == {}
    assert set(speed._headlines(results)) == set(named)
    assert [case["rows"] for case in results["cases"]] == list(speed.QUICK.score_only)
    assert [case["rows"] for case in results["end_to_end"]["cases"]] == list(speed.QUICK.end_to_end)
    assert results["end_to_end"]["explained_by_both"] == {"naive": speed.QUICK.naive, "tuned": 8}
    assert results["batch"]["columns"] == 25
    assert min(results["model"]["weights"]) > 0 and results["model"]["boost_trees"] == 300


# like with like

REPLY = b"user,ai_score,ai_note\na,0.500000,x\nb,0.25,\n"


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (b"ai_note,ai_score,user\nx,0.5,a\n,0.250001,b\n", "row 1: ai_score"),
        (b"ai_note,ai_score,user\nx,0.5,a\ny,0.25,b\n", "row 1: ai_note"),
        (b"ai_score,user\n0.5,a\n0.25,b\n", "other fields"),
        (b"ai_note,ai_score,user\nx,0.5,a\n", "2 and 1 rows"),
    ],
)
def test_a_difference_is_told(other: bytes, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        equal_scores([REPLY], [other], 2)


def test_numbers_are_compared_at_six_decimals() -> None:
    equal_scores([REPLY], [b"ai_note,ai_score,user\nx,0.5000000001,a\n,0.25,b\n"], 2)


def explained(**cells: str) -> list[bytes]:
    """A reply of one explained row, and one without explanation."""
    row = {
        "user": "a", "ai_score": "0.500000", "ai_severity": "medium", "ai_risk": "50", "ai_anomaly": "0.9",
        "ai_threat": "", "ai_reasons": "because", "ai_contributions": "dest:+12.5; app:-0.25", "ai_note": "cold_entity",
        "ai_status": "scored",
    }  # fmt: skip
    plain = row | {"ai_reasons": "", "ai_contributions": "", "ai_note": "cold_entity,not_explained"}
    return [frames.to_csv(list(row), [list((row | cells).values()), list(plain.values())])]


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"ai_reasons": "in other words"},
        {"ai_contributions": "app:-0.25009; dest:+12.501"},
        {"ai_score": "0.500001", "ai_risk": "51", "ai_severity": "high"},
    ],
)
def test_explanations_that_say_the_same(cells: dict[str, str]) -> None:
    assert equal_explained(explained(), explained(**cells), 2) == 1


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"ai_contributions": "app:-0.2502; dest:+12.5"}, "row 0: ai_contributions 2.0e-04"),
        ({"ai_contributions": "dest:+12.5"}, "row 0: ai_contributions"),
        ({"ai_contributions": "dest:+12.5; app:-0.25; src:+0.1"}, "row 0: ai_contributions"),
        ({"ai_contributions": "", "ai_note": "cold_entity,not_explained"}, "no row was explained by both"),
        ({"ai_score": "0.500003"}, "row 0: ai_score"),
        ({"ai_threat": "0.1"}, "row 0: ai_threat"),
        ({"ai_risk": "51"}, "row 0: ai_risk"),
        ({"ai_note": ""}, "row 0: ai_note"),
        ({"ai_status": "partial", "ai_score": "0.500001"}, "row 0: ai_status"),
    ],
)
def test_explanations_that_differ_are_told(cells: dict[str, str], complaint: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(complaint)):
        equal_explained(explained(), explained(**cells), 2)


def test_pairs_with_escaped_names_are_read() -> None:
    assert contributions_of(r"a\;b:+1; c\:d:-0.5") == {r"a\;b": 1.0, r"c\:d": -0.5}


class Moody:
    """A design that gives other bytes each time."""

    name = "moody"
    calls = 0

    def run(self, bodies: list[bytes]) -> Run:
        self.calls += 1
        return Run(0.1, [0.1], 0.2, 0.1, [str(self.calls).encode()])


def test_a_design_that_changes_its_replies_gets_no_figure() -> None:
    entrant = Entrant(cast(Design, Moody()), [], 1)
    with Progress(disable=True) as bar:
        rounds([entrant], 1, "once", bar)
        with pytest.raises(AssertionError, match="moody changed its replies"):
            rounds([entrant], 2, "twice", bar)


def test_kernels_that_differ_get_no_figure() -> None:
    speed_kernels._near("boost", np.array([[1.0, -20.0]]), np.array([[1.00005, -20.001]]))
    with pytest.raises(AssertionError, match="boost: contributions lie"):
        speed_kernels._near("boost", np.array([[1.0, -20.0]]), np.array([[1.0005, -20.0]]))


# what is scored


def test_a_model_with_a_silent_voice_is_refused(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = Company(company.past.with_columns(label=pl.lit(0, pl.Int8)), company.events)
    monkeypatch.setattr("bench.speed_company.WRONG_SHARE", 0.0)
    with pytest.raises(AssertionError, match="a voice is silent"):
        fitted_pair(quiet, tmp_path / "work")


def test_the_days_come_again_a_week_later(company: Company) -> None:
    days = len(company.events)
    more = company.rows(2 * days + 1)
    assert len(more) == 2 * days + 1 and more["_time"].is_sorted()
    assert more["_time"][days] == company.events["_time"][0] + 7 * 86_400
    assert more.head(days).equals(company.events)


def test_a_wide_body_has_25_columns(company: Company) -> None:
    assert pl.read_csv(wide_body(company.rows(3)), infer_schema=False).shape == (3, 25)


def test_the_library_explains_as_the_model_does(company: Company, tmp_path: Path) -> None:
    """Missing values too: shap by itself sends them another way than scikit-learn."""
    found = fitted(company.with_wrong_verdicts(), tmp_path, FULL, recipe="authentication", label="label")
    model = found.loaded()
    library = LibraryModel.read(model, found.forest, found.booster)
    matrix = speed_kernels.matrix_of(model, company.rows(40)).matrix.copy()
    matrix[np.random.default_rng(5).random(matrix.shape) < 0.3] = np.nan
    ours, theirs = model.trained.forest.contributions(matrix), library.forest_contributions(matrix)
    assert np.abs(ours.phi - theirs.phi).max() < 1e-5 and abs(ours.base - theirs.base) < 1e-5
    assert np.abs(model.trained.forest.score(matrix) - library.forest_score(matrix)).max() < 1e-9
    boost = library.boost_contributions(matrix)
    assert boost and model.trained.boost
    assert np.abs(model.trained.boost.contributions(matrix).phi - boost.phi).max() < 1e-4


# what stands around it


def test_bodies_of_200000_rows_are_let_in() -> None:
    assert Settings(**cast(Any, speed_service.limits(200_000))).limits.rows >= 200_000
    assert Settings().limits.rows < 200_000


@pytest.mark.parametrize("ask", [lambda client: client.score(b"x", "all"), lambda client: client.healthz()])
def test_an_answer_that_is_no_score_is_no_figure(ask: Callable[[Any], object], tmp_path: Path) -> None:
    class Busy:
        status = 503

        def read(self) -> bytes:
            return b"later"

    line = SimpleNamespace(request=lambda *_: None, getresponse=Busy, close=lambda: None)
    model = SimpleNamespace(name="m", home=tmp_path / "home")
    with (
        speed_service.Client(cast(Any, SimpleNamespace(connect=lambda: line)), cast(Any, model)) as client,
        pytest.raises(RuntimeError, match="answered 503"),
    ):
        ask(client)


def test_a_service_that_does_not_start_is_told_with_its_log(tmp_path: Path) -> None:
    with ExitStack() as ends:
        service = Stage(tmp_path, None, ends).sidecar(tmp_path / "home", settings={"max_rows": 0})
        with pytest.raises(RuntimeError, match="did not become ready:\n(.|\n)*AISCORE_MAX_ROWS"):
            service.wait_until_ready()


def test_without_waitress_there_is_no_tuned_design(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "waitress" not in speed._missing("3.13", "python", "python")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install waitress" in speed._missing("3.13", "python", "python")
    assert "no Python 3.13 " in speed._missing("3.13", None, "python")
    assert "no Python 3.9 " in speed._missing("3.13", "python", None)


def test_a_newest_xgboost_that_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed_newest.sys, "executable", "/bin/false")
    assert "pip did not install it" in speed_newest.install(tmp_path / "newest")
    (tmp_path / "there" / "xgboost").mkdir(parents=True)
    assert speed_newest.install(tmp_path / "there") == ""


def test_the_newest_xgboost_runs_in_a_process_of_its_own(company: Company, tmp_path: Path) -> None:
    """Here the installed version stands for it."""
    import xgboost

    data = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(data, label=data[:, 0] > 0), 5)
    booster.save_model(tmp_path / "booster.json")
    with speed_newest.OtherXgboost(tmp_path, tmp_path / "booster.json", data, tmp_path) as other:
        assert other.version == xgboost.__version__
        assert other.seconds() > 0 and other.seconds() > 0
        assert np.allclose(other.phi(), booster.predict(xgboost.DMatrix(data), pred_contribs=True), atol=1e-6)


def test_the_options_of_a_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["speed", "--help"])
    with pytest.raises(SystemExit):
        speed.main()
    told = capsys.readouterr().out
    assert "--quick" in told and "examples:" in told
    monkeypatch.setattr("sys.argv", ["speed", "--rounds", "0"])
    with pytest.raises(SystemExit):
        speed.main()
    assert "a whole number from 1 on" in capsys.readouterr().err
    assert replace(speed.FULL, rounds=9).rounds == 9


def test_slopes_are_those_of_powers() -> None:
    from bench.speed_growth import _line

    assert _line((10, 100, 1000), [0.1, 1.0, 10.0])["slope"] == 1.0
    assert _line((10, 100), [1.0, 100.0])["slope"] == 2.0
