"""The speed benchmark compares like with like, runs from end to end, and its document shows its figures."""

from __future__ import annotations

import doctest
import json
import re
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast
from unittest.mock import ANY

import numpy as np
import polars as pl
import pytest
import xgboost
from rich.progress import Progress

from bench import (
    library,
    speed,
    speed_equal,
    speed_example,
    speed_kernels,
    speed_newest,
    speed_pictures,
    speed_report,
    speed_service,
    speed_versus,
)
from bench.library import LibraryModel
from bench.speed_company import FULL, Company, Fitted, fitted, fitted_pair, wide_body
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
    both = {name: agreed["both"] for name, agreed in results["end_to_end"]["agreement"].items()}
    assert both == {"naive": speed.QUICK.naive, "tuned": 8}
    assert results["batch"]["columns"] == 30
    assert min(results["model"]["weights"]) > 0 and results["model"]["boost_trees"] == 300


@needs_both_pythons
def test_the_document_takes_all_tables(
    results: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "performance.md"
    document.write_text(speed_report.DOC.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(speed_report, "DOC", document)
    monkeypatch.setattr(speed_pictures, "PICTURE", tmp_path / "images" / "performance.svg")
    speed_report.write_doc(results)
    once = document.read_text(encoding="utf-8")
    speed_report.write_doc(results)
    assert document.read_text(encoding="utf-8") == once
    assert f"{results['end_to_end_rows_per_s']:,}" in once
    assert f">{results['end_to_end_rows_per_s']:,}<" in speed_pictures.PICTURE.read_text(encoding="utf-8")


def test_every_table_has_its_place_in_the_document() -> None:
    marks = re.findall(r"<!-- figures: (\w+) -->", speed_report.DOC.read_text(encoding="utf-8"))
    assert sorted(marks) == sorted([*speed_report.REPORTS, "machine"])


def test_the_document_shows_the_figures_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, picture = speed_report.DOC.read_text(encoding="utf-8"), speed_pictures.PICTURE.read_text(encoding="utf-8")
    document = tmp_path / "performance.md"
    document.write_text(kept, encoding="utf-8")
    monkeypatch.setattr(speed_report, "DOC", document)
    monkeypatch.setattr(speed_pictures, "PICTURE", tmp_path / "performance.svg")
    speed_report.write_doc(json.loads(speed_report.RESULTS.read_text(encoding="utf-8")))
    assert document.read_text(encoding="utf-8") == kept
    assert speed_pictures.PICTURE.read_text(encoding="utf-8") == picture


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
        {"ai_score": "0.500005", "ai_risk": "51", "ai_severity": "high"},
    ],
)
def test_explanations_that_say_the_same(cells: dict[str, str]) -> None:
    assert equal_explained(explained(), explained(**cells), 2).both == 1


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"ai_contributions": "app:-0.2502; dest:+12.5"}, "row 0: ai_contributions 2.0e-04"),
        ({"ai_contributions": "dest:+12.5"}, "row 0: ai_contributions"),
        ({"ai_contributions": "dest:+12.5; app:-0.25; src:+0.1"}, "row 0: ai_contributions"),
        ({"ai_contributions": "", "ai_note": "cold_entity,not_explained"}, "no row was explained by both"),
        ({"ai_score": "0.500006"}, "row 0: ai_score"),
        ({"ai_threat": "0.1"}, "row 0: ai_threat"),
        ({"ai_risk": "51"}, "row 0: ai_risk"),
        ({"ai_note": ""}, "row 0: ai_note"),
        ({"ai_status": "partial", "ai_score": "0.500001"}, "row 0: ai_status"),
    ],
)
def test_explanations_that_differ_are_told(cells: dict[str, str], complaint: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(complaint)):
        equal_explained(explained(), explained(**cells), 2)


def test_the_furthest_is_told() -> None:
    agreed = equal_explained(
        explained(), explained(ai_score="0.500002", ai_contributions="app:-0.25009; dest:+12.5"), 2
    )
    assert agreed.score == pytest.approx(2e-6) and agreed.contribution == pytest.approx(9e-5)


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


@dataclass
class Canned:
    """A design that always gives the same reply."""

    name: str
    reply: bytes

    def run(self, bodies: list[bytes]) -> Run:
        return Run(0.1, [0.1], 0.2, 0.1, [self.reply])


