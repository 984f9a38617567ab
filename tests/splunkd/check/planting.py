"""Planting a fault into a copy of the app."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from splunk_app import package
from tests.splunkd import confs

Plant = Callable[[Path], None]

SHIPPED = confs.parse((package.HERE / "default" / "savedsearches.conf").read_text())
RULE = next(name for name, found in SHIPPED.items() if found.get("action.risk") == "1")
OTHER_RULE = next(name for name, found in reversed(SHIPPED.items()) if found.get("action.risk") == "1")
STACK = "AIScore - Risk Threshold - Rule"
SCORE = "AIScore - Score authentication"
SAVED = "savedsearches"
HEALTH = "AIScore - Health"
RISK = "action.risk.param._risk"
NOTABLE = "action.notable.param."
CORRELATION = "action.correlationsearch."


def change(conf: str, stanza: str, key: str, new: str | Callable[[str], str] | None) -> Plant:
    """Set a key, change it, or (None) take it away."""

    def plant(folder: Path) -> None:
        path = folder / "default" / f"{conf}.conf"
        found = confs.parse(path.read_text(encoding="utf-8"))
        old = found.setdefault(stanza, {}).pop(key, "")
        if new is not None:
            found[stanza][key] = new if isinstance(new, str) else new(old)
            assert found[stanza][key] != old
        path.write_text(confs.text_of(found), encoding="utf-8")

    return plant


def text(file: str, old: str, new: str) -> Plant:
    """Replace a text once in a file."""

    def plant(folder: Path) -> None:
        path = folder / file
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1), encoding="utf-8")

    return plant


def added(file: str, content: str) -> Plant:
    """A further text at the end of a file, which may be new."""

    def plant(folder: Path) -> None:
        path = folder / file
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + content, encoding="utf-8")

    return plant


def renamed(stanza: str, name: str) -> Plant:
    """A saved search under another name."""
    return text("default/savedsearches.conf", f"[{stanza}]", f"[{name}]")


def in_json(key: str, put: Callable[[Any], object], stanza: str = RULE) -> Plant:
    """Change the JSON of a key of a detection."""

    def new(old: str) -> str:
        found = json.loads(old)
        put(found)
        return json.dumps(found)

    return change("savedsearches", stanza, key, new)


def behind(search: str) -> Callable[[str], str]:
    """A value with this behind it."""
    return lambda old: f"{old} {search}"
