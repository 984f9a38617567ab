"""Network connections (NSL-KDD; Tavallaee et al., 2009): records without a clock, normal ones to learn from.

The data are not part of this project; see docs/real-data.md.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import document
from bench.command_line import Floats, interval, scores_of

NAMES = [
    "duration",
    "protocol_type",
    "service",
    "flag",
    "src_bytes",
    "dst_bytes",
    "land",
    "wrong_fragment",
    "urgent",
    "hot",
    "num_failed_logins",
    "logged_in",
    "num_compromised",
    "root_shell",
    "su_attempted",
    "num_root",
    "num_file_creations",
    "num_shells",
    "num_access_files",
    "num_outbound_cmds",
    "is_host_login",
    "is_guest_login",
    "count",
    "srv_count",
    "serror_rate",
    "srv_serror_rate",
    "rerror_rate",
    "srv_rerror_rate",
    "same_srv_rate",
    "diff_srv_rate",
    "srv_diff_host_rate",
    "dst_host_count",
    "dst_host_srv_count",
    "dst_host_same_srv_rate",
    "dst_host_diff_srv_rate",
    "dst_host_same_src_port_rate",
    "dst_host_srv_diff_host_rate",
    "dst_host_serror_rate",
    "dst_host_srv_serror_rate",
    "dst_host_rerror_rate",
    "dst_host_srv_rerror_rate",
    "attack",
    "difficulty",
]
INPUTS = NAMES[:-2]
NORMAL = "normal"
SEEDS = (7, 8, 9)

Mask = npt.NDArray[np.bool_]


def measured(data: Path) -> dict[str, Any]:
    """The figures, each the mean of several seeds."""
    train, test = (_read(data, f"KDD{part}*.csv.gz") for part in ("Train+", "Test+"))
    attack = (test["attack"] != NORMAL).to_numpy()
    unseen = ~test["attack"].is_in(train["attack"].unique().to_list()).to_numpy()
    normal = train.filter(pl.col("attack") == NORMAL).select(INPUTS)
    told = train.select(*INPUTS, label=(pl.col("attack") != NORMAL).cast(pl.Int8))
    words = ["time=none", "entity=service", f"fields={','.join(map(_asked, map(train.get_column, INPUTS)))}"]
    alone = [scores_of([*words, f"seed={seed}"], normal, test.select(INPUTS)) for seed in SEEDS]
    taught = [scores_of([*words, "label=label", f"seed={seed}"], told, test.select(INPUTS)) for seed in SEEDS]
    new = unseen | ~attack
    results = {"nsl_rows": [train.height, test.height], "nsl_unseen_rows": int(unseen.sum()), "nsl_seeds": len(SEEDS)}
    for key, scores in (("normal_only", alone), ("labels", taught)):
        results |= _figure(f"nsl_{key}_auroc", roc_auc_score, attack, scores)
        results |= _figure(f"nsl_{key}_ap", average_precision_score, attack, scores)
        name = "nsl_unseen_types_ap" if key == "labels" else "nsl_normal_only_unseen_types_ap"
        results |= _figure(name, average_precision_score, attack[new], [found[new] for found in scores])
    return results


def _figure(key: str, figure: Any, truth: Mask, scores: list[Floats]) -> dict[str, Any]:
    """The mean of a figure over seeds, each of them, and an interval by resampling rows, of the first."""
    each = [round(float(figure(truth, found)), 4) for found in scores]
    between = interval(len(truth), lambda rows: float(figure(truth[rows], scores[0][rows])))
    return {key: round(float(np.mean(each)), 4), f"{key}_90": between, f"{key}_by_seed": each}


def _asked(column: pl.Series) -> str:
    """A field as `fields=` names it: texts as they are, numbers in bands."""
    return column.name if column.dtype == pl.String else f"{column.name}:band"


def _read(data: Path, pattern: str) -> pl.DataFrame:
    """All files of this name, one after the other."""
    files = sorted((data / "nsl_kdd").glob(pattern))
    tables = [pl.read_csv(gzip.decompress(file.read_bytes()), has_header=False, new_columns=NAMES) for file in files]
    return pl.concat(tables)


def lines_of(results: dict[str, Any]) -> list[str]:
    """What stands of the figures in the document."""
    heads = ["fitted on", "AUROC", "AP", "AP on attack types unseen in training"]
    keys = {
        "normal rows only": ("nsl_normal_only_auroc", "nsl_normal_only_ap", "nsl_normal_only_unseen_types_ap"),
        "all rows, with labels": ("nsl_labels_auroc", "nsl_labels_ap", "nsl_unseen_types_ap"),
    }
    rows = [[words, *(_cell(results, key) for key in found)] for words, found in keys.items()]
    train, test = results["nsl_rows"]
    return [
        *document.table(heads, rows),
        "",
        f"{train:,} rows to fit on, {test:,} to score, {results['nsl_unseen_rows']:,} of them of unseen types. Means "
        f"of {results['nsl_seeds']} seeds; 90% intervals by resampling the scored rows of one.",
    ]


def _cell(results: dict[str, Any], key: str) -> str:
    low, high = results[f"{key}_90"]
    return f"{results[key]:.3f} ({low:.3f}-{high:.3f})"