@pytest.mark.parametrize(
    ("at", "complaint"),
    [(1, "TLS changed the replies"), (2, "row 0: ai_threat"), (3, "row 0: ai_threat")],
    ids=["tls", "tuned", "naive"],
)
def test_one_design_that_says_something_else_stops_the_benchmark(company: Company, at: int, complaint: str) -> None:
    designs = [Canned(name, explained()[0]) for name in ("aiscore", "aiscore_tls", "tuned", "naive_explained")]
    with Progress(disable=True) as bar:
        whole = (company, (2,), 2, 2, 2, bar)
        found = speed_versus.explained(cast(list[Design], designs), *whole)
        assert found["cases"][0]["vs_tuned"]["ratio"] == 1.0 and found["agreement"]["naive"]["both"] == 1
        designs[at].reply = explained(ai_threat="0.4")[0]
        with pytest.raises(AssertionError, match=complaint):
            speed_versus.explained(cast(list[Design], designs), *whole)


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


def test_a_wide_body_has_30_columns(company: Company) -> None:
    assert pl.read_csv(wide_body(company.rows(3)), infer_schema=False).shape == (3, 30)


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


@pytest.mark.parametrize("module", [library, speed_equal, speed_example, speed_pictures, speed_report, speed_service])
def test_the_examples_in_the_code(module: ModuleType) -> None:
    assert doctest.testmod(module) == (0, ANY) and doctest.testmod(module).attempted


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


def test_a_batch_that_comes_back_short_is_no_figure(company: Company, tmp_path: Path) -> None:
    class Short:
        status = 200

        def read(self) -> bytes:
            return b"ordinal\n0\n"

    line = SimpleNamespace(request=lambda *_: None, getresponse=Short, close=lambda: None)
    service = SimpleNamespace(connect=lambda: line, wait_until_ready=lambda: 0.1, peak_mb=lambda: 1.0, end=lambda: None)
    stage = cast(Stage, SimpleNamespace(sidecar=lambda home, settings: service))
    model = cast(Fitted, SimpleNamespace(name="m", home=tmp_path / "home"))
    with Progress(disable=True) as bar:
        assert speed_service.beside_a_batch(stage, model, company, 1, bar)["columns"] == 30
        with pytest.raises(AssertionError, match="2 lines came back for 3 rows"):
            speed_service.beside_a_batch(stage, model, company, 3, bar)


@needs_both_pythons
def test_a_search_whose_rows_stay_unscored_is_no_figure(tmp_path: Path) -> None:
    with ExitStack() as ends:
        stage = Stage(tmp_path, None, ends)
        service = stage.sidecar(tmp_path / "home")
        design = stage.aiscore("dead", service, tmp_path / "home", "model=m")
        service.end()
        with pytest.raises(RuntimeError, match="dead: exit code 0(.|\n)*sidecar_down"):
            design.run([b"user,__mv_user\nann,\n"])


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
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert "it was not installed: ERROR: No matching distribution" in speed_newest.install(tmp_path / "newest")
    assert not (tmp_path / "newest" / speed_newest.READY).exists()


def test_an_installed_newest_xgboost_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / speed_newest.READY).touch()
    monkeypatch.setattr("subprocess.run", None)
    assert speed_newest.install(tmp_path) == ""


def test_the_newest_xgboost_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Here the installed version stands for it."""
    data = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(data, label=data[:, 0] > 0), 5)
    booster.save_model(tmp_path / "booster.json")
    python = Path(sys.executable)
    with speed_newest.OtherXgboost(python, tmp_path / "booster.json", data, tmp_path) as other:
        assert other.version == xgboost.__version__
        assert other.seconds() > 0 and other.seconds() > 0
        assert np.allclose(other.phi(), booster.predict(xgboost.DMatrix(data), pred_contribs=True), atol=1e-6)
        other._child.kill()
        with pytest.raises((RuntimeError, BrokenPipeError)):
            other.seconds()


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
    for other in (["--quick"], ["--out", "elsewhere.json"]):
        monkeypatch.setattr("sys.argv", ["speed", "--doc", *other])
        with pytest.raises(SystemExit):
            speed.main()
        assert "--doc shows the figures of bench/results/speed.json" in capsys.readouterr().err


def test_slopes_are_those_of_powers() -> None:
    from bench.speed_growth import _line

    assert _line((10, 100, 1000), [0.1, 1.0, 10.0])["slope"] == 1.0
    assert _line((10, 100), [1.0, 100.0])["slope"] == 2.0
