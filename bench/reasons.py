"""Twenty reasons from real events, as an analyst reads them: docs/reasons.md.

Each set is fitted on its earlier half (NSL-KDD: on the ordinary connections of its training file) and the later half is
scored. Of the scores above what the set declares come those in which the event itself is the strongest reason, not what
else happened, and the first of each kind, so that nothing is told twice.

python -m bench.reasons           # writes docs/reasons.md
python -m bench.reasons --print   # shows it only
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from bench import document
from bench.ait import find_data
from bench.nsl import NAMES
from bench.raw import ROOT, rows_of, run
from bench.raw_sets import RawSet, raw_sets

PAGE = ROOT / "docs" / "reasons.md"
MOST_PARTS = 4
"""Reasons of one event that are shown."""
SURROUNDINGS = re.compile("^$|bits? of surprise")
PLAIN = {
    "protocol_type": "protocol",
    "src_bytes": "bytes sent",
    "dst_bytes": "bytes received",
    "wrong_fragment": "wrong fragments",
    "urgent": "urgent packets",
    "hot": "hot indicators",
    "num_failed_logins": "failed logins",
    "logged_in": "logged in",
    "num_compromised": "compromised conditions",
    "root_shell": "root shell",
    "su_attempted": "su attempted",
    "num_root": "root accesses",
    "num_file_creations": "files created",
    "num_shells": "shells opened",
    "num_access_files": "accesses to control files",
    "num_outbound_cmds": "outbound commands",
    "is_host_login": "host login",
    "is_guest_login": "guest login",
    "count": "connections to the host in 2s",
    "srv_count": "connections to the service in 2s",
    "serror_rate": "share of SYN errors at the host",
    "srv_serror_rate": "share of SYN errors at the service",
    "rerror_rate": "share of refusals at the host",
    "srv_rerror_rate": "share of refusals at the service",
    "same_srv_rate": "share of the same service at the host",
    "diff_srv_rate": "share of other services at the host",
    "srv_diff_host_rate": "share of other hosts at the service",
    "dst_host_count": "connections to the host in the last 100",
    "dst_host_srv_count": "connections to the service in the last 100",
    "dst_host_same_srv_rate": "share of the same service in the last 100",
    "dst_host_diff_srv_rate": "share of other services in the last 100",
    "dst_host_same_src_port_rate": "share of the same source port in the last 100",
    "dst_host_srv_diff_host_rate": "share of other hosts in the last 100 at the service",
    "dst_host_serror_rate": "share of SYN errors in the last 100 at the host",
    "dst_host_srv_serror_rate": "share of SYN errors in the last 100 at the service",
    "dst_host_rerror_rate": "share of refusals in the last 100 at the host",
    "dst_host_srv_rerror_rate": "share of refusals in the last 100 at the service",
}
"""What some of them are called here, as their set's description explains them."""
Row = dict[str, str]


@dataclass(frozen=True)
class Source:
    """Where reasons come from. scored: its rows with their scores, highest first; happened: one row in a sentence;
    kind: what of a row is told once; least: the lowest score that is shown."""

    title: str
    many: int
    least: float
    scored: Callable[[Path], pl.DataFrame]
    happened: Callable[[Row], str]
    kind: Callable[[Row], str]


def of_recipe(folder: str, recipe: str) -> Callable[[Path], pl.DataFrame]:
    """The later half of a raw set's rows of a recipe, scored by a model of the earlier half."""

    def found(data: Path) -> pl.DataFrame:
        rows = rows_of(_set(data, folder), recipe)
        half = rows.height // 2
        return scores(rows.head(half), rows.tail(-half), [f"recipe={recipe}"])

    return found


def kdd(data: Path) -> pl.DataFrame:
    """The connections of the test file, scored by a model of the ordinary ones of the training file."""
    train, test = (_kdd_file(data, word) for word in ("train", "test"))
    fields = [name for name in train.columns if name not in ("attack", "difficulty")]
    ordinary = train.filter(pl.col("attack") == "normal")
    return scores(ordinary, test, ["time=none", "entity=service", f"fields={','.join(fields)}"])


