"""Raw events through the shipped macros: how many map to which recipe, and why the others do not; then fit and score.

python -m bench.raw         # the table; with bench.quality --only raw it goes to docs/raw.md
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.markdown import Markdown

from bench import document
from bench.ait import find_data
from bench.raw_sets import RawSet, raw_sets
from models.features.recipe import load_recipe, recipe_names
from tests.searches.raw_world import APP, mapped
from tests.splunkd import confs

ROOT = Path(__file__).resolve().parents[1]
LEAST_ROWS = 200
"""Fewer rows of a recipe are not fitted."""
MOST_SHOWN = 8


def measured(data: Path) -> dict[str, Any]:
    """Counts by set, recipe and reason, and how many rows were scored."""
    sets = {one.name: of_set(one) for one in raw_sets(data)}
    every, taken, told = (sum(one[key] for one in sets.values()) for key in ("records", "mapped", "left_out"))
    return {
        "raw_records": every,
        "raw_mapped": taken,
        "raw_left_out_with_reason": told,
        "raw_accounted_share": round((taken + told) / every, 6) if every else None,
        "raw_sets": sets,
    }


def of_set(one: RawSet) -> dict[str, Any]:
    """The counts of one set. A record counts as mapped once, whichever recipes take it."""
    found = {recipe: forms_of(one, recipe) for recipe in readers()}
    taken = pl.DataFrame({recipe: _taken(table) for recipe, table in found.items()})
    times = taken.sum_horizontal()
    reasons = reasons_of(found).filter(times == 0)
    counts = Counter(reasons.drop_nulls().to_list())
    return {
        "records": one.events.height,
        "mapped": int((times > 0).sum()),
        "mapped_twice": int((times > 1).sum()),
        "left_out": reasons.len() - reasons.null_count(),
        "recipes": {recipe: int(taken[recipe].sum()) for recipe in found},
        "reasons": dict(counts.most_common()),
        "scored": {recipe: scored(one, recipe) for recipe in found if taken[recipe].sum() >= LEAST_ROWS},
    }


def readers() -> list[str]:
    """The recipes that read raw events."""
    macros = confs.read([APP / "default" / "macros.conf"])
    return [name for name in recipe_names() if f"aiscore_{name}_forms" in macros]


def forms_of(one: RawSet, recipe: str) -> pl.DataFrame:
    """What a recipe's macros make of every event, in order of time."""
    return mapped(one.events["_raw"].to_list(), f"aiscore_{recipe}_forms")


def reasons_of(found: dict[str, pl.DataFrame]) -> pl.Series:
    """Why each record is left out: what the first recipe says that knows its form; null where none says anything."""
    columns = [table["ai_left_out"].cast(pl.String).alias(recipe) for recipe, table in found.items()]
    return pl.DataFrame(columns).select(pl.coalesce(pl.all())).to_series().fill_null("in none of the known forms")


def _taken(table: pl.DataFrame) -> pl.Series:
    return (table["ai_form"].is_not_null() & table["ai_left_out"].is_null()).cast(pl.Int8)


def scored(one: RawSet, recipe: str) -> dict[str, Any]:
    """Fit on the earlier half of a recipe's rows and score the later half, through the command line."""
    rows = rows_of(one, recipe)
    half = rows.height // 2
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        rows.head(half).write_csv(place / "fit.csv")
        rows.tail(-half).write_csv(place / "score.csv")
        refused = run(["fit", f"model={recipe}", f"recipe={recipe}"], place / "fit.csv", place / "fitted.csv")
        if refused:
            return {"rows": rows.height, "refused": refused}
        run(["score", f"model={recipe}"], place / "score.csv", place / "scored.csv")
        found = pl.read_csv(place / "scored.csv", infer_schema=False)
    return {
        "rows": found.height,
        "scored": int((found["ai_status"] == "scored").sum()),
        "with_reasons": int((found["ai_reasons"].fill_null("") != "").sum()),
    }


def rows_of(one: RawSet, recipe: str) -> pl.DataFrame:
    """The rows that the recipe's model is given, in order of time, as a search would give them."""
    chain = f"aiscore_{recipe}_forms` | where isnotnull(ai_form) AND isnull(ai_left_out) | `aiscore_{recipe}_rows"
    table = mapped(one.events["_raw"].to_list(), chain, one.events["_time"].to_list())
    texts = [name for name, kind in table.schema.items() if kind == pl.List]
    table = table.with_columns(pl.col(texts).list.join("\n"))
    lacking = [name for name in load_recipe(recipe).spec.inputs() if name not in table.columns]
    return table.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)


def run(words: list[str], events: Path, output: Path) -> str:
    """One `aiscore run`; what it said where it refused."""
    environment = {**os.environ, "AISCORE_HOME": str(output.parent / "home")}
    command = [sys.executable, "-m", "sidecar.cli", "run", *words]
    with events.open("rb") as stdin, output.open("wb") as stdout:
        done = subprocess.run(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment, cwd=ROOT)
    return "" if done.returncode == 0 else done.stderr.decode("utf-8", "replace").strip()


def lines_of(results: dict[str, Any]) -> list[str]:
    """The tables in Markdown."""
    sets: dict[str, dict[str, Any]] = results["raw_sets"]
    if not sets:
        return ["No raw events were found."]
    recipes = sorted({recipe for one in sets.values() for recipe in one["recipes"]})
    rows = [
        [name, f"{one['records']:,}", *(f"{one['recipes'].get(recipe, 0):,}" for recipe in recipes)]
        + [f"{one['left_out']:,}", f"{_share(one):.1%}"]
        for name, one in sets.items()
    ]
    lines = document.table(["set", "records", *recipes, "left out, with a reason", "accounted for"], rows)
    lines += ["", *document.table(["set", "recipe", "rows scored of the later half", "with reasons"], _scored(sets))]
    for name, one in sets.items():
        told = list(one["reasons"].items())
        if told:
            shown = "; ".join(f"{reason} ({count:,})" for reason, count in told[:MOST_SHOWN])
            rest = sum(count for _, count in told[MOST_SHOWN:])
            more = f"; {len(told) - MOST_SHOWN} other reasons ({rest:,})" if rest else ""
            lines += ["", f"Left out of {name}: {shown}{more}."]
    return lines


def _share(one: dict[str, Any]) -> float:
    return float((one["mapped"] + one["left_out"]) / one["records"])


def _scored(sets: dict[str, dict[str, Any]]) -> list[list[str]]:
    return [
        [name, recipe, found.get("refused") or f"{found['scored']:,} of {found['rows']:,}"]
        + [f"{found['with_reasons']:,}" if "with_reasons" in found else ""]
        for name, one in sets.items()
        for recipe, found in one["scored"].items()
    ]


def main() -> int:
    data = find_data(ROOT)
    if data is None:
        print("no shared/data beside or above the project: nothing to read (see docs/raw.md)")
        return 0
    Console().print(Markdown("\n".join(lines_of(measured(data)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
