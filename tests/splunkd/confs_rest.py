"""The REST endpoints that show and change the app's own knowledge: confs, saved searches, the app itself, and the
search that answers at once (oneshot).

Written from Splunk's REST reference; what is changed lands in local/. Only the roles that default.meta lets write may
change anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.splunkd.app import InstalledApp
from tests.splunkd.spl.errors import SplError

if TYPE_CHECKING:
    from tests.splunkd.rest import User

Answer = tuple[int, Any]
Oneshot = Callable[[str, dict[str, str]], list[dict[str, Any]]]
"""Runs a search text with the form of search/jobs; the rows of its result. Raises SplError."""

FOREIGN = {"name": "Errors in the last 24 hours", "acl": {"app": "search"}, "content": {"search": "error"}}
"""Another app's saved search, shared with all, as every Splunk has some."""


def no_search(text: str, form: dict[str, str]) -> list[dict[str, Any]]:
    """What a stand-in without a search engine says."""
    raise SplError(f"nothing here runs searches: {text}")


class ConfsRest:
    """The endpoints over one installed app; `search` runs oneshot searches, `overrides` is local aiscore.conf."""

    def __init__(self, app: InstalledApp, overrides: dict[str, str]) -> None:
        self._app, self._overrides = app, overrides
        self.search: Oneshot = no_search

    def answer(self, method: str, path: str, user: User | None, form: dict[str, str]) -> Answer | None:
        """Status and JSON, or None for a path of somebody else's."""
        first, second, *rest = [unquote(part) for part in path.split("/")] + [""]
        rest = [part for part in rest if part]
        if (first, second) == ("search", "jobs") and method == "POST" and not rest:
            return self._oneshot(form)
        serve = {"configs": self._conf, "saved": self._searches, "apps": self._apps}.get(first)
        if serve is None:
            return None
        if method == "POST" and not (user and self._writers() & set(user.roles)):
            return 403, message("You do not have permission to perform this operation")
        return serve(method, second, rest, form) or (404, message("Not Found"))

    def _writers(self) -> set[str]:
        meta = (self._app.folder / "metadata" / "default.meta").read_text(encoding="utf-8")
        found = re.search(r"^\[\]\n.*write : \[([^\]]*)\]", meta)
        return {role.strip() for role in found[1].split(",")} if found else set()

    def _conf(self, method: str, kind: str, rest: list[str], form: dict[str, str]) -> Answer | None:
        name = kind.removeprefix("conf-")
        if len(rest) != 1 or rest[0] not in self._app.conf(name):
            return 404, message(f"{'/'.join(rest)} does not exist")
        if method == "POST":
            self._set(name, rest[0], form)
        local = self._overrides if name == "aiscore" else {}
        return 200, entries(entry(rest[0], self._app.conf(name)[rest[0]] | local))

    def _set(self, name: str, stanza: str, form: dict[str, str]) -> None:
        settings = {key: value for key, value in form.items() if key != "output_mode"}
        if name == "aiscore":
            self._overrides.update(settings)
        else:
            self._app.set_local(name, stanza, settings)

    def _searches(self, method: str, kind: str, rest: list[str], form: dict[str, str]) -> Answer | None:
        found = self._app.conf("savedsearches")
        if kind != "searches":
            return None
        if not rest:
            return 200, entries(FOREIGN, *(self._search_entry(name) for name in found if name != "default"))
        if rest[0] not in found:
            return 404, message(f"Could not find object id={rest[0]}")
        if method == "POST" and rest[1:] in (["enable"], ["disable"]):
            self._app.set_local("savedsearches", rest[0], {"disabled": "0" if rest[1] == "enable" else "1"})
        elif len(rest) > 1 or method == "POST":
            return None
        return 200, entries(self._search_entry(rest[0]))

    def _search_entry(self, name: str) -> dict[str, Any]:
        stanza = self._app.conf("savedsearches")[name]
        is_true = {"1": True, "true": True}
        shown = {key: stanza.get(key, "") for key in ("search", "cron_schedule", "description")}
        flags = {
            "disabled": is_true.get(stanza.get("disabled", "0"), False),
            "is_scheduled": is_true.get(stanza.get("enableSched", "0"), False),
        }
        return entry(name, shown | flags)

    def _apps(self, method: str, kind: str, rest: list[str], form: dict[str, str]) -> Answer | None:
        if kind != "local" or rest != ["aiscore"]:
            return None
        if method == "POST":
            self._app.set_local("app", "install", {"is_configured": "1" if form.get("configured") == "true" else "0"})
        conf = self._app.conf("app")
        configured = conf["install"]["is_configured"] == "1"
        return 200, entries(entry("aiscore", {"version": conf["launcher"]["version"], "configured": configured}))

    def _oneshot(self, form: dict[str, str]) -> Answer:
        if form.get("exec_mode") != "oneshot":
            return 400, message("only exec_mode=oneshot is known here")
        try:
            rows = self.search(form["search"], form)[: int(form.get("count", "100"))]
        except SplError as error:
            return 400, message(str(error), "FATAL")
        names = list(dict.fromkeys(name for row in rows for name in row))
        return 200, {"messages": [], "fields": [{"name": name} for name in names], "results": rows}


def entry(name: str, content: dict[str, Any]) -> dict[str, Any]:
    """One entry of the app's."""
    return {"name": name, "acl": {"app": "aiscore", "owner": "nobody", "sharing": "app"}, "content": content}


def entries(*found: dict[str, Any]) -> dict[str, Any]:
    """A reply with these entries."""
    return {"entry": list(found)}


def message(text: str, kind: str = "ERROR") -> dict[str, Any]:
    """A reply that refuses."""
    return {"messages": [{"type": kind, "text": text}]}
