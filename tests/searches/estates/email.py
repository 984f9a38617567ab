"""Sixty mailboxes and those they write to; then one is taken, and writes to hundreds from a machine of its own."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.searches.part import DAY_S, HOUR_S, Days, Part

TAGS = ("email", "delivery")
SAMPLE = {
    "src_user": "ann@corp.example",
    "message_id": "m1",
    "src": "10.0.0.1",
    "recipient": "bob@partner.example",
    "size": "700",
}
_MAILBOXES = 60
_TYPES = ("pdf", "docx", "xlsx")


def part(days: Days) -> Part:
    """Messages, one for each recipient as servers log them."""
    rng = np.random.default_rng(days.seed)
    rows = 600 * days.count
    mailbox = rng.integers(_MAILBOXES, size=rows)
    other = (mailbox * 3 + rng.zipf(1.7, rows)) % 120
    busy_s = rng.triangular(6, 12, 20, rows) * HOUR_S
    attached = rng.random(rows) < 0.3
    quiet = pl.DataFrame(
        {
            "_time": days.starts_s + rng.integers(days.count, size=rows) * DAY_S + busy_s,
            "src_user": [_mailbox(number) for number in mailbox],
            "recipient": [
                _mailbox(number) if number < _MAILBOXES else f"desk{number}@partner{number % 12}.example"
                for number in other
            ],
            "message_id": [f"<{number}@corp.example>" for number in range(rows)],
            "src": [f"ws-{number:03d}" for number in mailbox],
            "action": ["delivered"] * rows,
            "size": rng.lognormal(np.where(attached, 12, 9), 1).astype(np.int64),
            "file_name": [
                f"plan {number}.{_TYPES[number % 3]}" if has else None
                for number, has in zip(mailbox, attached, strict=True)
            ],
        }
    )
    sent = 240
    attack = pl.DataFrame(
        {
            "_time": days.last_day_s + 10 * HOUR_S + 5.0 * np.arange(sent),
            "src_user": [_mailbox(7)] * sent,
            "recipient": [f"sales{number}@customer{number % 40}.example.net" for number in range(sent)],
            "message_id": [f"<bulk{number}@corp.example>" for number in range(sent)],
            "src": ["198.18.7.7"] * sent,
            "action": ["delivered" if number % 6 else "blocked" for number in range(sent)],
            "size": [90_000] * sent,
            "file_name": ["invoice.html"] * sent,
        }
    )
    return Part(pl.concat([quiet, attack]).sort("_time"), (("user", _mailbox(7)),))


def _mailbox(number: int) -> str:
    return f"person{number}@corp.example"
