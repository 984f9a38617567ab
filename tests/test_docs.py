"""The documents say what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from models.contract import LEAST_FILLED
from models.features.derive import DERIVATIONS
from models.features.spec import KINDS
from models.fields import OUTPUT_FIELDS, SCORED_NOTES, UNSCORED_NOTES
from models.risk import SEVERITIES, THRESHOLDS
from sidecar.verbs import VERBS

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_cells(section: str) -> list[str]:
    """The words in the first column of the first table of a text."""
    rows = re.findall(r"^\| `?([^|`]+?)`? +\|", section, re.MULTILINE)
    return [row for row in rows if row not in {"field", "note", "severity"}]


def section(text: str, title: str) -> str:
    found = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[1]


def test_fields_are_those_of_the_code_in_order() -> None:
    text = read("docs/fields.md")
    assert tuple(first_cells(section(text, "The output fields"))) == OUTPUT_FIELDS
    assert tuple(first_cells(section(text, "Notes of scored rows"))) == SCORED_NOTES
    assert tuple(first_cells(section(text, "Notes of unscored rows"))) == UNSCORED_NOTES


def test_the_kit_knows_the_same_fields_and_notes() -> None:
    outputs = read("splunk_app/bin/aiscore_kit/outputs.py")
    failure = read("splunk_app/bin/aiscore_kit/failure.py")
    suffixes = tuple("ai_" + word for word in re.findall(r'^    "(\w+)",$', outputs, re.MULTILINE))
    assert suffixes == OUTPUT_FIELDS
    assert tuple(re.findall(r'^    "(\w+)",$', failure, re.MULTILINE)) == UNSCORED_NOTES


def test_bands_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \|", section(read("docs/fields.md"), "What a score means"), re.MULTILINE)
    assert [(word, float(start)) for word, start in rows] == list(zip(SEVERITIES[1:], THRESHOLDS, strict=True))
    assert LEAST_FILLED == 0.5


def test_every_kind_and_every_function_is_told() -> None:
    text = read("docs/features.md")
    assert {*first_cells(section(text, "Kinds"))} - {"kind"} == {*KINDS}
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", section(text, "Derived fields"), re.MULTILINE)
    assert {name: tuple(kinds.strip().split(", ")) for name, _, kinds in told} == {
        name: found.kinds for name, found in DERIVATIONS.items()
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_readme_names_real_targets_and_commands() -> None:
    text = read("README.md")
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
    commands = set(re.findall(r"^\| `\\\| (ai\w+)", text, re.MULTILINE))
    assert len(commands) == len(VERBS)


def test_one_version_everywhere() -> None:
    version = re.search(r'version="([^"]+)"', read("setup.py"))
    assert version
    assert f'"version": "{version[1]}"' in read("splunk_app/app.manifest")
    assert f"version = {version[1]}" in read("splunk_app/default/app.conf")
    assert f"## {version[1]}" in read("CHANGELOG.md")


def test_every_direct_dependency_is_pinned_as_installed() -> None:
    locked = {line.partition("==")[0].lower().replace("_", "-") for line in read("requirements.txt").splitlines()}
    named = re.findall(r'^    "([A-Za-z0-9_-]+)==', read("setup.py"), re.MULTILINE)
    assert {name.lower().replace("_", "-") for name in named} <= locked
    assert tomllib.loads(read("pyproject.toml"))["build-system"]["requires"] == ["setuptools==80.9.0"]
