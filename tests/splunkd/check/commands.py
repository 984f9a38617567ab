"""Our own commands: whether their options are those of the shim, and their values such as it takes."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

from tests.splunkd.spl import scan
from tests.splunkd.spl.tree import CustomCommand


def checked(folder: Path, stage: CustomCommand) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The options by name, and what is wrong with them. What a subsearch gives is not known."""
    wrong: list[tuple[str, str]] = []
    if not (folder / "bin" / f"{stage.name}.py").is_file():
        return {}, [(f"the command {stage.name} does not exist", "correct its name")]
    known, given = options(folder, stage.name), {}
    for argument in stage.raw_args:
        name, equals, value = argument.partition("=")
        if argument.startswith("["):
            continue
        if not equals or name not in known:
            wrong.append((f"{stage.name} has no option {name}", f"use one of {', '.join(known)}"))
            continue
        given[name] = scan.unescaped(value) if value.startswith('"') else value
        if argument in dict(stage.subsearches):
            continue
        try:
            known[name].validate(given[name])
        except ValueError as error:
            wrong.append((f"{stage.name} {argument} is not usable", f"give {error}"))
    if not any(argument.startswith("[") for argument in stage.raw_args):
        for name, definition in known.items():
            if definition.require and name not in given:
                wrong.append((f"{stage.name} lacks {name}", f"say {name}="))
    return given, wrong


@cache
def options(folder: Path, name: str) -> dict[str, Any]:
    """The options of a command's shim, by name."""
    path = folder / "bin" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"checked_{name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    sys.path.insert(0, str(folder / "bin"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    (command,) = [
        kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__
    ]
    return dict(command.option_definitions)  # type: ignore[attr-defined]
