"""Finding the Python versions that splunkd ships: 3.9 and 3.13."""

import functools
import shutil
import subprocess
from pathlib import Path

SHIPPED = ("3.13", "3.9")


@functools.cache
def find(version: str) -> str | None:
    """The interpreter of this version on the PATH or under pyenv, or None."""
    places = [shutil.which(f"python{version}")]
    places += sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")), reverse=True)
    for place in places:
        if place and _is(place, version):
            return place
    return None


def _is(place: str, version: str) -> bool:
    show = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([place, "-c", show], capture_output=True, text=True, timeout=20)
    except OSError:
        return False
    return done.stdout.strip() == version


def best(required: str) -> str:
    """An interpreter that commands.conf's python.required allows; raises LookupError naming what is missing."""
    wanted = [part.strip() for part in required.split(",") if part.strip()]
    for version in sorted(wanted, key=lambda text: tuple(map(int, text.split("."))), reverse=True):
        found = find(version)
        if found:
            return found
    raise LookupError(f"no Python {' or '.join(wanted)} found on the PATH or under ~/.pyenv/versions")
