"""What streamstats computes: functions over a window that slides through the rows of a group."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.splunkd.spl import aggregations, columns
from tests.splunkd.spl.errors import NotSupported

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
EXACT = 2.0**53


@dataclass(frozen=True)
class Windows:
    """`rows` are the table's rows, group by group; the window of the k-th reaches from `low[k]` up to before `high[k]`.

    `grows` says that no row ever leaves a window, so that each holds all of its group that was seen.
    """

    rows: Places
    low: Places
    high: Places
    grows: bool


@dataclass(frozen=True)
class Values:
    """The values of one field in the order of the windows' rows, and which of them each window holds."""

    found: pl.DataFrame
    low: Places
    high: Places
    grows: bool

    def only(self, name: str) -> Values:
        """The values that have a number (`number`) or a text."""
        keep = self.found[name].is_not_null().to_numpy()
        before = np.concatenate([[0], np.cumsum(keep)])
        return Values(self.found.filter(keep), before[self.low], before[self.high], self.grows)


def place(found: pl.DataFrame, windows: Windows, height: int) -> Values:
    """Values of a field (see aggregations.argument) put in the order of the windows."""
    position = np.full(height, -1, dtype=np.int64)
    position[windows.rows] = np.arange(len(windows.rows))
    at = position[found["row"].to_numpy()]
    order = np.argsort(at, kind="stable")
    order = order[np.searchsorted(at[order], 0) :]
    start = np.searchsorted(at[order], np.arange(len(windows.rows) + 1))
    return Values(found[order], start[windows.low], start[windows.high], windows.grows)


def compute(function: str, values: Values) -> pl.Series:
    """The function's value for each window, null where it finds nothing."""
    if function == "count":
        return pl.Series((values.high - values.low).astype(np.float64))
    if function in ("dc", "distinct_count"):
        return pl.Series(_distinct(values))
    if function == "values":
        return columns.narrow(pl.Series(_sorted_values(values), dtype=columns.LISTS))
    if function in ("sum", "avg"):
        return _sum(values, mean=function == "avg")
    if function in ("min", "max"):
        return _extreme(values, function)
    if function in ("first", "last"):
        at = values.low if function == "first" else values.high - 1
        return values.found["itself"].gather(_null_where(at, values.high <= values.low))
    raise NotSupported(f"streamstats {function}")


def _sum(values: Values, *, mean: bool) -> pl.Series:
    numbers = values.only("number")
    summed = _folded(np.add, numbers)
    count = numbers.high - numbers.low
    with np.errstate(invalid="ignore", divide="ignore"):
        return _null_where(summed / count if mean else summed, count == 0)


def _extreme(values: Values, function: str) -> pl.Series:
    ufunc = np.minimum if function == "min" else np.maximum
    numbers = values.only("number")
    number = _null_where(_folded(ufunc, numbers), numbers.high == numbers.low)
    if not (values.high > values.low)[number.is_null().to_numpy()].any():
        return number
    texts = values.found["text"].unique().sort()
    codes = values.found["text"].replace_strict(texts, pl.int_range(len(texts), eager=True), return_dtype=pl.Float64)
    coded = Values(values.found.with_columns(codes.alias("number")), values.low, values.high, values.grows)
    code = _null_where(_folded(ufunc, coded), values.high == values.low)
    return aggregations.number_or_text(number, texts.gather(code.cast(pl.Int64)))


def _folded(ufunc: np.ufunc, values: Values) -> Floats:
    """The ufunc over the numbers of each window; an empty window gives whatever."""
    numbers = values.found["number"].to_numpy()
    low, high = values.low, values.high
    if not len(numbers):
        return np.zeros(len(low))
    if values.grows:
        running = np.empty(len(numbers))
        edges = np.append(np.unique(low), len(numbers))
        for start, end in zip(edges[:-1], edges[1:], strict=True):
            running[start:end] = ufunc.accumulate(numbers[start:end])
        return running[np.maximum(high - 1, 0)]
    if ufunc is np.add and np.all(numbers == np.rint(numbers)) and np.abs(numbers).sum() < EXACT:
        before = np.concatenate([[0.0], np.cumsum(numbers)])
        return np.asarray(before[high] - before[low])
    # Window by window, so that no number leaves its trace in a window that does not hold it.
    pairs = np.stack([low, np.maximum(high, low + 1)], axis=1).ravel()
    padded = np.append(numbers, [0.0, 0.0])
    return np.asarray(ufunc.reduceat(padded, pairs)[::2])


def _distinct(values: Values) -> Floats:
    codes = values.found["text"].rank("dense").cast(pl.Int64).to_list()
    held = [0] * (len(codes) + 1)
    result = np.zeros(len(values.low))
    begin = end = distinct = 0
    for at, (low, high) in enumerate(zip(values.low.tolist(), values.high.tolist(), strict=True)):
        for code in codes[end:high]:
            held[code] += 1
            distinct += held[code] == 1
        for code in codes[begin:low]:
            held[code] -= 1
            distinct -= held[code] == 0
        begin, end = low, max(high, end)
        result[at] = distinct
    return result


def _sorted_values(values: Values) -> list[list[str] | None]:
    texts = values.found["text"].to_list()
    held: dict[str, int] = {}
    ordered: list[str] = []
    result: list[list[str] | None] = []
    begin = end = 0
    for low, high in zip(values.low.tolist(), values.high.tolist(), strict=True):
        for text in texts[end:high]:
            held[text] = held.get(text, 0) + 1
            if held[text] == 1:
                insort(ordered, text)
        for text in texts[begin:low]:
            held[text] -= 1
            if not held[text]:
                del ordered[bisect_left(ordered, text)]
        begin, end = low, max(high, end)
        result.append(list(ordered) or None)
    return result


def _null_where(numbers: Floats | Places, absent: NDArray[np.bool_]) -> pl.Series:
    return pl.DataFrame({"n": numbers, "absent": absent}).select(pl.when(~pl.col("absent")).then("n").alias("n"))["n"]
