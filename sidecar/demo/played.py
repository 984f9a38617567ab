"""What the played searches left: runs, records of scoring, unusual events, risk events and notables, as tables."""

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from models.errors import DataError

_TEXT, _NUMBER = pl.String(), pl.Float64()
_COLUMNS = {
    "runs": {"name": _TEXT, "scheduled_s": _NUMBER, "error": _TEXT},
    "records": {"_time": _NUMBER, "ai_record": _TEXT, "rows": _NUMBER, "unscored": _NUMBER},
    "kept": {"_time": _NUMBER, "user": _TEXT, "src": _TEXT, "dest": _TEXT},
    "risk": {"_time": _NUMBER, "risk_object": _TEXT, "risk_object_type": _TEXT},
    "notables": {"time_s": _NUMBER, "severity": _TEXT, "row": _TEXT},
}


@dataclass(frozen=True)
class Played:
    """One table each, with at least these columns; `kept` has each unusual event once, `notables` its row as JSON."""

    runs: pl.DataFrame
    records: pl.DataFrame
    kept: pl.DataFrame
    risk: pl.DataFrame
    notables: pl.DataFrame

    @property
    def failed(self) -> int:
        """Runs that failed."""
        return int((self.runs["error"].fill_null("") != "").sum())


def read_played(folder: Path) -> Played:
    """Read the folder; a table without rows may lack its columns.

    Raises DataError when a file or a column is missing.
    """
    return Played(**{name: _read(folder / f"{name}.csv", columns) for name, columns in _COLUMNS.items()})


def _read(path: Path, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    if not path.is_file():
        raise DataError("what the searches left is not there", field=str(path), mend="play the demo again")
    try:
        table = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.NoDataError:
        table = pl.DataFrame()
    if table.is_empty():
        return pl.DataFrame(schema=columns)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise DataError(f"{path.name} lacks a column", field=missing[0], mend="play the demo again")
    return table.select(pl.col(name).cast(kind, strict=False) for name, kind in columns.items())


def row_of(notable: str) -> dict[str, str]:
    """The fields of a notable's result; anything but an object has none."""
    found = json.loads(notable or "{}")
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
