"""What happens before the first request: a private home, light imports, warm models, room for connections."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.app import open_house
from sidecar.home import prepare
from sidecar.serve import _allow_files
from sidecar.settings import Settings
from sidecar.warm import warm_up

ROOT = Path(__file__).parents[2]
LIGHT = """
import sys, sidecar.cli, sidecar.serve, sidecar.home, sidecar.settings
print([name for name in ("numba", "xgboost", "sklearn", "models.scoring") if name in sys.modules])
"""


def test_the_kernels_cache_is_ours_alone_and_set_before_they_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/tmp")
    home = prepare(tmp_path / "home")
    cache = Path(os.environ["NUMBA_CACHE_DIR"])
    assert cache.is_relative_to(home) and cache.stat().st_mode & 0o777 == 0o700
    found = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert found.stdout.strip() == "[]", found.stderr


def test_serving_does_without_what_only_a_fit_needs() -> None:
    only_fits = ("scipy.optimize", "sklearn", "xgboost", "shap")
    script = f"import sys, sidecar.app; print([name for name in {only_fits} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert found.stdout.strip() == "[]", found.stderr


def test_champions_are_loaded_before_they_are_asked_for(home: Path) -> None:
    house = open_house(Settings(home=home))
    told: list[str] = []
    warm_up(house, 8, lambda event, failure, **facts: told.append(event))
    assert told == [] and [place[0] for place in house.shelf._models] == ["ait"]
    (model,) = house.shelf._models.values()
    assert "attributions" in vars(model.trained), "the first explanation would wait for its tables"


REHEARSED = """
import gc, sys
from pathlib import Path
from sidecar.home import prepare
prepare(Path(sys.argv[1]))
from numba.core.dispatcher import Dispatcher
from sidecar.app import open_house
from sidecar.settings import Settings
from sidecar.wire import Limits, read_csv
from tests.sidecar.conftest import events

def compiled():
    kernels = [found for found in gc.get_objects() if isinstance(found, Dispatcher)]
    return {
        (kernel.__module__, kernel.__name__): len(kernel.signatures)
        for kernel in kernels if kernel.__module__.startswith("models.")
    }

model = open_house(Settings(home=Path(sys.argv[1]))).shelf.champion("ait")
model.rehearse(2)
before = compiled()
scored = model.score(read_csv(events(30, 100), Limits()), explain="all", nthread=2)
assert scored.table["ai_reasons"].null_count() == 0 and sum(before.values()) > 5, before
print({name: count for name, count in compiled().items() if count != before.get(name)})
"""


def test_after_a_rehearsal_nothing_is_left_to_compile(home: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", REHEARSED, str(home)], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert found.stdout.strip() == "{}", found.stderr


def test_a_model_that_cannot_be_loaded_keeps_nobody_from_starting(home: Path) -> None:
    for blob in (home / "blobs").glob("*/*"):
        blob.write_bytes(b"")
    told: list[tuple[str, object]] = []
    warm_up(open_house(Settings(home=home)), 8, lambda event, failure, **facts: told.append((event, facts["model"])))
    assert told == [("warm-up failed", "ait")]


def test_there_is_room_for_the_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
        _allow_files(400)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 400
        _allow_files(350)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 400
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
