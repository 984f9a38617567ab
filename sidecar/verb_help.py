"""What `aiscore run VERB --help` says: every option of the verb, in the words that the API gives it, and examples."""

import textwrap
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sidecar.verbs import Verb

WIDTH, INDENT = 100, 25
EXAMPLES = {
    "score": ["model=logon < events.csv > scored.csv", "model=logon explain=20 < events.csv > scored.csv"],
    "fit": [
        'model=logon entity=user fields="dest,src,bytes:number" < train.csv',
        "model=logon recipe=authentication peers=user:department challenger=true < train.csv",
        "model=logon entity=user alert_budget=300 < train.csv",
    ],
    "learn": [
        "model=logon < yesterday.csv",
        'model=logon withhold="alice,bob" window_days=60 < yesterday.csv',
        "model=logon action=forget entity=alice earliest=2026-01-10 latest=2026-01-14 dry=true",
    ],
    "quality": ["recipe=authentication < events.csv", "model=logon < yesterday.csv", "entity=user < events.csv"],
    "models": ["", "action=show model=logon", "action=promote model=logon version=0123456789ab"],
    "audit": ["kind=learn model=logon", "action=verify"],
}


def help_of(verb: Verb) -> str:
    """The text."""
    rows = "" if verb.kind == "ask" else " < events.csv"
    words = (_option(name, verb.options.model_fields[name]) for name in verb.options.words())
    examples = (f"  aiscore run {verb.name} {words}".rstrip() for words in EXAMPLES[verb.name])
    lines = [f"usage: aiscore run {verb.name} [--home HOME] [key=value ...]{rows}", "", verb.help]
    return "\n".join([*lines, "", "options:", *words, "", "examples:", *examples])


def _option(name: str, field: FieldInfo) -> str:
    told = f"{field.description}{_default(field)}"
    first = f"  {name}=" + ("|".join(map(str, choices)) if (choices := _choices(field)) else "")
    lines = textwrap.wrap(told, WIDTH - INDENT)
    if len(first) < INDENT - 1:
        first, lines = first.ljust(INDENT) + lines[0], lines[1:]
    return "\n".join([first, *(" " * INDENT + line for line in lines)])


def _choices(field: FieldInfo) -> tuple[Any, ...]:
    found = get_args(field.annotation)
    return found if found and all(isinstance(one, str) for one in found) else ()


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return " (required)"
    if field.default in (None, (), ""):
        return ""
    return f" (default {str(field.default).lower() if isinstance(field.default, bool) else field.default})"
