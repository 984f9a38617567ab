"""spath: one value, or those of an array, out of a text in JSON.

From the command's page in the Search Reference: a path is names with periods between; `{}` stands for every element of
an array; an object or an array itself is given as its text. Without a path Splunk reads the first 5,000 letters only,
so the app's searches name each path. A text that is no JSON has no values here: Splunk may find some in one that was
cut short, so searches must do without.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from tests.splunkd.spl import values
from tests.splunkd.spl.columns import LISTS, narrow
from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.tree import Spath
from tests.splunkd.spl.world import RunningSearch


def run(stage: Spath, table: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """The output field; the value of null is the text null."""
    if stage.output in table.columns:
        raise NotSupported(f"output={stage.output}, which there is already: what becomes of it is not documented")
    if stage.input not in table.columns:
        return table
    steps = tuple(stage.path.split("."))
    source = values.text(values.single(table[stage.input], "what spath reads"))
    found = values.by_value(source, lambda text: at(text, steps), LISTS)
    return table.with_columns(narrow(found).alias(stage.output))


def at(text: str, steps: tuple[str, ...]) -> list[str] | None:
    """The values at a path.

    >>> at('{"a": [{"b": 1}, {"b": "x"}]}', ("a{}", "b"))
    ['1', 'x']
    """
    if steps[0].removesuffix("{}") not in text:
        return None
    try:
        found: list[Any] = [json.loads(text)]
    except ValueError:
        return None
    for step in steps:
        name, every, _ = step.partition("{}")
        found = [one[name] for one in found if isinstance(one, dict) and name in one]
        if every:
            found = [element for one in found if isinstance(one, list) for element in one]
    # How an array looks that is asked for without {} is not documented.
    return [_text(one) for one in found if not isinstance(one, list)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
