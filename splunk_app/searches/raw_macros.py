"""The macros by which a recipe reads raw events: those of each form, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

from models.features.recipe import Recipe

RAW = Path(__file__).with_name("raw")
FORMS = ("cloudtrail", "o365", "azure", "entra", "windows")
"""The forms of raw events that are known. `aiscore_<recipe>_<form>` makes a recipe's fields of one."""

_CUT = (
    r'isnull(ai_form) AND match(_raw, "^\s*\{") AND NOT match(_raw, "\}\s*$"), '
    '"JSON that was cut short: see TRUNCATE in props.conf"'
)
_COUNTRY = " \\\n| iplocation prefix=src_ src | rename src_Country AS src_country"


def written() -> str:
    """The macros of raw/*.conf, written by hand."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(RAW.glob("*.conf")))


def raw_macros(recipe: Recipe) -> dict[str, str]:
    """`_forms`, `_raw` (the recipe's input) and `_left_out` (why events are not); none where no form is known."""
    stem = f"aiscore_{recipe.name}"
    known = [form for form in FORMS if re.search(rf"^\[{stem}_{form}\]$", written(), re.MULTILINE)]
    if not known:
        return {}
    none = ", ".join(f"{name}=null()" for name in _read(recipe))
    country = _COUNTRY if any(field.name == "src_country" for field in recipe.spec.fields) else ""
    return {
        f"{stem}_forms": f"fields _time _raw | `aiscore_records` | eval {none} \\\n| "
        + " | ".join(f"`{stem}_{form}`" for form in known),
        f"{stem}_raw": f"search `{stem}_source` | `{stem}_forms` \\\n"
        f"| where isnotnull(ai_form) AND isnull(ai_left_out){country}",
        f"{stem}_left_out": f"search `{stem}_source` | `{stem}_forms` \\\n"
        f"| eval ai_left_out=case({_CUT}, \\\n"
        '    isnull(ai_form), "in none of the known forms", isnull(ai_left_out), "read", \\\n'
        '    true(), ai_left_out), ai_form=coalesce(ai_form, "unknown") \\\n'
        "| stats count BY ai_form ai_left_out | sort 0 - count",
    }


def _read(recipe: Recipe) -> list[str]:
    """The fields that a form can fill."""
    spec = recipe.spec
    names = dict.fromkeys((*spec.entities, *spec.inputs()))
    return [name for name in names if name not in recipe.spl and name not in ("_time", "src_country")]