def scores(fit: pl.DataFrame, score: pl.DataFrame, words: list[str]) -> pl.DataFrame:
    """`aiscore run fit` and `score`; the rows as they were written, highest scores first."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        fit.write_csv(place / "fit.csv")
        score.write_csv(place / "score.csv")
        for verb in (["fit", "model=reasons", *words], ["score", "model=reasons"]):
            refused = run(verb, place / f"{verb[0]}.csv", place / "scored.csv")
            if refused:
                raise SystemExit(f"aiscore run {' '.join(verb)}: {refused}")
        found = pl.read_csv(place / "scored.csv", infer_schema=False)
    return found.with_columns(pl.col("ai_score").cast(pl.Float64)).sort("ai_score", descending=True)


def _set(data: Path, folder: str) -> RawSet:
    (found,) = raw_sets(data, folder)
    return found


def _kdd_file(data: Path, word: str) -> pl.DataFrame:
    (path,) = [path for path in (data / "nsl_kdd").iterdir() if word in path.name.lower()]
    return pl.read_csv(path, has_header=False, new_columns=NAMES, infer_schema=False).rename(PLAIN)


def _operation(row: Row) -> str:
    told = f"{row['user']} asked `{row['command']}` of {row['object_category']} from {row['src'] or 'nowhere'}"
    return f"{told}; it was refused." if row["status"] == "failure" else f"{told}."


def _change(row: Row) -> str:
    on = f" ({row['object'][:40]})" if row["object"] else ""
    refused = ", which was refused" if row["status"] == "failure" else ""
    return f"{row['user']}: {row['command']}{on} at {row['dest']}{refused}."


def _process(row: Row) -> str:
    parent = f"{row['parent_process_name']} started " if row["parent_process_name"] else ""
    return f"{parent}{row['process_name']} on {row['dest']} as {row['user']}: `{row['process'][:90]}`."


def _connection(row: Row) -> str:
    told = f"a {row['protocol']} connection to {row['service']} ({row['flag']}), {row['bytes sent']} bytes sent"
    return f"{told} and {row['bytes received']} received; the set calls it *{row['attack']}*."


SOURCES = (
    Source(
        "AWS CloudTrail, invictus-ir/aws_dataset (MIT): an account taken over, in an hour",
        4,
        0.2,
        of_recipe("invictus_aws", "change"),
        _operation,
        lambda row: row["object_category"],
    ),
    Source(
        "Windows changes, mdecrevoisier/EVTX-to-MITRE-Attack (CC0): a laboratory",
        2,
        0.15,
        of_recipe("evtx_mdecrevoisier", "change"),
        _change,
        lambda row: row["command"],
    ),
    Source(
        "Windows processes, mdecrevoisier/EVTX-to-MITRE-Attack (CC0): a laboratory",
        8,
        0.25,
        of_recipe("evtx_mdecrevoisier", "processes"),
        _process,
        lambda row: row["process_name"],
    ),
    Source("Connections, NSL-KDD (UNB; BSD-3 repository)", 6, 0.5, kdd, _connection, lambda row: row["attack"]),
)


def chosen(source: Source, table: pl.DataFrame) -> list[Row]:
    """The highest row of each kind whose own fields lead, each with other leading fields as far as there are such."""
    high = table.filter(pl.col("ai_score") >= source.least)
    rows = [row for row in high.iter_rows(named=True) if not SURROUNDINGS.search(parts(row)[0])]
    different = _firsts(rows, lambda row: (source.kind(row), _leading(row)), source.many)
    rest = _firsts(rows, lambda row: (source.kind(row),), source.many, different)
    found = [*different, *rest][: source.many]
    return sorted(found, key=lambda row: -float(row["ai_score"]))


def _firsts(
    rows: list[Row], marks: Callable[[Row], tuple[str, ...]], many: int, after: Sequence[Row] = ()
) -> list[Row]:
    """The first rows of which no mark was seen before, in those or in `after`."""
    seen = {mark for row in after for mark in marks(row)}
    found: list[Row] = []
    for row in rows:
        if len(found) < many and not seen & set(marks(row)):
            found.append(row)
            seen |= set(marks(row))
    return found


def parts(row: Row) -> list[str]:
    """The reasons of a row, strongest first."""
    return re.split(r"(?<!\\); ", row["ai_reasons"] or "")


def _leading(row: Row) -> str:
    return ", ".join(part.partition("=")[0] for part in parts(row)[:2])


def lines_of(data: Path) -> list[str]:
    """The page's reasons, numbered through."""
    lines: list[str] = []
    number = 0
    for source in SOURCES:
        lines += ["", f"## {source.title}", "", f"Scores of {source.least} and more.", ""]
        for row in chosen(source, source.scored(data)):
            number += 1
            when = f"{datetime.fromtimestamp(float(row['_time']), UTC):%Y-%m-%d %H:%M}, " if row.get("_time") else ""
            told = f"{when}{source.happened(row)}"
            lines += [f"**{number}.** {told[0].upper()}{told[1:]} Score {row['ai_score']:.2f}.", ""]
            lines += [*(f"- `{part}`" for part in parts(row)[:MOST_PARTS]), ""]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=find_data(ROOT), help="the folder that holds the sets")
    parser.add_argument("--print", action="store_true", help="show the reasons and write nothing")
    options = parser.parse_args()
    if options.data is None:
        print("no shared/data beside or above the project: no events to give reasons of")
        return 0
    lines = lines_of(options.data)
    if options.print:
        print("\n".join(lines))
    else:
        document.put(PAGE, "reasons", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
