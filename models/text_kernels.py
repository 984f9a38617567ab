"""Lines written letter by letter, compiled. It releases the GIL and calls nothing outside this file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

SIGNED, GROUPED = 1, 2
"""Styles of numbers: `+.6g`, and `,.6g` that writes sizes from a million on whole, up to WHOLE_DIGITS digits."""
WHOLE_DIGITS = 15
"""Of so many digits a float64 holds every whole number."""
LEAST, BEYOND = 1e-17, 1e22
"""The sizes between which a number is written here, apart from 0."""
NUMBER_LETTERS = 20
"""The most that one number takes, as `-123,456,789,012,345`. Six digits are always written, where fewer are kept, too,
but never beyond this."""
_LARGEST_POWER = 22
"""10 ** 22 is the largest power of ten that a float64 holds exactly."""
_POWERS = np.array([float(10**power) for power in range(_LARGEST_POWER + 1)])
_TENS = np.array([10**power for power in range(7)])
_SPLIT = 134_217_729.0  # 2 ** 27 + 1
_NEWLINE, _PLUS, _COMMA, _MINUS, _DOT, _ZERO, _E = (np.uint8(ord(letter)) for letter in "\n+,-.0e")


# Helpers are given addresses, not arrays: compiled code counts the holders of every array it passes on, which would
# take three times as long as the work itself.


def _put_letter(typing: Any, address: Any, letter: Any) -> Any:
    """Write one letter at an address."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[1], builder.inttoptr(given[0], cgutils.voidptr_t))
        return context.get_dummy_value()

    return types.void(types.int64, types.uint8), generate


