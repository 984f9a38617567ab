"""Throttling: results of an alert that are held back because the same was told a short while ago.

savedsearches.conf.spec: without fields the whole alert is silent for the period; the fields are for results on their
own (digest mode off). Enterprise Security sets them with digest mode on, and throttles result by result too; public
sources do not say that splunkd does so, which makes the other reading, the whole alert silent, a choice here.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl import columns
from tests.splunkd.spl.values import text

DigestFields = Literal["results", "alert"]
"""With digest mode on and fields set: results are held back, or the whole alert."""


class Throttle:
    """What was told, and until when it is not told again; one for all searches, kept as splunkd keeps it."""

    def __init__(self, digest_fields: DigestFields = "results") -> None:
        self.digest_fields = digest_fields
        self._until: dict[tuple[str, ...], float] = {}

    def passed(self, search: SavedSearch, rows: pl.DataFrame, now_s: float) -> pl.DataFrame:
        """The rows that are told now, which begin a new period."""
        rule = search.suppression
        if rule is None or rows.is_empty():
            return rows
        scope = rule.group or search.name
        if not rule.fields or (search.digest and self.digest_fields == "alert"):
            return rows if self._tell((scope,), now_s, rule.period_s) else rows.clear()
        values = [_texts(columns.column(rows, name)) for name in rule.fields]
        told = [self._tell((scope, *key), now_s, rule.period_s) for key in zip(*values, strict=True)]
        return rows.filter(pl.Series(told, dtype=pl.Boolean))

    def _tell(self, key: tuple[str, ...], now_s: float, period_s: float) -> bool:
        if self._until.get(key, now_s) > now_s:
            return False
        self._until[key] = now_s + period_s
        return True


def _texts(values: pl.Series) -> list[str]:
    shown = values.list.join("\n") if values.dtype == pl.List else text(values)
    return shown.fill_null("").to_list()
