"""An app of a few conf files, for tests of what stands around it."""

from __future__ import annotations

from pathlib import Path


def folder(place: Path, **files: str) -> Path:
    """An unpacked app; `macros="..."` becomes default/macros.conf, `bin__x="..."` bin/x.py, `lookups__x` a CSV."""
    for name, text in files.items():
        kind, _, rest = name.partition("__")
        path = {"bin": f"bin/{rest}.py", "lookups": f"lookups/{rest}.csv"}.get(kind, f"default/{name}.conf")
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    (place / "default").mkdir(parents=True, exist_ok=True)
    return place
