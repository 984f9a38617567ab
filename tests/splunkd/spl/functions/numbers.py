"""Functions of numbers. Where a result is no number, there is none."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import LISTS
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.functions.calls import Arguments, Function, choose


def _finite(series: pl.Series) -> pl.Series:
    return series.set(~series.is_finite().fill_null(True), None)


def _of_one(function: Callable[[pl.Series], pl.Series]) -> Function:
    return lambda args: _finite(function(args.number(0)))


def log(args: Arguments) -> pl.Series:
    """The logarithm to base 10, or to the second argument."""
    base = args.number(1) if len(args) > 1 else args.same(10.0, pl.Float64())
    return _finite(args.number(0).log() / base.log())


def power(args: Arguments) -> pl.Series:
    """The first to the power of the second."""
    return _finite(args.number(0) ** args.number(1))


def rounded(args: Arguments) -> pl.Series:
    """To so many decimals, halves away from zero; the product is first cut to the digits that a number really has."""
    decimals = args.written_number(1) if len(args) > 1 else 0
    if decimals < 0:
        raise NotSupported("round() to less than no decimals")
    number = args.number(0)
    shifted = (number.abs() * 10.0**decimals).round_sig_figs(15)
    return (shifted + 0.5).floor() / 10.0**decimals * number.sign()


def _extreme(args: Arguments, largest: bool) -> pl.Series:
    """Texts count as larger than numbers, and are ordered as texts."""
    columns = [_single(args.field(at), args.name) for at in range(len(args))]
    numbers = pl.DataFrame([values.number(one).alias(str(at)) for at, one in enumerate(columns)])
    texts = pl.DataFrame(
        [values.text(one).set(numbers[str(at)].is_not_null(), None).alias(str(at)) for at, one in enumerate(columns)]
    )
    number = (numbers.max_horizontal() if largest else numbers.min_horizontal()).cast(pl.Float64)
    text = texts.select((pl.max_horizontal if largest else pl.min_horizontal)(pl.all()).alias("t"))["t"]
    text = text.cast(pl.String)
    return choose(text.is_not_null() if largest else number.is_null(), text, number)


def _single(series: pl.Series, name: str) -> pl.Series:
    return values.single(series, f"an argument of {name}()") if series.dtype == LISTS else series


ONE, TWO = (1, 1), (2, 2)
NUMBERS: dict[str, tuple[Function, tuple[int, int]]] = {
    "abs": (_of_one(lambda number: number.abs()), ONE),
    "ceiling": (_of_one(lambda number: number.ceil()), ONE),
    "exact": (_of_one(lambda number: number), ONE),
    "exp": (_of_one(lambda number: number.exp()), ONE),
    "floor": (_of_one(lambda number: number.floor()), ONE),
    "ln": (_of_one(lambda number: number.log()), ONE),
    "log": (log, (1, 2)),
    "max": (lambda args: _extreme(args, True), (1, 999)),
    "min": (lambda args: _extreme(args, False), (1, 999)),
    "pow": (power, TWO),
    "round": (rounded, (1, 2)),
    "sqrt": (_of_one(lambda number: number.sqrt()), ONE),
}
"""Each function, and the fewest and the most arguments that it takes."""
