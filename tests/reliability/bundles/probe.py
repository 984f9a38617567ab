"""The child process: loads each re-signed case that it is told of, and tries everything that a model can do.

Takes the words `seed first stop step`, and writes a line before each case and one after it, so that a death has a name.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import redirect_stdout
from typing import Any

import polars as pl

from models.bundle import open_sealed, version_of
from models.errors import DataError
from models.scoring import Model
from tests.reliability.bundles.alter import altered
from tests.reliability.bundles.foreign import MARK
from tests.reliability.bundles.judge import faults
from tests.reliability.bundles.sandbox import Watch, limit_memory, limit_time, memory_mb
from tests.reliability.bundles.specimen import KEY, NAME, Set, Specimen, events, sealed, specimen

LIBRARY_ROWS = 3


def main() -> None:
    """Run the cases of one line of words."""
    seed, first, stop, step = map(int, sys.argv[1:])
    out = sys.stdout
    whole, asked = specimen(), events()
    with redirect_stdout(sys.stderr):
        _warm_up(whole, asked)
        watch = Watch()
        limit_memory()
        for number in range(first, stop, step):
            what, files = altered(number, seed, whole)
            changed = files != {**whole.bundle.files, **whole.generation.files}
            _say(out, {"case": number, "what": what, "changed": changed})
            if changed:
                limit_time()
                began = time.monotonic()
                found = _tried(files, whole, asked, watch)
                _say(out, {"case": number, "s": time.monotonic() - began, "mb": memory_mb(), **found})


def _tried(files: dict[str, bytes], whole: Specimen, asked: pl.DataFrame, watch: Watch) -> dict[str, Any]:
    """What came of a case: `refused` or `loaded`, and what was wrong."""
    past = {name: content for name, content in files.items() if name in whole.generation.files}
    sets = [sealed("bundle", {n: c for n, c in files.items() if n not in past}), sealed("generation", past)]
    wrong: list[str] = []
    refused = ""
    try:
        with watch.awake():
            wrong += _probed(_loaded(*sets), asked)
    except DataError as refusal:
        refused = str(refusal)
        wrong += _unnamed(refusal)
    except BaseException as failure:
        wrong.append(f"{type(failure).__name__}: {str(failure)[:300]}")
    wrong += [f"tried {event}" for event in watch.seen]
    if MARK.exists():
        MARK.unlink()
        wrong.append("code in it was run")
    return {"refused": refused[:200], "wrong": wrong}


class Late(Exception):
    """A model that was loaded refuses to score."""


def _loaded(bundle: Set, generation: Set) -> Model:
    read = {**_contents(bundle), **_contents(generation)}.__getitem__
    found = [open_sealed(one.manifest, one.signature, KEY, read, one.kind) for one in (bundle, generation)]
    return Model.load(NAME, found[0], version_of(bundle.manifest), found[1], version_of(generation.manifest))


def _contents(whole: Set) -> dict[str, bytes]:
    digests = json.loads(whole.manifest)["files"]
    return {digests[name]: content for name, content in whole.files.items()}


def _probed(model: Model, asked: pl.DataFrame) -> list[str]:
    """Everything that is done with a loaded model; what is wrong with what it answers."""
    try:
        model.rehearse()
        rows = model.contract.rows()
        wrong = [] if all(isinstance(word, str) for row in rows for word in row) else ["a contract that is no text"]
        wrong += [] if all(isinstance(way.path, str) for way in model.trained.attributions.values()) else ["no path"]
        wrong += faults(asked, model.score(asked, explain="all").table)
        few = asked[:LIBRARY_ROWS]
        wrong += faults(few, model.score(few, explain="all", engine="library").table)
        return wrong + faults(asked[:0], model.score(asked[:0]).table)
    except DataError as refusal:
        raise Late(str(refusal)) from refusal


def _unnamed(refusal: DataError) -> list[str]:
    """A refusal must come from a reader that knows what it reads, and say what to do."""
    cause = refusal.__cause__
    if cause is not None and not isinstance(cause, DataError):
        return [f"refused only at the last: {refusal}"]
    return [] if refusal.mend and refusal.message else [f"a refusal that does not help: {refusal}"]


def _warm_up(whole: Specimen, asked: pl.DataFrame) -> None:
    """All that is compiled, imported or begun lazily is done before the watch begins."""
    from tests.reliability.bundles.altered_trees import deep

    for files in ({**whole.bundle.files}, deep({**whole.bundle.files})):
        sets = sealed("bundle", files), whole.generation
        assert not _probed(_loaded(*sets), asked)


def _say(out: Any, fact: dict[str, Any]) -> None:
    out.write(json.dumps(fact) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
