"""The app's files as the checker reads them: default/, metadata/, lookups/, views, and the programs in bin/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tests.splunkd import confs
from tests.splunkd.check.finding import Finding
from tests.splunkd.confs import Conf
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.world import Macro

WAYS = ({}, {"_cim": "_index", "_index": "_cim", "_live": "_shadow", "_shadow": "_live"}, {"_cim": "_raw"})
"""A macro that only names another, ending in one of these, is a switch: the site may set it to the other."""


@dataclass
class App:
    """An app's folder, read once. What cannot be read at all is in `unreadable`."""

    folder: Path
    confs: dict[str, Conf] = field(default_factory=dict)
    views: dict[str, Element] = field(default_factory=dict)
    navigation: Element | None = None
    unreadable: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in sorted((self.folder / "default").glob("*.conf")):
            try:
                self.confs[path.stem] = confs.parse(path.read_text(encoding="utf-8"), path.name)
            except ValueError as error:
                self.unreadable.append(
                    Finding(path.name, "", str(error), "write key = value, and continue a line with a last backslash")
                )
        pages = self.folder / "default" / "data" / "ui"
        for path in sorted((pages / "views").glob("*.xml")):
            page = self._page(path)
            if page is not None:
                self.views[path.stem] = page
        self.navigation = self._page(pages / "nav" / "default.xml")

    def _page(self, path: Path) -> Element | None:
        try:
            return ElementTree.fromstring(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ElementTree.ParseError as error:
            self.unreadable.append(Finding(path.name, "", f"is not well-formed XML: {error}", "close what is open"))
            return None

    def conf(self, name: str) -> Conf:
        """A conf's stanzas; none where there is no such file."""
        return self.confs.get(name, {})

    def text(self, name: str) -> str:
        """A conf's text as it stands."""
        return (self.folder / "default" / f"{name}.conf").read_text(encoding="utf-8")

    def lookup_files(self) -> set[str]:
        """The names of the files in lookups/."""
        return {path.name for path in (self.folder / "lookups").glob("*.csv")}

    def lookup_fields(self, name: str) -> list[str] | None:
        """The fields of a lookup, by its definition or its file; None where there is neither."""
        stanza = self.conf("transforms").get(name)
        if stanza and "fields_list" in stanza:
            return names_in(stanza["fields_list"])
        path = self.folder / "lookups" / (stanza or {}).get("filename", name)
        if not path.is_file():
            return None
        return names_in(path.read_text(encoding="utf-8").splitlines()[0])

    def alert_actions(self) -> set[str]:
        """The app's own alert actions."""
        return set(self.conf("alert_actions"))


class Macros:
    """The app's macros, with its switches thrown as one of WAYS says."""

    def __init__(self, app: App, way: int = 0) -> None:
        self._stanzas = app.conf("macros")
        self._way = WAYS[way]
        self.used: set[str] = set()

    def macro(self, name: str, args: int) -> Macro:
        """As a World's; raises SplError."""
        title = f"{name}({args})" if args else name
        if title not in self._stanzas:
            raise SplError(f"the macro {title} cannot be found")
        self.used.add(title)
        stanza = self._stanzas[title]
        definition = stanza.get("definition", "")
        return Macro(name, tuple(names_in(stanza.get("args", ""))), self._switched(definition) or definition)

    def _switched(self, definition: str) -> str | None:
        named = re.fullmatch(r"\s*`(\w+?)(_cim|_index|_live|_shadow)`\s*", definition)
        other = named[1] + self._way.get(named[2], named[2]) if named else ""
        return f"`{other}`" if other in self._stanzas else None


def names_in(text: str) -> list[str]:
    """The names in a list with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def stanza_lines(text: str) -> Iterator[tuple[str, str]]:
    """(stanza, key) of every setting, and (stanza, "") of every stanza, in order, doubled ones twice."""
    stanza, going_on = confs.DEFAULT, False
    for line in text.split("\n"):
        head = None if going_on else re.fullmatch(r"\s*\[(.*)\]\s*", line)
        if head:
            stanza = head[1]
            yield stanza, ""
        elif not going_on and "=" in line and not line.lstrip().startswith("#"):
            yield stanza, line.partition("=")[0].strip()
        going_on = line.endswith("\\") and not (not going_on and line.lstrip().startswith("#"))
