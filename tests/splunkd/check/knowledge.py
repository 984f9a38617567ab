"""What the confs say of one another: collections, lookups, commands, handlers, actions, permissions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.splunkd import confs
from tests.splunkd.check.finding import Finding
from tests.splunkd.check.source import App, names_in

EXPORTED = (
    "alert_actions", "collections", "commands", "macros", "props", "savedsearches", "searchbnf", "transforms",
    "workflow_actions",
)  # fmt: skip
"""What must work from other apps: Enterprise Security runs detections, drilldowns and actions from its own."""


def findings(app: App) -> Iterator[Finding]:
    """All of them."""
    yield from _lookups(app)
    yield from _collections(app)
    yield from _programs(app)
    yield from _actions(app)
    yield from _permissions(app)


def _lookups(app: App) -> Iterator[Finding]:
    file = "transforms.conf"
    for name, settings in app.conf("transforms").items():
        listed = names_in(settings.get("fields_list", ""))
        if len(set(listed)) != len(listed):
            yield Finding(file, name, "fields_list names a field twice", "name each once")
        if "filename" in settings:
            if settings["filename"] not in app.lookup_files():
                yield Finding(file, name, f"the file lookups/{settings['filename']} is missing", "add it")
            continue
        collection = app.conf("collections").get(settings.get("collection", ""))
        if collection is None:
            what = f"the collection {settings.get('collection')} does not exist"
            yield Finding(file, name, what, "define it in collections.conf")
            continue
        fields = {key.removeprefix("field.") for key in collection if key.startswith("field.")}
        for field in sorted(fields - set(listed)):
            yield Finding(file, name, f"fields_list lacks {field} of the collection", "list it, or it cannot be read")
        for field in sorted(set(listed) - fields - {"_key"}):
            yield Finding(file, name, f"fields_list names {field}, which the collection lacks", "define field." + field)
        if "_key" not in listed:
            yield Finding(file, name, "fields_list lacks _key", "list it: rows are replaced by their key")


def _collections(app: App) -> Iterator[Finding]:
    file = "collections.conf"
    used = {settings.get("collection") for settings in app.conf("transforms").values()}
    for name, settings in app.conf("collections").items():
        if name not in used:
            yield Finding(file, name, "no lookup reads the collection", "define one in transforms.conf")
        for key, value in settings.items():
            if not key.startswith("accelerated_fields."):
                continue
            try:
                fields = json.loads(value)
            except ValueError:
                continue
            for field in fields:
                if f"field.{field}" not in settings:
                    yield Finding(file, name, f"{key} names {field}, which is no field of it", f"define field.{field}")


def _programs(app: App) -> Iterator[Finding]:
    programs = {path.name for path in (app.folder / "bin").glob("*.py")}
    helped = app.conf("searchbnf")
    for name, settings in app.conf("commands").items():
        if settings.get("filename") not in programs:
            yield Finding("commands.conf", name, f"bin/{settings.get('filename')} is missing", "correct filename")
        if f"{name}-command" not in helped:
            yield Finding("commands.conf", name, "has no help in searchbnf.conf", f"write [{name}-command]")
    patterns = {settings.get("pattern") for settings in app.conf("web").values()}
    for name, settings in app.conf("restmap").items():
        script = settings.get("script", "")
        if script not in programs:
            yield Finding("restmap.conf", name, f"bin/{script} is missing", "correct script")
            continue
        module, _, kind = settings.get("handler", "").partition(".")
        text = (app.folder / "bin" / script).read_text(encoding="utf-8")
        if f"{module}.py" != script or not re.search(rf"^class {re.escape(kind)}\b", text, re.MULTILINE):
            yield Finding("restmap.conf", name, f"bin/{script} has no {settings.get('handler')}", "correct handler")
    paths = {settings.get("match", "").strip("/") for settings in app.conf("restmap").values()}
    for pattern in sorted(str(one) for one in patterns if one not in paths):
        yield Finding("web.conf", pattern, "exposes a path that restmap.conf does not have", "correct pattern")
    for conf in ("aiscore",):
        if app.conf("app").get("triggers", {}).get(f"reload.{conf}") != "simple":
            yield Finding("app.conf", "triggers", f"lacks reload.{conf}", f"set reload.{conf} = simple")
    setup = app.conf("app").get("ui", {}).get("setup_view")
    if setup and setup not in app.views:
        yield Finding("app.conf", "ui", f"setup_view {setup} is no view of the app", "correct it")


def _actions(app: App) -> Iterator[Finding]:
    spec = app.folder / "README" / "alert_actions.conf.spec"
    told = spec.read_text(encoding="utf-8") if spec.is_file() else ""
    for name, settings in app.conf("alert_actions").items():
        if not (app.folder / "bin" / f"{name}.py").is_file():
            yield Finding("alert_actions.conf", name, f"bin/{name}.py is missing", "add it: splunkd runs it by name")
        if not (app.folder / "default" / "data" / "ui" / "alerts" / f"{name}.html").is_file():
            yield Finding("alert_actions.conf", name, "has no form in data/ui/alerts", f"add {name}.html")
        for key in settings:
            if key.startswith("param.") and not re.search(rf"^{re.escape(key)} =", told, re.MULTILINE):
                yield Finding("alert_actions.conf", name, f"{key} is not in README", "declare it in the .spec")


def _permissions(app: App) -> Iterator[Finding]:
    path = app.folder / "metadata" / "default.meta"
    meta = confs.parse(path.read_text(encoding="utf-8"), path.name) if path.is_file() else {}
    for stanza, settings in meta.items():
        access = settings.get("access", "")
        if re.search(r"write\s*:\s*\[[^]]*\*", access):
            yield Finding(path.name, stanza, "lets everybody write", "name roles: write : [ admin, sc_admin ]")
        if settings.get("export", "none") not in ("none", "system"):
            yield Finding(path.name, stanza, f"export = {settings['export']}", "use none or system")
    for conf in EXPORTED:
        if app.conf(conf) and meta.get(conf, {}).get("export") != "system":
            what = f"{conf} are not exported: other apps could not use them"
            yield Finding(path.name, conf, what, "set export = system")
