"""The house: who may import whom, and one word all the way through."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.verbs import VERBS

ROOT = Path(__file__).resolve().parents[1]
CODE = [
    *ROOT.glob("models/**/*.py"),
    *ROOT.glob("sidecar/**/*.py"),
    *ROOT.glob("splunk_app/bin/**/*.py"),
]
WORLD = {"flask", "requests", "sqlite3", "socket", "subprocess", "http", "urllib", "os", "time", "pickle"}
COMMANDS = {
    "aiscore": "score",
    "aifit": "fit",
    "ailearn": "learn",
    "aiquality": "quality",
    "aimodels": "models",
    "aiaudit": "audit",
}
"""Each search command and the verb it calls."""


def module_name(path: Path) -> str:
    """The dotted name of a file; a file of bin/ is named as Splunk finds it."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[:2] == ("splunk_app", "bin"):
        parts = parts[2:]
    return ".".join(parts).removesuffix(".__init__")


def imports(source: str) -> Iterator[str]:
    """The dotted names that a file imports; `from a import b` gives both a and a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph() -> dict[str, set[str]]:
    found = {module_name(path): set(imports(path.read_text(encoding="utf-8"))) for path in CODE}
    return {name: used - {name} for name, used in found.items()}


def breaches(name: str, used: set[str]) -> Iterator[str]:
    """What of a module's imports the house does not allow."""
    roots = {other.partition(".")[0] for other in used}
    if name.startswith("models"):
        yield from sorted(roots & {"sidecar", "splunk_app", "aiscore_kit", *WORLD})
    if name.startswith("sidecar"):
        yield from sorted(roots & {"splunk_app", "aiscore_kit", "tests", "bench", "pickle"})
    if name.startswith("sidecar.tasks."):
        closed = ("sidecar.tasks.", "sidecar.store.", "sidecar.api", "flask")
        yield from sorted(o for o in used if o.startswith(closed) and not o.startswith("sidecar.store.base"))
    if name.startswith("sidecar.store"):
        yield from sorted(o for o in used if o.startswith(("models.", "sidecar.tasks", "sidecar.api", "flask")))
    if name.startswith("sidecar.") and name != "sidecar.app":
        concrete = ("sidecar.store.sqlite", "sidecar.store.files", "sidecar.store.memory", "sidecar.store.sessions")
        yield from sorted(o for o in used if o.startswith(concrete))
    if name.startswith("sidecar.") and not name.startswith("sidecar.api") and name != "sidecar.app":
        yield from sorted(o for o in used if o.partition(".")[0] == "flask")
    if name.startswith(("ai", "rest_")):
        allowed = {"aiscore_kit", "splunklib", "requests", "urllib3"} | (
            {"splunk"} if name.startswith("rest_") else set()
        )
        yield from sorted(roots - set(sys.stdlib_module_names) - allowed)


def test_every_import_is_allowed() -> None:
    found = {name: list(breaches(name, used)) for name, used in graph().items()}
    assert {name: bad for name, bad in found.items() if bad} == {}


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("models.scale", "time"),
        ("models.scale", "sidecar.wire"),
        ("sidecar.tasks.fit", "sidecar.tasks.score"),
        ("sidecar.tasks.fit", "flask"),
        ("sidecar.tasks.fit", "sidecar.store.sqlite"),
        ("sidecar.store.files", "models.bundle"),
        ("sidecar.jobs", "sidecar.store.sqlite"),
        ("sidecar.jobs", "flask"),
        ("aiscore_kit.client", "polars"),
        ("aiscore", "sidecar.wire"),
    ],
)
def test_a_forbidden_import_is_caught(name: str, used: str) -> None:
    assert set(breaches(name, {used})) & {used, used.partition(".")[0]}


def test_the_mathematics_reads_no_clock_and_no_environment() -> None:
    for path in ROOT.glob("models/**/*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(now|utcnow|today|environ|getenv|perf_counter)\(", text), path


def cycle(found: dict[str, set[str]]) -> list[str]:
    """The names of one circle of imports, or nothing."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(found[name] & found.keys()):
            circle = visit(other, [*path, name])
            if circle:
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(found) if (circle := visit(name, []))), [])


def test_no_imports_run_in_a_circle() -> None:
    assert cycle(graph()) == []
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]


def test_the_stand_in_shares_no_code_with_the_kit() -> None:
    for path in (ROOT / "tests" / "splunkd").glob("**/*.py"):
        assert not any(name.startswith("aiscore_kit") for name in imports(path.read_text(encoding="utf-8"))), path


def test_no_file_is_called_utils_or_helpers() -> None:
    assert [path for path in CODE if path.stem in {"utils", "util", "helpers", "common", "misc"}] == []


def test_files_and_functions_stay_small() -> None:
    for path in CODE:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{path} holds more than one thing"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= 70, f"{path}: {node.name} is {length} lines long"


def stanzas(name: str) -> set[str]:
    text = (ROOT / "splunk_app" / "default" / name).read_text(encoding="utf-8")
    return set(re.findall(r"^\[([^\]]+)\]", text, re.MULTILINE))


def test_one_word_all_the_way_through() -> None:
    """commands.conf = searchbnf.conf = shims = verbs = golden files = docs."""
    commands = stanzas("commands.conf")
    helped = {s.removesuffix("-command") for s in stanzas("searchbnf.conf") if s.endswith("-command")}
    shims = {path.stem for path in (ROOT / "splunk_app" / "bin").glob("ai*.py")} - stanzas("alert_actions.conf")
    documented = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert commands == helped == shims == set(COMMANDS)
    assert set(COMMANDS.values()) == set(VERBS)
    assert {path.name for path in (ROOT / "tests" / "golden").iterdir()} == set(VERBS)
    assert {path.stem for path in (ROOT / "sidecar" / "tasks").glob("[a-z]*.py")} == set(VERBS)
    for command in commands:
        assert f"## {command}" in documented or f"## `{command}`" in documented, f"docs/commands.md lacks {command}"
