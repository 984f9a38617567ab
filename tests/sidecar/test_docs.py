"""docs/settings.md and docs/errors.md say what the code does."""

import re
from pathlib import Path

from sidecar.api.problems import STATUS
from sidecar.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def table(name: str, first: str) -> list[list[str]]:
    """The cells of the rows that follow the header cell `first`."""
    text = (DOCS / name).read_text(encoding="utf-8")
    part = text.split(f"| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()[2:]]


def test_every_setting_is_documented_as_it_is() -> None:
    known = [
        [f"`AISCORE_{name.upper()}`", "" if field.default is None else f"`{field.default}`", field.description]
        for name, field in Settings.model_fields.items()
    ]
    assert table("settings.md", "variable") == known


def test_every_setting_with_a_unit_says_it_in_its_name() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description and field.description.endswith("."), name
        if re.search(r"\b(time|age|lifetime)\b", str(field.description).lower()) and field.annotation is int:
            assert name.endswith("_s"), name


def test_every_code_is_documented_with_its_number() -> None:
    documented = {row[0].strip("`"): int(row[1]) for row in table("errors.md", "code")}
    assert documented == STATUS


def test_every_code_that_is_raised_is_known() -> None:
    source = "".join(path.read_text() for path in (DOCS.parent / "sidecar").rglob("*.py"))
    raised = set(re.findall(r'code="([a-z_]+)"', source))
    assert raised and raised <= set(STATUS)
