"""Many texts in one buffer, each under a number, and lines that compiled code puts together from them."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.text_kernels import BEYOND, GROUPED, LEAST, SIGNED, write_lines

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STYLES = {"+.6g": SIGNED, ",.6g": GROUPED}


@dataclass(frozen=True)
class Pool:
    """What lines are made of: texts, which are the parts 0 to k - 1, and numbers, which are the parts from k on.

    letters: all texts, UTF-8, uint8; starts, sizes: where each begins and how many bytes it has, (k,); numbers:
    float64; style: how numbers are written, of STYLES: Python's format, but that `,.6g` writes sizes from a million up
    to fifteen digits whole (`1,234,567`, not `1.23457e+06`).

    >>> pool = Pool.of(pl.Series(["a=", "b"]), np.array([0.5]), "+.6g")
    >>> pool.lines(np.array([[0, 1], [1, whole(7)], [0, 2]])).to_list()
    ['a=b', 'b7', 'a=+0.5']
    """

    letters: npt.NDArray[np.uint8]
    starts: Ints
    sizes: Ints
    numbers: Floats
    style: str

    @classmethod
    def of(cls, texts: pl.Series, numbers: Floats, style: str) -> Pool:
        """texts: strings without nulls; the numbers are rounded correctly, halves to the even neighbour."""
        sizes = texts.str.len_bytes().to_numpy().astype(np.int64)
        letters = np.frombuffer(texts.str.join("").item().encode(), np.uint8)
        found = cls(letters, np.cumsum(sizes) - sizes, sizes, numbers, style)
        return found

    def lines(self, parts: Ints, stops: Ints | None = None) -> pl.Series:
        """Lines as texts. parts: (n, k), each the number of a part or `whole(n)`; no text may hold a newline.

        stops: line m takes the rows of parts from stops[m - 1] to stops[m], (m,), ascending to n; one a line without.
        Raises IndexError for a part that is not there: compiled code would read beyond the buffer.
        """
        if parts.size and parts.max() >= len(self.starts) + len(self.numbers):
            raise IndexError("a line names a part that is not there")
        stops = np.arange(1, len(parts) + 1) if stops is None else stops
        size = np.abs(self.numbers)
        odd = np.flatnonzero(~((size >= LEAST) & (size < BEYOND)) & (size != 0))
        pool, parts = self._spelled(odd, parts) if len(odd) else (self, parts)
        style = STYLES[self.style]
        letters = write_lines(pool.letters, pool.starts, pool.sizes, pool.numbers, style, parts, stops)
        return pl.read_lines(io.BytesIO(letters)).to_series()

    def _spelled(self, odd: Ints, parts: Ints) -> tuple[Pool, Ints]:
        """With the numbers that compiled code cannot write as texts, put between the texts and the numbers."""
        texts = [format(number, self.style).encode() for number in self.numbers[odd]]
        sizes = np.array([len(text) for text in texts])
        letters = np.concatenate([self.letters, np.frombuffer(b"".join(texts), np.uint8)])
        starts = len(self.letters) + np.cumsum(sizes) - sizes
        letters.setflags(write=False)  # as those of other pools: else it were another kind to the compiler
        pool = Pool(letters, np.append(self.starts, starts), np.append(self.sizes, sizes), self.numbers, self.style)
        number = parts - len(self.starts)
        place = np.searchsorted(odd, number)
        spelled = np.isin(number, odd)
        return pool, np.where(spelled, len(self.starts) + place, parts + len(odd) * (number >= 0))


def whole(numbers: Ints) -> Ints:
    """Whole numbers, 0 or more, as parts of a line."""
    return -1 - numbers


def tenths_of(numbers: Floats) -> Ints:
    """Ten times each number, 0 or more, as a whole number: correctly rounded, halves to the even neighbour.

    >>> tenths_of(np.array([0.25, 0.35, 5.76])).tolist()
    [2, 3, 58]
    """
    eight, two = 8.0 * numbers, 2.0 * numbers
    ten = eight + two
    lost = two - (ten - eight)  # exactly what the sum was rounded by (Dekker, 1971)
    half = ten - np.floor(ten) == 0.5
    return np.where(half & (lost != 0), np.floor(ten) + (lost > 0), np.rint(ten)).astype(np.int64)
