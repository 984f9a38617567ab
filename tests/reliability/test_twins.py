"""Every twin can still be made, and stands for a guard of its own."""

import importlib
from collections import Counter
from pathlib import Path

import pytest

from tests.reliability import twin
from tests.reliability.__main__ import FOLDERS
from tests.reliability.twin import ROOT, Twin

TWINS = [found for folder in FOLDERS for found in importlib.import_module(f"tests.reliability.{folder}.twins").TWINS]


@pytest.mark.parametrize("found", TWINS, ids=lambda found: found.name)
def test_each_twin_can_be_planted_and_names_a_test(found: Twin) -> None:
    source = (ROOT / found.file).read_text(encoding="utf-8")
    bad = twin.planted(found, source)
    if found.file.endswith(".py"):
        compile(bad, found.file, "exec")
    path, _, test = found.caught_by.partition("::")
    assert f"def {test.partition('[')[0].rpartition('::')[2]}(" in (ROOT / path).read_text(encoding="utf-8")


def test_there_are_enough_and_no_two_are_one() -> None:
    assert len(TWINS) >= 30
    assert [name for name, count in Counter(found.name for found in TWINS).items() if count > 1] == []
    assert [place for place, count in Counter((t.file, t.old, t.new) for t in TWINS).items() if count > 1] == []


CAUGHT = Twin("a", "docs/settings.md", "# Settings", "# Setting", "tests/test_toy.py::test_toy")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("assert '# Settings' in text", "caught"),
        ("assert text", "not caught: 1 passed"),
        ("assert text\n\nraise OSError", "not caught: 1 error"),
    ],
)
def test_only_a_test_that_fails_has_caught_its_twin(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, tree = tmp_path / "here", tmp_path / "tree"
    (here / "docs").mkdir(parents=True)
    (here / "tests").mkdir()
    (here / "docs" / "settings.md").write_text("# Settings\n")
    (here / "tests" / "test_toy.py").write_text(
        f"def test_toy():\n    text = open('docs/settings.md').read()\n    {body}"
    )
    monkeypatch.setattr(twin, "ROOT", here)
    tree.mkdir()
    assert twin.outcome(CAUGHT, tree).startswith(said)


def test_a_place_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="0 times"):
        twin.planted(CAUGHT, "nothing")
