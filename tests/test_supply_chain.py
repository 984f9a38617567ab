"""What is installed is what is listed, by hash; what is listed is told in a bill of materials; builds repeat."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from splunk_app import package, sbom
from splunk_app.sbom import Pin, pins

ROOT = Path(__file__).resolve().parents[1]
LISTS = {
    name: ROOT / name for name in ("requirements.txt", "sidecar/requirements.txt", "splunk_app/lib-requirements.txt")
}


def listed(name: str) -> dict[str, Pin]:
    return {pin.name: pin for pin in pins(LISTS[name].read_text())}


def named(text: str) -> dict[str, str]:
    """The name and the version of each requirement in a list of setup.py."""
    return {sbom._normal(name): version for name, version in re.findall(r'"([\w.-]+)(?:\[[\w-]+\])?==([\w.]+)"', text)}


@pytest.mark.parametrize("name", LISTS)
def test_every_line_is_a_pin_with_its_hashes_and_nothing_else(name: str) -> None:
    lines = [line for line in LISTS[name].read_text().splitlines() if line and not line.startswith("#")]
    wrong = [
        line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]
    assert not wrong, wrong[:5]
    assert all(pin.hashes for pin in listed(name).values()) and len(listed(name)) == sum("==" in line for line in lines)


def test_setup_names_the_versions_that_are_listed() -> None:
    text = (ROOT / "setup.py").read_text()
    here = {node.targets[0].id: ast.unparse(node.value).replace("'", '"')  # type: ignore[attr-defined]
            for node in ast.parse(text).body if isinstance(node, ast.Assign)}  # fmt: skip
    everything, sidecar = listed("requirements.txt"), listed("sidecar/requirements.txt")
    runtime, build, dev = (named(here[name]) for name in ("RUNTIME", "BUILD", "DEV"))
    assert len(runtime) == 16 and len(dev) > 10 and build
    assert {name: everything[name].version for name in runtime | build | dev} == runtime | build | dev
    assert {name: sidecar[name].version for name in runtime | build} == runtime | build
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert backend == [f"{name}=={version}" for name, version in build.items()]


def test_the_sidecar_is_deployed_with_the_files_it_was_tested_with() -> None:
    everything, sidecar = listed("requirements.txt"), listed("sidecar/requirements.txt")
    assert sidecar.items() <= everything.items()
    assert not {"pytest", "bandit", "splunk-appinspect", "schemathesis"} & sidecar.keys()


def test_hashes_are_asked_for_wherever_something_is_installed() -> None:
    for name in ("Makefile", "README.md", "sidecar/deploy/Dockerfile"):
        text = (ROOT / name).read_text()
        installs = re.findall(r"pip install([^`\n]*)", text)
        assert installs, name
        assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == [], name
    assert "--require-hashes" in (ROOT / "splunk_app" / "package.py").read_text()


def test_no_list_names_where_it_is_fetched_from() -> None:
    for path in (*LISTS.values(), ROOT / "Makefile", ROOT / "setup.py", ROOT / "pyproject.toml", ROOT / ".ci" / "run"):
        assert not re.search(r"index-url|extra-index|find-links|https?://|file://", path.read_text()), path


def test_a_library_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = listed("splunk_app/lib-requirements.txt")["deprecation"]
    text = f"deprecation=={pin.version} \\\n    --hash=sha256:{{}}\n"
    changed = tmp_path / "lib-requirements.txt"
    monkeypatch.setattr(package, "REQUIREMENTS", changed)
    changed.write_text(text.format(pin.hashes[0]))
    assert list(package.vendored(tmp_path).glob("deprecation.py"))
    changed.write_text(text.format("0" * 64))
    with pytest.raises(package.PackageError, match="(?i)hash"):
        package.vendored(tmp_path)


def test_two_people_build_the_same_package(tmp_path: Path) -> None:
    """Another folder, other times, another mask of modes, another language and time zone."""
    built = []
    package.vendored()  # the libraries are fetched once, by their hashes
    people = (
        ("one", 0o022, 1_000_000_000, "C", "UTC"),
        ("two/deep", 0o077, 1_900_000_000, "tr_TR.UTF-8", "Asia/Tokyo"),
    )
    for name, mask, mtime, locale, zone in people:
        folder = tmp_path / name
        shutil.copytree(package.HERE, folder / "splunk_app", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "LICENSE", folder)
        for path in folder.rglob("*"):
            os.utime(path, (mtime, mtime))
        (folder / "build").symlink_to(ROOT / "build")
        words = [sys.executable, "-m", "splunk_app.package", "--dest", str(folder / "dist")]
        given = os.environ | {
            "LC_ALL": locale,
            "TZ": zone,
            "PYTHONPATH": str(folder),
        }
        done = subprocess.run(words, cwd=folder, env=given, umask=mask, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        (path,) = (folder / "dist").iterdir()
        assert str(path) in done.stdout
        built.append((path.name, path.read_bytes()))
    assert built[0] == built[1]
    assert built[0][1] == package.build(tmp_path / "here").read_bytes()


@pytest.fixture(scope="module")
def boms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {path.name.split("-")[1]: path.read_text() for path in sbom.build(tmp_path_factory.mktemp("sbom"))}


def test_the_bills_of_materials_keep_to_their_schema(boms: dict[str, str]) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for text in boms.values():
        assert validator.validate_str(text) is None
        # The validator does look: a hash that is none is no hash.
        assert validator.validate_str(text.replace('"SHA-256"', '"SHA-255"', 1)) is not None


@pytest.mark.parametrize(
    ("name", "source"), [("sidecar", "sidecar/requirements.txt"), ("app", "splunk_app/lib-requirements.txt")]
)
def test_the_bills_of_materials_are_the_lists(boms: dict[str, str], name: str, source: str) -> None:
    told = json.loads(boms[name])
    assert told["metadata"]["component"]["version"] == package.version()
    parts = {part["name"]: part for part in told["components"]}
    assert parts.keys() == listed(source).keys()
    for pin in listed(source).values():
        part = parts[pin.name]
        assert (part["version"], part["purl"]) == (pin.version, f"pkg:pypi/{pin.name}@{pin.version}")
        assert sorted(each["content"] for each in part["hashes"]) == list(pin.hashes)
    licensed = [part for part in parts.values() if part.get("licenses")]
    assert len(licensed) > len(parts) / 2
    whole = f"aiscore-{name}@{package.version()}"
    depends = {each["ref"]: each.get("dependsOn", []) for each in told["dependencies"]}
    assert len(depends[whole]) == len(parts)


def test_the_bills_of_materials_are_the_same_bytes_each_time(boms: dict[str, str], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "splunk_app.sbom", "--dest", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}, check=True)
    assert {path.name.split("-")[1]: path.read_text() for path in tmp_path.iterdir()} == boms


def test_bandit_is_answered_in_the_code_and_nowhere_else() -> None:
    """`make lint` runs it; an exception names what it excepts, and why, in its own line."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["bandit"]
    assert chosen == {"assert_used": {"skips": ["models/checks.py"]}}
    assert "bandit -q -c pyproject.toml -r models sidecar splunk_app/bin" in (ROOT / "Makefile").read_text()
    found = 0
    for folder in ("models", "sidecar", "splunk_app/bin"):
        for path in (ROOT / folder).rglob("*.py"):
            for line in path.read_text().splitlines():
                found += "nosec" in line
                assert "nosec" not in line or re.search(r"  # nosec B\d{3}  # \w.{7,}$", line), f"{path}: {line}"
    assert found


def test_bandit_finds_what_is_not_answered(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    words = [str(Path(sys.executable).with_name("bandit")), "-q", "-c", str(ROOT / "pyproject.toml"), str(bad)]
    for source, code in (("import pickle\npickle.loads(b'')\n", 1), ("print('fine')\n", 0)):
        bad.write_text(source)
        assert subprocess.run(words, capture_output=True).returncode == code
