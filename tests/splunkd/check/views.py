"""Views, navigation and workflow actions: well-formed, with a version, every token, view and search there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from tests.splunkd.check.finding import Finding
from tests.splunkd.check.searches import Followed
from tests.splunkd.check.source import App, names_in
from tests.splunkd.check.values import time

TOKEN = re.compile(r"\$([\w:.@-]+)(\|[sunh])?\$")
PROVIDED = ("env:", "row.", "click.", "trellis.", "result.", "job.", "form.")
SPLUNKS_VIEWS = frozenset({"search", "reports", "alerts", "dashboards"})


@dataclass
class Page:
    """What a view offers its searches: inputs and tokens (name -> a value it may have, or None)."""

    name: str
    root: Element
    tokens: dict[str, str | None] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    """Tokens that only have values written in the view."""

    def __post_init__(self) -> None:
        for one in self.root.iter("input"):
            token = one.get("token", "")
            choices = [choice.get("value", "") for choice in one.iter("choice")]
            self.tokens[token] = (one.findtext("default") or "") or next(iter(choices), None)
            if one.get("type") == "time" or (
                one.get("type") in ("dropdown", "radio", "link") and one.find("search") is None
            ):
                self.fixed.add(token)
        for one in self.root.iter():
            if one.tag in ("set", "eval", "condition", "selection") and one.get("token"):
                self.tokens.setdefault(str(one.get("token")), None)

    def knows(self, token: str) -> bool:
        """Whether the token can have a value."""
        base = re.sub(r"\.(earliest|latest)$", "", token)
        return token.startswith(PROVIDED) or token in self.tokens or base in self.tokens


def findings(state: Followed) -> Iterator[Finding]:
    """All views, the navigation and the workflow actions."""
    for name, root in state.app.views.items():
        yield from _view(state, name, root)
    yield from _navigation(state.app)
    yield from _workflow_actions(state)


def _view(state: Followed, name: str, root: Element) -> Iterator[Finding]:
    file = f"{name}.xml"
    if root.tag not in ("dashboard", "form") or root.get("version") not in ("1.1", "2"):
        yield Finding(file, name, f'begins <{root.tag} version="{root.get("version")}">', 'set version="1.1" or "2"')
    if not root.findtext("label"):
        yield Finding(file, name, "has no label", "add <label>")
    for script in names_in(root.get("script", "") + "," + root.get("stylesheet", "")):
        if not (state.app.folder / "appserver" / "static" / script).is_file():
            yield Finding(file, name, f"appserver/static/{script} is missing", "add it, or correct the name")
    page = Page(name, root)
    if root.get("version") == "2":
        yield from _studio(state, page, file)
        return
    for search in root.iter("search"):
        yield from _search(state, page, file, search)
    for link in (one.text or "" for tag in ("link", "a") for one in root.iter(tag)):
        yield from _link(state.app, file, name, link)
    for link in (one.get("href", "") for one in root.iter("a")):
        yield from _link(state.app, file, name, link)


def _search(state: Followed, page: Page, file: str, search: Element) -> Iterator[Finding]:
    named = search.get("ref")
    if named and named not in state.app.conf("savedsearches"):
        yield Finding(file, page.name, f"the saved search {named} does not exist", "correct ref")
    base = search.get("base")
    if base and base not in {one.get("id") for one in page.root.iter("search")}:
        yield Finding(file, page.name, f"no search has the id {base}", "correct base")
    query = search.findtext("query")
    if query is None:
        if not named:
            yield Finding(file, page.name, "a search has no query", "add <query>")
        return
    for tag in ("earliest", "latest"):
        value = search.findtext(tag) or ""
        if value and not TOKEN.fullmatch(value) and value not in ("0", "-1m") and time(value):
            yield Finding(file, page.name, f"{tag} {value} is not {time(value)}", "correct it")
        if not value and not base:
            yield Finding(file, page.name, f"a search has no {tag}", "set one: all time is slow")
        yield from _tokens(page, file, value, in_search=False)
    yield from _query(state, page, file, query, base is not None)


def _query(state: Followed, page: Page, file: str, query: str, goes_on: bool) -> Iterator[Finding]:
    yield from _tokens(page, file, query, in_search=True)
    if (lonely := re.search(r"\$(\w*)", TOKEN.sub("", query.replace("$$", "")))) is not None:
        yield Finding(file, page.name, f"${lonely[1]} is taken for a token", "double it: $$")
    if not goes_on:
        text = TOKEN.sub(lambda found: _stand_in(page, found), query).replace("$$", "$")
        before = len(state.found)
        state.query(file, page.name, text)
        yield from state.found[before:]
        del state.found[before:]


def _stand_in(page: Page, found: re.Match[str]) -> str:
    value = page.tokens.get(found[1]) or "tok"
    return f'"{value}"' if found[2] == "|s" else value


def _tokens(page: Page, file: str, text: str, in_search: bool) -> Iterator[Finding]:
    for token, how in TOKEN.findall(text.replace("$$", "")):
        if not page.knows(token):
            yield Finding(file, page.name, f"the token ${token}$ is never set", "add an input, or correct it")
        base = re.sub(r"\.(earliest|latest)$", "", token)
        if in_search and how != "|s" and base not in page.fixed:
            what = f"${token}$ puts what somebody typed or an event held into a search"
            yield Finding(file, page.name, what, f"write ${token}|s$, which is one quoted text")


def _studio(state: Followed, page: Page, file: str) -> Iterator[Finding]:
    try:
        found: dict[str, Any] = json.loads(page.root.findtext("definition") or "")
    except ValueError as error:
        yield Finding(file, page.name, f"its definition is not JSON: {error}", "correct it")
        return
    sources = found.get("dataSources", {})
    for one in found.get("inputs", {}).values():
        token = one.get("options", {}).get("token", "")
        page.tokens[token] = str(one.get("options", {}).get("defaultValue", "")) or None
        if one.get("type") == "input.timerange" or (one.get("type") == "input.dropdown" and "dataSources" not in one):
            page.fixed.add(token)
    for name, source in sources.items():
        query = source.get("options", {}).get("query")
        extends = source.get("options", {}).get("extend")
        if extends and extends not in sources:
            yield Finding(file, page.name, f"{name} extends {extends}, which does not exist", "correct extend")
        if query:
            yield from _query(state, page, file, query, extends is not None)
    for name, picture in found.get("visualizations", {}).items():
        for source in picture.get("dataSources", {}).values():
            if source not in sources:
                yield Finding(file, page.name, f"{name} shows {source}, which does not exist", "correct its source")


def _link(app: App, file: str, stanza: str, link: str) -> Iterator[Finding]:
    found = re.search(r"/app/aiscore/(\w+)(?:\?(.*))?", link)
    if not found or found[1] in SPLUNKS_VIEWS:
        return
    root = app.views.get(found[1])
    if root is None:
        yield Finding(file, stanza, f"leads to the view {found[1]}, which does not exist", "correct the link")
        return
    for token in re.findall(r"(?:^|&)form\.(\w+)=", found[2] or ""):
        if token not in Page(found[1], root).tokens:
            yield Finding(file, stanza, f"sets form.{token}, which {found[1]} does not have", "correct the link")


def _navigation(app: App) -> Iterator[Finding]:
    if app.navigation is None:
        yield Finding("default.xml", "nav", "there is no readable navigation", "add data/ui/nav/default.xml")
        return
    for view in app.navigation.iter("view"):
        if view.get("name") not in app.views.keys() | SPLUNKS_VIEWS:
            yield Finding(
                "default.xml", "nav", f"names the view {view.get('name')}, which does not exist", "correct it"
            )
    for saved in app.navigation.iter("saved"):
        if saved.get("name") not in app.conf("savedsearches"):
            yield Finding(
                "default.xml", "nav", f"names the search {saved.get('name')}, which does not exist", "correct it"
            )


def _workflow_actions(state: Followed) -> Iterator[Finding]:
    file = "workflow_actions.conf"
    written = {name for several in state.kept.written.values() for one in several for name in one.names}
    for name, settings in state.app.conf("workflow_actions").items():
        for one in names_in(settings.get("fields", "")):
            if "*" not in one and one not in written:
                yield Finding(file, name, f"is for the field {one}, which nothing writes", "correct fields")
        asked = {"link": "link.uri", "search": "search.search_string"}.get(settings.get("type", ""), "type")
        if asked not in settings:
            yield Finding(file, name, f"has no {asked}", f"set {asked}")
        yield from _link(state.app, file, name, settings.get("link.uri", ""))
        for token in re.findall(r"\$!?([\w.]+)\$", settings.get("link.uri", "")):
            if token not in names_in(settings.get("fields", "")):
                yield Finding(file, name, f"uses ${token}$, which is not among its fields", "add it to fields")
