"""Contents that have no place in a bundle: pickles that would leave a mark, and archives of them."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import joblib
import numpy as np

from models.detectors.boost import Boost

MARK = Path(gettempdir()) / f"aiscore-bundles-mark-{os.getuid()}"
"""Made by whoever opens one of the pickles."""


class Trap:
    """Opened as a pickle, it makes the mark."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, (f"touch {MARK}",))


@cache
def contents() -> dict[str, bytes]:
    """The contents by what they are."""
    trap = pickle.dumps(Trap())
    joined, objects, several = io.BytesIO(), io.BytesIO(), io.BytesIO()
    joblib.dump([Trap()], joined)
    np.save(objects, np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(several, a=np.array([Trap()], dtype=object))
    return {
        "pickle": trap,
        "old pickle": pickle.dumps(Trap(), protocol=0),
        "joblib": joined.getvalue(),
        "object array": objects.getvalue(),
        "npz": several.getvalue(),
        "zip": _zipped(trap),
        "tar": _tarred(trap),
        "gz": gzip.compress(trap, mtime=0),
        "ubj": _ubj(),
        "python": f"import os; os.system('touch {MARK}')".encode(),
        "elf": b"\x7fELF\x02\x01\x01" + bytes(57),
        "nothing": b"",
    }


def _zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../model.pkl", content)
    return out.getvalue()


def _tarred(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("../../model.pkl")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _ubj() -> bytes:
    """A booster in XGBoost's binary form."""
    import xgboost

    rows = np.arange(80, dtype=np.float32).reshape(40, 2)
    booster = xgboost.Booster()
    booster.load_model(bytearray(Boost.fit(rows, rows[:, 0] > 40, 1, rounds=2).written))
    return bytes(booster.save_raw("ubj"))