def _copy_letters(typing: Any, source: Any, target: Any, size: Any) -> Any:
    """Copy `size` letters from one address to another."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        start, end = (builder.inttoptr(address, cgutils.voidptr_t) for address in given[:2])
        cgutils.raw_memcpy(builder, end, start, given[2], 1)  # type: ignore[no-untyped-call, unused-ignore]
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


_put: Any = intrinsic(_put_letter)
_copy: Any = intrinsic(_copy_letters)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def ranked(values: Any, most: Any) -> Any:
    """The columns of the `most` largest values of each row, largest first, ties by column: int64 (n, most).

    values: float64 (n, d), most <= d.
    """
    rows, columns = values.shape
    order = np.zeros((rows, most), np.int64)
    for row in range(rows):
        held = 0
        for column in range(columns):
            value = values[row, column]
            place = held
            while place > 0 and value > values[row, order[row, place - 1]]:
                if place < most:
                    order[row, place] = order[row, place - 1]
                place -= 1
            if place < most:
                order[row, place] = column
                held = min(held + 1, most)
    return order


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def write_lines(letters: Any, starts: Any, sizes: Any, numbers: Any, style: Any, parts: Any, stops: Any) -> Any:
    """Lines, each ending in a newline: uint8.

    parts: of int (n, k), of which line m takes the rows from stops[m - 1] to stops[m]. A part below len(starts) is the
    number of a text, letters[start : start + size]; one from there on, of a number, which is written in
    the style; a negative one, -1 - n, is the whole number n itself. style: SIGNED or GROUPED; numbers: float64,
    each `is_plain`.
    """
    texts = len(starts)
    room = len(stops)
    for row in range(parts.shape[0]):
        for column in range(parts.shape[1]):
            part = parts[row, column]
            if part < 0:
                room += _digits_of(-1 - part)
            else:
                room += sizes[part] if part < texts else NUMBER_LETTERS
    out = np.empty(room, np.uint8)
    first, end = letters.ctypes.data, out.ctypes.data
    row = 0
    for stop in stops:
        while row < stop:
            for column in range(parts.shape[1]):
                part = parts[row, column]
                if part < 0:
                    end = _write_whole(-1 - part, _digits_of(-1 - part), end)
                elif part < texts:
                    _copy(first + starts[part], end, sizes[part])
                    end += sizes[part]
                else:
                    end = _write_number(numbers[part - texts], style, end)
            row += 1
        _put(end, _NEWLINE)
        end += 1
    return out[: end - out.ctypes.data]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _write_number(value: Any, style: Any, end: Any) -> Any:
    """Write one number; returns where it ends."""
    size = abs(value)
    negative = math.copysign(1.0, value) < 0.0
    _put(end, _PLUS + 2 * negative)  # `-` is the letter after the next
    end += int(negative or style == SIGNED)
    if value == 0:
        _put(end, _ZERO)
        return end + 1
    exponent = _exponent(size)
    digits = _six_digits(size, exponent)
    if digits == 1_000_000:
        digits, exponent = 100_000, exponent + 1
    count = 6
    while count > 1 and digits % _TENS[7 - count] == 0:
        count -= 1
    if style == GROUPED and 6 <= exponent < WHOLE_DIGITS:
        end = _write_grouped(_rounded(size), end)
    elif exponent < -4 or exponent >= 6:
        end = _write_scientific(digits, count, exponent, end)
    elif exponent < 0:
        _write_whole(0, 1 - exponent, end)
        _put(end + 1, _DOT)
        _write_six(digits, end + 1 - exponent)
        end += 1 - exponent + count
    else:
        end = _write_fixed(digits, count, exponent, style == GROUPED, end)
    return end


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _exponent(size: Any) -> Any:
    """The power of ten of the first digit; of what is just below a power of ten, that power may be returned."""
    exponent = 0
    if size >= 1.0:
        while exponent < _LARGEST_POWER and size >= _POWERS[exponent + 1]:
            exponent += 1
        return exponent
    while size * _POWERS[-exponent] < 1.0:
        exponent -= 1
    return exponent


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _six_digits(size: Any, exponent: Any) -> Any:
    """The first six digits, correctly rounded, as a whole number.

    The size times (or by) a power of ten is rounded once, and rounding never crosses a half, which a float64 can hold.
    So only what comes out as a half may lie beside it: then the part that was rounded away decides, and where
    nothing was, the even neighbour is taken.
    """
    power = 5 - exponent
    scaled = size * _POWERS[power] if power >= 0 else size / _POWERS[-power]
    whole = int(scaled)
    rest = scaled - whole
    if rest != 0.5:
        return whole + int(rest > 0.5)
    if power >= 0:
        lost = _lost(size, _POWERS[power])
    else:
        product = scaled * _POWERS[-power]
        lost = (size - product) - _lost(scaled, _POWERS[-power])
    return whole + int(lost > 0 or (lost == 0 and whole % 2 == 1))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _lost(left: Any, right: Any) -> Any:
    """left * right exactly, less what it is rounded to (Dekker, 1971)."""
    product = left * right
    high_left = left * _SPLIT - (left * _SPLIT - left)
    high_right = right * _SPLIT - (right * _SPLIT - right)
    low_left, low_right = left - high_left, right - high_right
    return ((high_left * high_right - product) + high_left * low_right + low_left * high_right) + low_left * low_right


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _write_fixed(digits: Any, count: Any, exponent: Any, grouped: Any, end: Any) -> Any:
    """`count` of six digits, the point after the first and `exponent` more, 0 to 5, a comma before the last three."""
    whole = digits // _TENS[5 - exponent]
    comma = int(grouped and exponent > 2)
    point = end + exponent + 1 + comma
    if count > exponent + 1:
        _write_six(digits, end + 1 + comma)  # the last ones stand where they belong
        _put(point, _DOT)
    if comma:
        _write_whole(whole // 1000, exponent - 2, end)
        _put(end + exponent - 2, _COMMA)
        _write_whole(whole, 3, end + exponent - 1)
    else:
        _write_whole(whole, exponent + 1, end)
    return point + count - exponent if count > exponent + 1 else point


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _rounded(size: Any) -> Any:
    """The nearest whole number, of halves the even one."""
    whole = int(size)
    rest = size - whole
    return whole + int(rest > 0.5 or (rest == 0.5 and whole % 2 == 1))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _write_grouped(number: Any, end: Any) -> Any:
    """Write a whole number with a comma before every three digits."""
    digits = _digits_of(number)
    stop = end + digits + (digits - 1) // 3
    at = stop
    for done in range(digits):
        if done and done % 3 == 0:
            at -= 1
            _put(at, _COMMA)
        at -= 1
        _put(at, _ZERO + number % 10)
        number //= 10
    return stop


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _write_scientific(digits: Any, count: Any, exponent: Any, end: Any) -> Any:
    """`count` of six digits as `d.ddde+dd`; exponent: of two digits."""
    _write_six(digits, end + 1)
    _put(end, _ZERO + digits // 100_000)
    _put(end + 1, _DOT)
    end += count + int(count > 1)
    _put(end, _E)
    _put(end + 1, _MINUS if exponent < 0 else _PLUS)
    return _write_whole(abs(exponent), 2, end + 2)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _write_six(digits: Any, end: Any) -> Any:
    """Write six digits, each found on its own: nothing waits for the one before."""
    _put(end, _ZERO + digits // 100_000)
    _put(end + 1, _ZERO + digits // 10_000 % 10)
    _put(end + 2, _ZERO + digits // 1_000 % 10)
    _put(end + 3, _ZERO + digits // 100 % 10)
    _put(end + 4, _ZERO + digits // 10 % 10)
    _put(end + 5, _ZERO + digits % 10)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _digits_of(number: Any) -> Any:
    count = 1
    while number >= 10:
        number //= 10
        count += 1
    return count


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _write_whole(number: Any, count: Any, end: Any) -> Any:
    """Write the last `count` digits of a whole number; returns where they end."""
    for at in range(count - 1, -1, -1):
        _put(end + at, _ZERO + number % 10)
        number //= 10
    return end + count
