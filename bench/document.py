"""Figures in documents: they stand between two marks, and are written anew from the results."""

from __future__ import annotations

from pathlib import Path


def put(document: Path, part: str, lines: list[str]) -> None:
    """Put lines between `<!-- part -->` and `<!-- end of part -->`; all else stays as it is."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(f"<!-- {part} -->\n")
    _, after = rest.split(f"<!-- end of {part} -->")
    written = "\n".join(lines)
    document.write_text(f"{before}<!-- {part} -->\n{written}\n<!-- end of {part} -->{after}", encoding="utf-8")


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """A table in Markdown.

    >>> table(["a", "b"], [["1", "2"]])
    ['| a | b |', '|---|---|', '| 1 | 2 |']
    """
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(cells)} |" for cells in rows)]
