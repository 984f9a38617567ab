"""Every saved search, macro and query of a view, followed from what it reads to what it gives out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.splunkd.check.finding import Finding
from tests.splunkd.check.flow import Flow
from tests.splunkd.check.inputs import RESCORED, Fields, Kept, recipes
from tests.splunkd.check.mitre import TECHNIQUES
from tests.splunkd.check.source import WAYS, App, Macros
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.parse import parse

FILE = "savedsearches.conf"
RULE = " - Rule"
MOST_ROUNDS = 5


@dataclass
class Followed:
    """What is known once all searches were followed: the fields each ends with, and what is wrong."""

    app: App
    kept: Kept = field(default_factory=Kept)
    ends: dict[str, Fields] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    used_macros: set[str] = field(default_factory=set)

    def query(self, file: str, stanza: str, text: str) -> Fields:
        """Follow one search in all ways of the switches; problems go to `found`."""
        return _all_ways(self, file, stanza, text, Kept())


def follow(app: App) -> Followed:
    """All saved searches, again and again until what they write into the summary index is known."""
    state = Followed(app)
    for _ in range(MOST_ROUNDS):
        before = (state.kept, state.ends)
        fresh = Kept()
        fresh.add("summary", "AIScore - Rescored", Fields(frozenset(RESCORED.split())))
        state.found, ends = [], {}
        for name, settings in app.conf("savedsearches").items():
            if "search" in settings:
                ends[name] = _all_ways(state, FILE, name, settings["search"], fresh)
                if settings.get("action.summary_index") == "1":
                    fresh.add(settings.get("action.summary_index._name", ""), name, ends[name])
                if name.endswith(RULE):
                    fresh.rules[name] = ends[name]
        state.kept, state.ends = fresh, ends
        if (state.kept, state.ends) == before:
            break
    return state


def _all_ways(state: Followed, file: str, stanza: str, text: str, fresh: Kept) -> Fields:
    ends = Fields()
    problems: list[tuple[str, str]] = []
    for way in range(len(WAYS)):
        macros = Macros(state.app, way)
        flow = Flow(state.app, state.kept, recipes(), state.ends)
        try:
            ends = ends.union(flow.through(parse(text, macros)))  # type: ignore[arg-type]
        except NotSupported as error:
            flow.say(f"the stand-in does not know {error}", "write it otherwise, or add it to tests/splunkd/spl")
        except SplError as error:
            flow.say(f"cannot be parsed: {error}", "correct the search")
        problems += flow.problems
        for index, source, fields in flow.collected:
            fresh.add(index, source, fields)
        state.used_macros |= macros.used
    state.found += [Finding(file, stanza, what, mend) for what, mend in dict.fromkeys(problems)]
    return ends


def findings(state: Followed) -> Iterator[Finding]:
    """What concerns saved searches and macros as such."""
    yield from state.found
    for name, settings in state.app.conf("savedsearches").items():
        yield from _saved(name, settings, state.ends.get(name, Fields()))
    yield from _macros(state)


def _saved(name: str, settings: dict[str, str], ends: Fields) -> Iterator[Finding]:
    if settings.get("disabled") != "1":
        yield Finding(FILE, name, "is not shipped disabled", "set disabled = 1: the setup page switches it on")
    scheduled = settings.get("enableSched") == "1"
    if scheduled and "cron_schedule" not in settings:
        yield Finding(FILE, name, "is scheduled without a cron_schedule", "set cron_schedule")
    if scheduled and (lonely := lonely_dollar(settings.get("search", ""))) is not None:
        yield Finding(FILE, name, f"${lonely} in a scheduled search is taken for a token", "double it: $$")
    if settings.get("alert.suppress") == "1":
        fields = [one.strip() for one in settings.get("alert.suppress.fields", "").split(",") if one.strip()]
        if not fields or "alert.suppress.period" not in settings:
            yield Finding(FILE, name, "suppresses without fields or period", "set alert.suppress.fields and .period")
        for one in fields:
            if not ends.has(one):
                what = f"alert.suppress.fields names {one}, which the search does not give out"
                yield Finding(FILE, name, what, "suppress by a field of the results")
    given = sorted(ends.names & {"risk_object", "risk_object_type"})
    if given:
        what = f"gives out {', '.join(given)}, which Enterprise Security prefers to the entries of _risk"
        yield Finding(FILE, name, what, "rename it, to entity for example")


def lonely_dollar(text: str) -> str | None:
    """What follows a `$` that is not doubled."""
    found = re.search(r"\$(\w{0,20})", text.replace("$$", ""))
    return found[1] if found else None


def _macros(state: Followed) -> Iterator[Finding]:
    file = "macros.conf"
    for title, settings in state.app.conf("macros").items():
        args = [one.strip() for one in settings.get("args", "").split(",") if one.strip()]
        told = re.search(r"\((\d+)\)$", title)
        if len(args) != int(told[1] if told else 0):
            yield Finding(file, title, f"takes {len(args)} args, not as its name says", "name it name(number of args)")
        definition = settings.get("definition", "")
        for token in re.findall(r"\$(\w+)\$", definition.replace("$$", "")):
            if token not in args:
                yield Finding(file, title, f"${token}$ is no argument of it", "add it to args, or correct it")
        for arg in args:
            if f"${arg}$" not in definition:
                yield Finding(file, title, f"does not use its argument {arg}", "use it, or take it away")
        for technique in re.findall(r'\bT\d+(?:\.\d+)?(?=[",])', definition):
            if technique not in TECHNIQUES:
                yield Finding(file, title, f"names the unknown technique {technique}", "see check/mitre.py")
        # The setup page asks for what was left out; whether a lookup is asked, a site says in another macro.
        if title not in state.used_macros and not title.endswith(("_left_out", "_lookup")):
            yield Finding(file, title, "is used by no search and no view", "use it, or take it away")
