"""The package: the same bytes for the same sources, only what belongs in it, and nothing AppInspect rejects."""

import configparser
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from splunk_app import package
from tests.splunkd import app

EXPECTED = tomllib.loads(Path(__file__).with_name("appinspect_expected.toml").read_text())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(tmp_path_factory.mktemp("dist"))


def test_two_builds_are_the_same_bytes(built: Path, tmp_path: Path) -> None:
    # Another folder, other times and modes, and files that do not belong: nothing of that may show.
    copy = tmp_path / "elsewhere"
    shutil.copytree(package.HERE, copy, copy_function=shutil.copyfile)
    (copy / "local").mkdir()
    (copy / "local" / "aiscore.conf").write_text("[sidecar]\nurl = https://ours\n")
    (copy / "bin" / "__pycache__").mkdir(exist_ok=True)
    (copy / "bin" / "__pycache__" / "x.py").write_text("")
    (copy / "bin" / "notes.txt").write_text("")
    (copy / "bin" / ".hidden.py").write_text("")
    for path in copy.rglob("*.py"):
        path.chmod(0o600)
    assert package.build(tmp_path / "dist", copy).read_bytes() == built.read_bytes()


def test_only_what_belongs_is_in_it(built: Path) -> None:
    with tarfile.open(built) as tar:
        members = tar.getmembers()
    names = [member.name for member in members]
    assert names == sorted(names, key=lambda name: (not _is_folder(name, members), name))
    assert {name.split("/")[0] for name in names} == {"aiscore"}
    tops = {name.split("/")[1] for name in names if "/" in name}
    folders = {"README", "appserver", "bin", "default", "lib", "lookups", "metadata", "static"}
    assert tops - {"lookups"} == folders - {"lookups"} | {"LICENSE", "app.manifest"}
    assert not [name for name in names if re.search(r"__pycache__|\.pyc$|\.so$|/local/|/\.|package\.py$", name)]
    assert {(member.uid, member.gid, member.mtime, member.mode) for member in members} == {
        (0, 0, package.TIME, 0o755),
        (0, 0, package.TIME, 0o644),
    }


def _is_folder(name: str, members: list[tarfile.TarInfo]) -> bool:
    return next(member for member in members if member.name == name).isdir()


def test_one_version_everywhere(built: Path) -> None:
    setup = (package.ROOT / "setup.py").read_text()
    manifest = json.loads((package.HERE / "app.manifest").read_text())
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(package.HERE / "default" / "app.conf")
    version = package.version()
    assert f'version="{version}"' in setup
    assert manifest["info"]["id"] == {"group": None, "name": "aiscore", "version": version}
    assert conf["id"]["version"] == version and conf["package"]["id"] == conf["id"]["name"] == "aiscore"
    assert built.name == f"aiscore-{version}.tar.gz"


def test_every_library_is_pinned_with_its_hash() -> None:
    text = package.REQUIREMENTS.read_text()
    pins = re.findall(r"^([a-z0-9-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert len(pins) == len(lines) == 8
    assert {"splunk-sdk": "2.1.1", "requests": "2.32.5", "urllib3": "2.6.3"}.items() <= dict(pins).items()


def test_compiled_code_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("x/_speed.so", b"\x7fELF")
    with pytest.raises(package.PackageError, match="compiled code"):
        package._unpack(wheel, tmp_path / "lib")


def test_a_changed_source_is_packed_anew() -> None:
    assert app.newest_package().stat().st_mtime >= max(
        path.stat().st_mtime for path in package.HERE.rglob("*.conf") if path.is_file()
    )


def test_appinspect_finds_what_is_expected_and_nothing_else(built: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [str(Path(sys.executable).with_name("splunk-appinspect")), "inspect", str(built), "--mode", "precert"]
        + ["--included-tags", "cloud", "--included-tags", "future"]
        + ["--data-format", "json", "--output-file", str(report)],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert report.exists(), done.stderr
    found = json.loads(report.read_text())
    assert importlib.metadata.version("splunk-appinspect") == EXPECTED["version"]
    checks = [check for group in found["reports"][0]["groups"] for check in group["checks"]]
    told = {check["name"]: [message["message"] for message in check["messages"]] for check in checks}
    results = [(check["result"], check["name"]) for check in checks]
    assert len(checks) == EXPECTED["checks"]
    assert {result for result, _ in results} <= {"success", "not_applicable", "warning"}, [
        (result, name, told[name]) for result, name in results if result not in ("success", "not_applicable")
    ]
    warnings = {name for result, name in results if result == "warning"}
    assert warnings == {entry["check"] for entry in EXPECTED["warning"]}, {name: told[name] for name in warnings}
    assert all(entry["reason"] for entry in EXPECTED["warning"])
