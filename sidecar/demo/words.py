"""Times, numbers and values as a person reads them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import floor


def clock_time(at_s: float, form: str = "%a %-d %b %H:%M") -> str:
    """An epoch time as a person reads it, in UTC.

    >>> clock_time(1772409600)
    'Mon 2 Mar 00:00'
    """
    return datetime.fromtimestamp(at_s, UTC).strftime(form)


def score_text(score: float | None) -> str:
    """A score to two decimals, cut and not rounded: 0.6699 is not yet in the band that begins at 0.67.

    >>> score_text(0.6699), score_text(0.67), score_text(None)
    ('0.66', '0.67', '–')
    """
    return "–" if score is None else f"{floor(score * 100 + 1e-6) / 100:.2f}"


def signed(amount: float) -> str:
    """A contribution to two decimals, with a true minus.

    >>> signed(-0.254)
    '−0.25'
    """
    return f"{amount:+.2f}".replace("-", "−")


def value_text(field: str, value: object) -> str:
    """A value of an event as a person reads it.

    >>> value_text("_time", 1772409600.0), value_text("bytes_1h", "12345678"), value_text("src", "a")
    ('Mon 2 Mar 00:00', '12,345,678', 'a')
    """
    text = "" if value is None else str(value)
    if field == "_time" and isinstance(value, float):
        return clock_time(value)
    return f"{int(text):,}" if text.isascii() and text.isdigit() and len(text) < 16 else text


def one_in(share: float) -> str:
    """A share in words, to two digits.

    >>> one_in(0.00102), one_in(0.4), one_in(0.0)
    ('1 in 980', '1 in 2.5', 'none')
    """
    if share <= 0:
        return "none"
    number = 1 / share
    digits = len(str(int(number))) - 2
    return f"1 in {round(number, -digits):,.0f}" if digits >= 0 else f"1 in {number:.1f}"


def number_of(count: int, one: str, several: str = "") -> str:
    """So many of something.

    >>> number_of(1, "notable"), number_of(2, "notable"), number_of(1200, "was", "were")
    ('1 notable', '2 notables', '1,200 were')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def span_text(span_s: float) -> str:
    """A time span as a person reads it.

    >>> span_text(1500), span_text(5400), span_text(100_000)
    ('25 minutes', '1.5 hours', '27.8 hours')
    """
    minutes = round(span_s / 60)
    return number_of(minutes, "minute") if minutes < 60 else f"{span_s / 3600:.1f} hours"
