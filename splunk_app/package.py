"""Packing the Splunk app: `python -m splunk_app.package` writes dist/aiscore-<version>.tar.gz.

The same sources give the same bytes: files are sorted, and their times, owners and modes are fixed, so anybody can
check a package against the repository by its SHA-256.
"""

import argparse
import configparser
import contextlib
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REQUIREMENTS = HERE / "lib-requirements.txt"
TOP = "aiscore"

# Only these go in; anything else in the folder (this file, local/, caches) stays out.
FOLDERS = ("README", "appserver", "bin", "default", "lookups", "metadata", "static")
FILES = ("app.manifest",)
SUFFIXES = frozenset({".py", ".conf", ".spec", ".meta", ".xml", ".html", ".js", ".css", ".csv", ".png", ".manifest"})
# What a library needs at run time, and its licence.
LIB_SUFFIXES = frozenset({".py", ".pem", ".typed"})
TIME = 1767225600  # 2026-01-01, for every file: the time of building says nothing about the content.


class PackageError(RuntimeError):
    """The package cannot be built; says which file or library and why."""


def version(source: Path = HERE) -> str:
    """The app's version, from default/app.conf."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(source / "default" / "app.conf", encoding="utf-8")
    return conf["launcher"]["version"]


def build(target: Path, source: Path = HERE, cache: Path = ROOT / "build") -> Path:
    """Write the package of `source` into folder `target` and return its path."""
    files = dict(_app_files(source)) | dict(_lib_files(vendored(cache)))
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{TOP}-{version(source)}.tar.gz"
    # A reader never meets half a package.
    with tempfile.NamedTemporaryFile(dir=target, delete=False) as part:
        part.write(archive(files))
    os.chmod(part.name, 0o644)
    os.replace(part.name, path)
    return path


def archive(files: dict[str, bytes]) -> bytes:
    """A gzipped tar of these files under the app's folder, the same bytes for the same files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(_folders(files)):
            tar.addfile(_member(f"{TOP}/{name}".rstrip("/"), tarfile.DIRTYPE, 0o755, 0))
        for name, data in sorted(files.items()):
            tar.addfile(_member(f"{TOP}/{name}", tarfile.REGTYPE, 0o644, len(data)), io.BytesIO(data))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0, compresslevel=9) as out:
        out.write(plain.getvalue())
    return packed.getvalue()


def _folders(files: dict[str, bytes]) -> set[str]:
    return {""} | {str(folder) for name in files for folder in PurePosixPath(name).parents if str(folder) != "."}


def _member(name: str, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size, member.mtime = kind, mode, size, TIME
    return member


def _app_files(source: Path) -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for path in sorted((source / folder).rglob("*")):
            name = path.relative_to(source)
            hidden = any(part.startswith((".", "__pycache__")) for part in name.parts)
            if path.is_file() and path.suffix in SUFFIXES and not hidden:
                yield name.as_posix(), path.read_bytes()
    for file in FILES:
        yield file, (source / file).read_bytes()


def _lib_files(lib: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(lib.rglob("*")):
        # Whoever imports from there leaves compiled files behind.
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"lib/{path.relative_to(lib).as_posix()}", path.read_bytes()


def vendored(cache: Path = ROOT / "build") -> Path:
    """The folder with the libraries, fetched once for each state of lib-requirements.txt."""
    state = hashlib.sha256(REQUIREMENTS.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    ready = cache / f"lib-{state}"
    if not ready.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            files = Path(work, "files")
            _fetch(files)
            lib = Path(work, "lib")
            for file in sorted(files.iterdir()):
                _unpack(file, lib)
            # Somebody else may have been faster.
            with contextlib.suppress(OSError):
                lib.rename(ready)
    return ready


def _fetch(target: Path) -> None:
    """Download exactly the files whose hashes are listed; splunk-sdk has no wheel, so its source is taken."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--no-binary=splunk-sdk", "--python-version=3.9"]
    command += ["--implementation=py", "--abi=none", "--platform=any"]
    done = subprocess.run(
        [*command, f"--dest={target}", f"--requirement={REQUIREMENTS}"], capture_output=True, text=True
    )
    if done.returncode:
        raise PackageError(f"the app's libraries could not be fetched:\n{done.stderr.strip()}")


def _unpack(file: Path, lib: Path) -> None:
    for name, data in _contents(file):
        path = PurePosixPath(name)
        if path.suffix in {".so", ".pyd", ".dll", ".dylib"}:
            raise PackageError(f"{file.name} holds compiled code ({name}): the app must run on any search head")
        if ".." in path.parts or path.is_absolute():
            raise PackageError(f"{file.name} holds an unsafe path: {name}")
        if _is_licence(path) or path.suffix in LIB_SUFFIXES and not path.parts[0].endswith(".dist-info"):
            out = lib / name
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(data)


def _is_licence(path: PurePosixPath) -> bool:
    return path.parts[0].endswith(".dist-info") and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))


def _contents(file: Path) -> Iterator[tuple[str, bytes]]:
    """The library's own files in a wheel, or in an sdist whose package folder stands below one top folder."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            for name in wheel.namelist():
                if not name.endswith("/"):
                    yield name, wheel.read(name)
        return
    with tarfile.open(file) as sdist:
        for member in sdist.getmembers():
            name = member.name.partition("/")[2]
            data = sdist.extractfile(member) if member.isfile() else None
            if data is not None and name.startswith("splunklib/"):
                yield name, data.read()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m splunk_app.package", description=__doc__.splitlines()[0])
    parser.add_argument("--dest", type=Path, default=ROOT / "dist", help="folder to write to (default: dist)")
    path = build(parser.parse_args().dest)
    print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}")


if __name__ == "__main__":
    try:
        main()
    except PackageError as error:
        sys.exit(f"error: {error}")
