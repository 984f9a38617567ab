"""A home to kill servers in: a champion that nobody changes, three versions to change between, kernels compiled."""

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sidecar.app import open_house
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.sidecar.conftest import ROOT, events

STEADY = "steady"
CHANGING = "changing"
VERSIONS = 3


@functools.cache
def fitted() -> Path:
    """Made once a process; copies of it are killed in."""
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = folder / "home"
    house = open_house(Settings(home=home), by="setup")
    for model, seeds in ((STEADY, (1,)), (CHANGING, range(11, 11 + VERSIONS))):
        for seed in seeds:
            fit(read_csv(events(seed=seed), Limits()), FitOptions(model=model, entity=("user",)), house)
    words = [sys.executable, "-m", "sidecar", "run", "--home", str(home), "score", f"model={STEADY}", "explain=all"]
    subprocess.run(words, input=events(1, 3), stdout=subprocess.DEVNULL, check=True, cwd=ROOT, timeout=300)
    return home


def copy(folder: Path) -> Path:
    """A copy of the fitted home in `folder`."""
    return Path(shutil.copytree(fitted(), folder / "home", ignore=shutil.ignore_patterns("serve.lock")))
