"""The app as it is installed: its package unpacked under a SPLUNK_HOME, its confs read default then local."""

import os
import shutil
import tarfile
from pathlib import Path

from splunk_app import package
from tests.splunkd import confs


def newest_package() -> Path:
    """The package of the sources as they stand, built when there is none or it is older than they are."""
    built = package.ROOT / "dist" / f"aiscore-{package.version()}.tar.gz"
    sources = [path for path in package.HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    if not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        return package.build(built.parent)
    return built


class InstalledApp:
    """The app under `home`/etc/apps/aiscore, from a package or from an unpacked folder."""

    def __init__(self, home: Path, origin: Path | None = None) -> None:
        self.home = home
        self._read: dict[str, tuple[list[int], confs.Conf]] = {}
        self.folder = home / "etc" / "apps" / "aiscore"
        origin = origin or newest_package()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, self.folder, ignore=shutil.ignore_patterns("__pycache__", "local"))
        else:
            with tarfile.open(origin) as tar:
                tar.extractall(self.folder.parent, filter="data")
        (home / "var" / "run" / "splunk").mkdir(parents=True, exist_ok=True)

    def conf(self, name: str) -> dict[str, dict[str, str]]:
        """A conf file: stanza -> key -> value, local over default."""
        paths = [self.folder / layer / f"{name}.conf" for layer in ("default", "local")]
        state = [path.stat().st_mtime_ns if path.is_file() else 0 for path in paths]
        if self._read.get(name, ([], {}))[0] != state:
            self._read[name] = state, confs.read(paths)
        return self._read[name][1]

    def set_local(self, name: str, stanza: str, settings: dict[str, str]) -> None:
        """Write settings into local/, as Splunk Web and the REST endpoints do."""
        path = self.folder / "local" / f"{name}.conf"
        kept = confs.parse(path.read_text(encoding="utf-8")) if path.is_file() else {}
        kept.setdefault(stanza, {}).update(settings)
        path.parent.mkdir(exist_ok=True)
        path.write_text(confs.text_of(kept), encoding="utf-8")
        self._read.pop(name, None)

    def environment(self) -> dict[str, str]:
        """What a command's process finds in its environment."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        return kept | {"SPLUNK_HOME": str(self.home)}
