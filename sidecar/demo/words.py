"""Times, numbers and values as a person reads them."""

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
