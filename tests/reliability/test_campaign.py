"""The campaign itself: it forgets nothing, adds up rightly, and does not call a broken batch a good one."""

import json
from pathlib import Path

import pytest

from tests.reliability import campaign, results
from tests.reliability.__main__ import FOLDERS, planned
from tests.reliability.campaign import Batch, Found


def batch(name: str, ran: list[str], found: Found) -> Batch:
    def run() -> Found:
        ran.append(name)
        return found

    return Batch(name, run)


def silent(name: str, found: Found) -> None:
    pass


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    ran: list[str] = []
    batches = [batch("a", ran, Found({"kills": 1}, most={"ms": 3})), batch("b", ran, Found({"kills": 2}, ["x"]))]
    kept = tmp_path / "part.jsonl"
    first = campaign.run(batches[:1], kept, 60, silent)
    assert (first.batches, first.counts) == (1, {"kills": 1})
    kept.write_text(kept.read_text() + '{"name": "b", "cou')  # ended while it wrote
    whole = campaign.run(batches, tmp_path / "part.jsonl", 60, silent)
    assert ran == ["a", "b"]
    assert (whole.batches, whole.planned, whole.counts, whole.most, whole.wrong) == (
        2,
        2,
        {"kills": 3},
        {"ms": 3},
        ["b: x"],
    )


def test_at_its_limit_it_stops(tmp_path: Path) -> None:
    ran: list[str] = []
    found = campaign.run([batch("a", ran, Found({}))], tmp_path / "part.jsonl", -1, silent)
    assert (ran, found.batches, found.planned) == ([], 0, 1)


def test_a_batch_that_breaks_is_something_wrong(tmp_path: Path) -> None:
    def broken() -> Found:
        raise OSError("no {luck}")

    found = campaign.run([Batch("a", broken)], tmp_path / "part.jsonl", 60, silent)
    assert found.counts == {"batches_broken": 1} and found.wrong == ["a: OSError: no {luck}"]


def test_parts_are_merged_and_added_up(tmp_path: Path) -> None:
    file = tmp_path / "reliability.json"
    one = campaign.Sum(1, 1, 2.0, {"kills": 3, "odd": 1}, {}, [])
    results.merge("kills", 1, one, file)
    results.merge("disk", 1, campaign.Sum(1, 1, 2.0, {"kills": 4, "crash_points": 5}, {"ms": 1.25}, ["w"]), file)
    results.merge("kills", 2, one, file)
    whole = json.loads(file.read_text())
    assert (whole["kills"], whole["crash_points"], "odd" in whole) == (7, 5, False)
    assert whole["parts"]["disk"]["wrong_lines"] == ["w"] and whole["parts"]["kills"]["seed"] == 2


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_part_plans_its_batches_under_names_of_their_own(folder: str) -> None:
    assert len(planned(folder, 1)) > 1
