"""Masqueraders among Unix users (Schonlau et al., 2001): a row is one block of a user's commands.

The data are not part of this project; see docs/real-data.md. The first 50 blocks of every user are its own and are
fitted on; the later ones are scored, with the baseline frozen, and with one that goes on learning what scored low.
"""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import document
from bench.command_line import Floats, interval, run_here, scores_in, scores_of

BLOCK = 100
TRAINED = 50
DAY_S = 86_400
START_S = 1_600_041_600
FALSE_ALARMS = 0.046
"""The share of false alarms at which hits are published for these data."""
TEACH_BELOW = 0.3
"""A block teaches where the model as it was fitted scores it below this: all but about the strangest one in 63."""
ALL_TEACH = 1.0
MOST_DAYS = 3650
FIT = ("entity=user", "scope=user", "fields=commands:sequence,moves=steps(commands)")

Mask = npt.NDArray[np.bool_]
Users = dict[str, list[list[str]]]
"""Per user the commands of each block, in order."""


def measured(data: Path) -> dict[str, Any]:
    """The figures of all users that are there."""
    folder = data / "sea_masquerade"
    users = {file.name.removesuffix(".gz"): _blocks(file) for file in sorted(folder.glob("User*.gz"), key=_number)}
    truth = _truth(folder / "label.txt", [_number(Path(name)) - 1 for name in users])
    later = range(TRAINED, TRAINED + len(truth))
    frozen = scores_of([*FIT], rows_of(users, range(TRAINED)), rows_of(users, later)).reshape(truth.shape)
    rolling = rolled(users, later, TEACH_BELOW)
    taught = frozen < TEACH_BELOW
    return {
        "sea_users": list(users),
        "sea_impostor_blocks": int(truth.sum()),
        **figures("frozen", frozen, truth),
        **figures("rolling", rolling, truth),
        "sea_rolling_taught": {"own": int(taught[~truth].sum()), "impostor": int(taught[truth].sum())},
        **figures("unguarded", rolled(users, later, ALL_TEACH), truth),
        "sea_auroc_by_user": {
            name: [round(float(roc_auc_score(truth[:, at], found[:, at])), 3) for found in (frozen, rolling)]
            for at, name in enumerate(users)
            if truth[:, at].any()
        },
    }


def rows_of(users: Users, blocks: Sequence[int]) -> pl.DataFrame:
    """One row a block and user, block by block, a block a day."""
    asked = [(block, user) for block in blocks for user in users]
    return pl.DataFrame(
        {
            "_time": [START_S + DAY_S * block for block, _ in asked],
            "user": [user for _, user in asked],
            "commands": ["\n".join(users[user][block]) for block, user in asked],
        }
    )


def rolled(users: Users, blocks: Sequence[int], limit: float) -> Floats:
    """The scores of these blocks, (blocks, users), each block of all users learned after it was scored.

    Which blocks teach is decided by the model as it was fitted: never by a label, nor by a baseline that may have been
    poisoned meanwhile.
    """
    found = []
    with tempfile.TemporaryDirectory() as home:
        run_here(["fit", "model=m", *FIT], rows_of(users, range(TRAINED)), home)
        for block in blocks:
            rows = rows_of(users, [block])
            found.append(scores_in(run_here(["score", "model=m", "explain=none"], rows, home)))
            run_here(["learn", "model=m", f"teach_below={limit}", f"window_days={MOST_DAYS}"], rows, home)
    return np.array(found)


def figures(which: str, scores: Floats, truth: Mask) -> dict[str, Any]:
    """AUROC, AP and hits over all blocks, with intervals by resampling users. scores and truth: (blocks, users)."""
    told = {"auroc": roc_auc_score, "ap": average_precision_score, "hits": hits}
    found: dict[str, Any] = {}
    for name, figure in told.items():

        def of(chosen: npt.NDArray[np.int64], figure: Any = figure) -> float:
            return float(figure(truth[:, chosen].ravel(), scores[:, chosen].ravel()))

        found[f"sea_{which}_{name}"] = round(of(np.arange(truth.shape[1])), 4)
        found[f"sea_{which}_{name}_90"] = interval(truth.shape[1], of)
    return found


def hits(truth: Mask, scores: Floats) -> float:
    """The share of impostor blocks above the score that FALSE_ALARMS of the own blocks reach."""
    return float((scores[truth] > np.quantile(scores[~truth], 1.0 - FALSE_ALARMS, method="higher")).mean())


def lines_of(results: dict[str, Any]) -> list[str]:
    """What stands of the figures in the document."""
    words = {"frozen": "frozen", "rolling": "rolling, guarded", "unguarded": "rolling, everything teaches"}
    rows = [
        [words[which], *(_cell(results, f"sea_{which}_{name}") for name in ("auroc", "ap", "hits"))] for which in words
    ]
    lines = document.table(["baseline", "AUROC", "AP", f"hits at {FALSE_ALARMS:.1%} false alarms"], rows)
    each = np.array(list(results["sea_auroc_by_user"].values()))
    low, middle, high = np.quantile(each, [0.0, 0.5, 1.0], axis=0)
    spread = "; ".join(
        f"{name} {low[at]:.2f}, {middle[at]:.2f}, {high[at]:.2f}" for at, name in enumerate(("frozen", "rolling"))
    )
    taught = results["sea_rolling_taught"]
    return [
        *lines,
        "",
        f"{len(results['sea_users'])} users, {results['sea_impostor_blocks']} impostor blocks; 90% intervals by "
        f"resampling users. AUROC of single users that had a visitor, least, median and highest: {spread}. The guarded "
        f"baseline learned {taught['own']:,} own blocks and {taught['impostor']} of impostors.",
    ]


def _cell(results: dict[str, Any], key: str) -> str:
    low, high = results[f"{key}_90"]
    return f"{results[key]:.3f} ({low:.2f}-{high:.2f})"


def _blocks(file: Path) -> list[list[str]]:
    commands = gzip.decompress(file.read_bytes()).decode().split()
    return [commands[start : start + BLOCK] for start in range(0, len(commands), BLOCK)]


def _number(file: Path) -> int:
    return int(re.findall(r"\d+", file.name)[0])


def _truth(file: Path, columns: list[int]) -> Mask:
    """Which later block of which user is an impostor's, (blocks, users); the file has a column a user."""
    told = np.loadtxt(file, dtype=np.int64, ndmin=2)
    # A file of some of the users may hold their columns only.
    return np.asarray(told[:, columns] if max(columns) < told.shape[1] else told[:, : len(columns)]) == 1
