"""The benchmark of large fits: its events are what it says, and its peaks are those of each stage."""

from pathlib import Path

import polars as pl
import pytest

from bench import fit_large
from models.plan import FitPlan, resolve

MARKS = Path("/proc/self/clear_refs")
needs_marks = pytest.mark.skipif(not MARKS.exists(), reason="only Linux sets a peak back")


@pytest.mark.parametrize("fields", [6, 9])
def test_the_events_give_the_matrix_that_is_promised(fields: int) -> None:
    events = fit_large.events(5_000, fields)
    spec = resolve(events, FitPlan("m", entities=("user",), label="label")).spec
    assert len(spec.columns()) == 4 * fields + 1
    assert events["_time"].cast(pl.Float64).is_sorted(descending=True)
    attacks = int(events["label"].cast(pl.Int64).sum())
    assert 0.5 < attacks / (5_000 * fit_large.ATTACK_SHARE) < 2
    assert all(dtype == pl.String for dtype in events.dtypes)


@needs_marks
def test_a_peak_belongs_to_its_stage() -> None:
    stages = fit_large.Stages()
    stages.enter("before")
    stages.enter("large")
    held = bytearray(100_000_000)
    held[::4096] = b"x" * len(held[::4096])
    del held
    stages.enter("after")
    stages.enter("")
    before, large, after = (peak for *_, peak in stages.found)
    assert large > before + 90 and after < large - 90


@needs_marks
def test_a_fit_in_a_process_of_its_own_tells_its_stages() -> None:
    stages = fit_large.measured(400, 6, labelled=False, served=False)
    names = [name for name, *_ in stages]
    assert names[0] == "gathering parts" and {"encoding", "growing the forest", "done"} <= set(names)
    assert all(peak > 50 for *_, peak in stages)
