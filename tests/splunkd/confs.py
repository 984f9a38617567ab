"""Conf files as splunkd reads them: a line that ends in a backslash goes on in the next one.

The rules are those of "About configuration files" and "How to edit a configuration file" in Splunk's Admin Manual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

Conf = dict[str, dict[str, str]]
"""stanza -> key -> value"""

DEFAULT = "default"


def parse(text: str, name: str = "conf") -> Conf:
    """The stanzas of one file; what stands before the first belongs to [default]. A line that is neither raises.

    >>> parse("[a]\\nsearch = index=x \\\\\\n| stats count\\n# a remark\\n")
    {'a': {'search': 'index=x \\n| stats count'}}
    """
    found: Conf = {}
    stanza = DEFAULT
    for number, line in _logical_lines(text):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        head = re.fullmatch(r"\s*\[(.*)\]\s*", line)
        if head:
            stanza = head.group(1)
            found.setdefault(stanza, {})
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{name}, line {number}: neither a stanza nor a setting: {line[:80]!r}")
        found.setdefault(stanza, {})[key.strip()] = value.strip()
    return found


def _logical_lines(text: str) -> Iterable[tuple[int, str]]:
    """Lines with their continuations; the backslash goes, the line feed stays in the value."""
    kept: list[str] = []
    begin = 1
    for number, line in enumerate(text.split("\n"), start=1):
        if not kept:
            begin = number
        comment = not kept and line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            kept.append(line[:-1])
            continue
        yield begin, "\n".join([*kept, line])
        kept = []
    if kept:
        yield begin, "\n".join(kept)


def read(paths: Iterable[Path]) -> Conf:
    """The files that exist, each over the ones before it, key by key; [default] stands behind every other stanza."""
    merged: Conf = {}
    for path in paths:
        if path.is_file():
            for stanza, settings in parse(path.read_text(encoding="utf-8"), path.name).items():
                merged.setdefault(stanza, {}).update(settings)
    defaults = merged.pop(DEFAULT, {})
    return {stanza: defaults | settings for stanza, settings in merged.items()}


def text_of(conf: Conf) -> str:
    """A conf file that reads back the same."""
    blocks = []
    for stanza, settings in conf.items():
        lines = [f"{key} = " + value.replace("\n", "\\\n") for key, value in settings.items()]
        blocks.append("\n".join([f"[{stanza}]", *lines]) + "\n")
    return "\n".join(blocks)
