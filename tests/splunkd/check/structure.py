"""Conf files by themselves: known stanzas and keys, values of the right kind, nothing twice, no broken continuation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.splunkd.check.finding import Finding
from tests.splunkd.check.keys import KNOWN, NEEDED, Keys
from tests.splunkd.check.source import App, stanza_lines
from tests.splunkd.check.values import Kind


def findings(app: App) -> Iterator[Finding]:
    """Every conf of the app."""
    yield from app.unreadable
    for path in sorted((app.folder / "default").glob("*.conf")):
        name = path.stem
        if name not in KNOWN:
            yield Finding(path.name, "", "is no conf file this app has", "remove it, or add it to check/keys.py")
            continue
        yield from _lines(path.name, app.text(name))
        for stanza, settings in app.conf(name).items():
            yield from _stanza(name, stanza, settings)


def _lines(file: str, text: str) -> Iterator[Finding]:
    seen = Counter(stanza_lines(text))
    for (stanza, key), count in seen.items():
        if count > 1:
            what = f"the key {key} stands {count} times" if key else f"the stanza stands {count} times"
            yield Finding(file, stanza, what, "keep one: the last would win silently")
    for number, line in enumerate(text.split("\n"), start=1):
        if re.search(r"\\[ \t]+$", line) and not line.lstrip().startswith("#"):
            yield Finding(file, f"line {number}", "blanks stand behind the last backslash", "the line would end there")
    if re.search(r"\\\n\s*(\n|\[[^\]\n|]+\]\n|\Z)", text):
        yield Finding(file, "", "a line is continued into an empty line or a stanza", "take off the last backslash")


def _stanza(name: str, stanza: str, settings: dict[str, str]) -> Iterator[Finding]:
    file = f"{name}.conf"
    known = next((keys for pattern, keys in KNOWN[name].items() if _is(pattern, stanza)), None)
    if known is None:
        yield Finding(file, stanza, "is no stanza this app has", "rename it, or add it to check/keys.py")
        return
    for key, value in settings.items():
        kind = _kind(known, key)
        if kind is None:
            yield Finding(file, stanza, f"unknown key {key}", "correct its spelling: Splunk ignores unknown keys")
            continue
        expected = kind(value)
        if expected:
            yield Finding(file, stanza, f"{key} = {value[:60]} is not {expected}", f"set it to {expected}")
    for key in NEEDED.get(name, ()):
        if key not in settings:
            yield Finding(file, stanza, f"has no {key}", f"set {key}")


def _is(pattern: str, stanza: str) -> bool:
    return pattern == stanza or pattern == "*" or re.fullmatch(pattern, stanza) is not None


def _kind(known: Keys, key: str) -> Kind | None:
    if key in known:
        return known[key]
    return next((kind for pattern, kind in known.items() if "*" in pattern and fnmatchcase(key, pattern)), None)
