"""Which fields there are at each place of a search, and which are used without being there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from tests.splunkd.check import commands, inputs
from tests.splunkd.check.inputs import EVENT, MAY_LACK, Fields, Kept
from tests.splunkd.check.source import App
from tests.splunkd.datamodels import ALWAYS, DATASETS
from tests.splunkd.spl import tree
from tests.splunkd.spl.tree import Aggregation, Pipeline

Problem = tuple[str, str]
"""(what, how to mend it)"""

INFO = ("info_min_time", "info_max_time", "info_search_time", "info_sid")
SOURCE = tree.FieldRef("source")
PLACES = ("City", "Country", "Region", "lat", "lon")


@dataclass
class Flow:
    """Follows one search. `collected` holds (index, source, fields) of each collect it passes."""

    app: App
    kept: Kept
    recipes: dict[str, frozenset[str]]
    ends: dict[str, Fields] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    collected: list[tuple[str, str, Fields]] = field(default_factory=list)

    def through(self, pipeline: Pipeline, before: Fields | None = None) -> Fields:
        """The fields of the rows that leave the pipeline."""
        now = before if before is not None else Fields()
        for number, stage in enumerate(pipeline.stages):
            first = number == 0 and before is None
            now = _steps()[type(stage)](self, stage, now, first)
        return now

    def say(self, what: str, mend: str) -> None:
        """A problem."""
        self.problems.append((what, mend))

    def need(self, now: Fields, *names: str, by: str) -> None:
        """These fields are used here."""
        for name in names:
            if not now.has(name) and name not in MAY_LACK:
                self.say(f"{by} uses the field {name}, which nothing before it produces", "produce it, or correct it")

    def expression(self, now: Fields, found: Any, by: str) -> None:
        """The fields of an expression are used."""
        self.need(now, *dict.fromkeys(references(found)), by=by)

    def filter(self, now: Fields, found: Any) -> None:
        """The fields of a filter are used; its subsearches are searches."""
        for part in parts(found):
            if isinstance(part, tree.Compare | tree.InList):
                self.need(now, part.name, by="search")
            elif isinstance(part, tree.Subsearch):
                self.through(part.pipeline)

    def aggregate(self, now: Fields, found: tuple[Aggregation, ...], by: tuple[str, ...], command: str) -> list[str]:
        """The names of the columns that come out."""
        for one in found:
            if isinstance(one.argument, tree.FieldRef):
                if one.argument.name != "*":
                    self.need(now, one.argument.name, by=command)
            elif one.argument is not None:
                self.expression(now, one.argument, command)
        self.need(now, *by, by=command)
        names = []
        for one in found:
            names += sorted(now.names) if "*" in one.name else [one.name]
        return names


def references(found: Any) -> Iterator[str]:
    """The fields that an expression names."""
    if isinstance(found, tree.FieldRef):
        yield found.name
    for part in _inside(found):
        yield from references(part)


def parts(found: Any) -> Iterator[Any]:
    """A tree and everything in it, but not what is in its subsearches."""
    yield found
    if not isinstance(found, tree.Subsearch):
        for part in _inside(found):
            yield from parts(part)


def _inside(found: Any) -> Iterator[Any]:
    if is_dataclass(found):
        for one in fields(found):
            value = getattr(found, one.name)
            yield from value if isinstance(value, tuple) else (value,)
    elif isinstance(found, tuple):
        yield from found


# one step a command: (flow, stage, fields before, whether it is the first) -> fields behind it


def _search(flow: Flow, stage: tree.Search, now: Fields, first: bool) -> Fields:
    if first:
        now, wrong = inputs.read(stage.filter, flow.kept)
        for what in wrong:
            flow.say(what, "name an index, and a source that is written there")
        now = now.plus("earliest", "latest", "_index_earliest", "_index_latest")
        flow.filter(now, stage.filter)
        return now.without("earliest", "latest", "_index_earliest", "_index_latest")
    flow.filter(now, stage.filter)
    return now


def _tstats(flow: Flow, stage: tree.Tstats, now: Fields, first: bool) -> Fields:
    if stage.data_model is None:
        return Fields(frozenset(one.name for one in stage.aggregations) | set(stage.by))
    entry = DATASETS.get(stage.data_model)
    if entry is None:
        flow.say(f"the data model {stage.data_model} is not known", f"use one of {', '.join(DATASETS)}")
        return Fields(open=True)
    prefix = stage.data_model.rpartition(".")[2]
    there = Fields(frozenset(f"{prefix}.{name}" for name in entry.fields) | set(ALWAYS))
    names = flow.aggregate(there, stage.aggregations, stage.by, "tstats")
    if stage.where is not None:
        flow.filter(there, stage.where)
    return Fields(frozenset(names) | set(stage.by) | ({"_time"} if stage.span else set()))


def _stats(flow: Flow, stage: tree.Stats, now: Fields, first: bool) -> Fields:
    names = flow.aggregate(now, stage.aggregations, stage.by, "stats")
    fixed = tuple(pair for pair in now.fixed if pair[0] in stage.by)
    return Fields(frozenset(names) | set(stage.by), fixed=fixed)


def _more_columns(flow: Flow, stage: Any, now: Fields, first: bool) -> Fields:
    by = type(stage).__name__.lower()
    return now.plus(*flow.aggregate(now, stage.aggregations, stage.by, by))


def _timechart(flow: Flow, stage: tree.Timechart, now: Fields, first: bool) -> Fields:
    names = flow.aggregate(now.plus("_time"), stage.aggregations, (stage.by,) if stage.by else (), "timechart")
    return Fields(frozenset({"_time", *names}), open=stage.by is not None)


def _eval(flow: Flow, stage: tree.Eval, now: Fields, first: bool) -> Fields:
    for name, expression in stage.assignments:
        flow.expression(now, expression, "eval")
        now = now.plus(name)
        if isinstance(expression, tree.Literal) and isinstance(expression.value, str):
            now = replace(now, fixed=(*now.fixed, (name, expression.value)))
    return now


def _where(flow: Flow, stage: tree.Where, now: Fields, first: bool) -> Fields:
    flow.expression(now, stage.condition, "where")
    for source in _only_source(stage.condition):
        now = now.of_source(source)
    return now


def _only_source(condition: Any) -> Iterator[str]:
    """The source that rows must have to pass."""
    if isinstance(condition, tree.Binary):
        if condition.op == "AND":
            yield from _only_source(condition.left)
            yield from _only_source(condition.right)
        elif condition.op == "=" and condition.left == SOURCE and isinstance(condition.right, tree.Literal):
            yield str(condition.right.value)


def _rename(flow: Flow, stage: tree.Rename, now: Fields, first: bool) -> Fields:
    for old, new in stage.pairs:
        if "*" not in old:
            flow.need(now, old, by="rename")
            now = now.without(old).plus(new)
            continue
        pattern = re.compile(re.escape(old).replace(r"\*", "(.*)"))
        hits = {name: hit for name in now.names if (hit := pattern.fullmatch(name))}
        if not hits and not now.open:
            flow.say(f"rename finds no field {old}", "correct the name")
        for name, hit in hits.items():
            filled = new
            for group in hit.groups():
                filled = filled.replace("*", group, 1)
            now = now.without(name).plus(filled)
    return now


def _fields(flow: Flow, stage: tree.Fields, now: Fields, first: bool) -> Fields:
    if stage.remove:
        return now.without(*stage.names)
    flow.need(now, *stage.names, by="fields")
    return now.only(*stage.names, "_*")


def _table(flow: Flow, stage: tree.Table, now: Fields, first: bool) -> Fields:
    flow.need(now, *stage.names, by="table")
    return now.only(*stage.names)


def _lookup(flow: Flow, stage: tree.Lookup, now: Fields, first: bool) -> Fields:
    there = _lookup_fields(flow, stage.lookup)
    flow.need(now, *(event for _, event in stage.inputs), by="lookup")
    if there is None:
        return Fields(now.names, open=True)
    flow.need(
        Fields(frozenset(there)), *(name for name, _ in (*stage.inputs, *stage.outputs)), by=f"lookup {stage.lookup}"
    )
    if stage.outputs:
        return now.plus(*(event for _, event in stage.outputs))
    return now.plus(*(name for name in there if name not in {column for column, _ in stage.inputs} | {"_key"}))


def _inputlookup(flow: Flow, stage: tree.Inputlookup, now: Fields, first: bool) -> Fields:
    there = _lookup_fields(flow, stage.lookup)
    found = Fields(open=True) if there is None else Fields(frozenset(there))
    if stage.where is not None:
        flow.filter(found, stage.where)
    return now.union(found) if stage.append else found


def _outputlookup(flow: Flow, stage: tree.Outputlookup, now: Fields, first: bool) -> Fields:
    there = _lookup_fields(flow, stage.lookup)
    if there is not None:
        for name in sorted(now.names - set(there)):
            if not name.startswith("_") and "_key" in there:
                flow.say(f"outputlookup {stage.lookup} drops the field {name}", "add it to fields_list and collection")
    if stage.key_field:
        flow.need(now, stage.key_field, by="outputlookup key_field")
    return now


def _lookup_fields(flow: Flow, name: str) -> list[str] | None:
    found = flow.app.lookup_fields(name)
    if found is None:
        flow.say(f"the lookup {name} does not exist", "define it in transforms.conf")
    return found


def _uses(*attributes: str) -> Callable[[Flow, Any, Fields, bool], Fields]:
    """A command that uses the fields in these attributes of its stage and changes none."""

    def step(flow: Flow, stage: Any, now: Fields, first: bool) -> Fields:
        for attribute in attributes:
            value = getattr(stage, attribute)
            flow.need(now, *((value,) if isinstance(value, str) else value), by=type(stage).__name__.lower())
        return now

    return step


def _sort(flow: Flow, stage: tree.Sort, now: Fields, first: bool) -> Fields:
    flow.need(now, *(name for _, name, _ in stage.keys), by="sort")
    return now


def _rex(flow: Flow, stage: tree.Rex, now: Fields, first: bool) -> Fields:
    flow.need(now, stage.name, by="rex")
    return now if stage.mode else now.plus(*re.findall(r"\(\?P?<([A-Za-z_]\w*)>", stage.pattern))


def _spath(flow: Flow, stage: tree.Spath, now: Fields, first: bool) -> Fields:
    flow.need(now, stage.input, by="spath")
    return now.plus(stage.output)


def _iplocation(flow: Flow, stage: tree.Iplocation, now: Fields, first: bool) -> Fields:
    flow.need(now, stage.input, by="iplocation")
    return now.plus(*(stage.prefix + place for place in PLACES))


def _bin(flow: Flow, stage: tree.Bin, now: Fields, first: bool) -> Fields:
    flow.need(now, stage.input, by="bin")
    return now.plus(stage.name)


def _fillnull(flow: Flow, stage: tree.Fillnull, now: Fields, first: bool) -> Fields:
    return now.plus(*stage.names)


def _append(flow: Flow, stage: tree.Append, now: Fields, first: bool) -> Fields:
    return now.union(flow.through(stage.pipeline))


def _appendpipe(flow: Flow, stage: tree.Appendpipe, now: Fields, first: bool) -> Fields:
    return now.union(flow.through(stage.pipeline, now))


def _collect(flow: Flow, stage: tree.Collect, now: Fields, first: bool) -> Fields:
    index, source = stage.options.get("index", ""), stage.options.get("source", "")
    if not index or not source:
        flow.say("collect says no index or no source", "say both, so that readers find what is written")
    flow.collected.append((index, source, now))
    return now


def _saved_search(flow: Flow, stage: tree.Savedsearch, now: Fields, first: bool) -> Fields:
    if stage.name not in flow.app.conf("savedsearches"):
        flow.say(f"the saved search {stage.name} does not exist", "correct its name")
    return flow.ends.get(stage.name, Fields(open=True))


def _custom(flow: Flow, stage: tree.CustomCommand, now: Fields, first: bool) -> Fields:
    given, wrong = commands.checked(flow.app.folder, stage)
    flow.problems += wrong
    recipe = flow.recipes.get(given.get("recipe", given.get("model", "")))
    if stage.name in ("aiscore", "aifit", "ailearn") and recipe and given.get("action") != "forget":
        by = f"{stage.name} model={given.get('model')}"
        flow.need(now, *sorted(recipe), by=by)
    if stage.name == "aiscore":
        prefix = given.get("prefix", "ai_")
        return now.plus(*(prefix + name for name in inputs.AISCORE))
    actions = inputs.ASKED.get(stage.name, {})
    names = actions.get(given.get("action", next(iter(actions), "")), "").split()
    return Fields(frozenset(names), open=not names)


def _steps() -> dict[type, Callable[[Flow, Any, Fields, bool], Fields]]:
    return {
        tree.Addinfo: lambda flow, stage, now, first: now.plus(*INFO),
        tree.Append: _append,
        tree.Appendpipe: _appendpipe,
        tree.Bin: _bin,
        tree.Collect: _collect,
        tree.CustomCommand: _custom,
        tree.Dedup: _uses("fields"),
        tree.Eval: _eval,
        tree.Eventstats: _more_columns,
        tree.Fields: _fields,
        tree.Fillnull: _fillnull,
        tree.Format: lambda flow, stage, now, first: now.plus("search"),
        tree.Head: _uses(),
        tree.Inputlookup: _inputlookup,
        tree.Iplocation: _iplocation,
        tree.Lookup: _lookup,
        tree.Makemv: _uses("name"),
        tree.Makeresults: lambda flow, stage, now, first: Fields(frozenset({"_time"})),
        tree.Mvexpand: _uses("name"),
        tree.Outputlookup: _outputlookup,
        tree.Rename: _rename,
        tree.Rest: lambda flow, stage, now, first: Fields(EVENT, open=True),
        tree.Return: lambda flow, stage, now, first: now.plus("search"),
        tree.Rex: _rex,
        tree.Savedsearch: _saved_search,
        tree.Search: _search,
        tree.Sort: _sort,
        tree.Spath: _spath,
        tree.Stats: _stats,
        tree.Streamstats: _more_columns,
        tree.Table: _table,
        tree.Timechart: _timechart,
        tree.Tstats: _tstats,
        tree.Where: _where,
    }
