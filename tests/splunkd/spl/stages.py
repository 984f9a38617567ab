"""One builder for each command: the text behind the command's name becomes its stage."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.splunkd.spl import grammar, scan, tree
from tests.splunkd.spl.arguments import (
    as_pairs,
    at_least_one,
    no_wildcard,
    only_one,
    options_and_words,
    same_name,
    sorted_out,
    texts,
    truth,
    whole_number,
)
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.grammar import Option, Subparser, Word
from tests.splunkd.spl.tree import Aggregation, Stage

Builder = Callable[[str, Subparser], Stage]

CUSTOM_COMMANDS = frozenset({"aiscore", "aifit", "ailearn", "aiquality", "aimodels", "aiaudit"})


def build(command: str, text: str, subsearch: Subparser) -> Stage:
    """The stage of a command."""
    if command in CUSTOM_COMMANDS:
        return _custom(command, tuple(scan.arguments(text)), subsearch)
    if command not in BUILDERS:
        raise NotSupported(f"the command {command}")
    try:
        return BUILDERS[command](text, subsearch)
    except SplError as error:
        raise type(error)(f"Error in '{command}' command: {error}") from None


def _custom(command: str, raw_args: tuple[str, ...], subsearch: Subparser) -> tree.CustomCommand:
    numbers = {arg: found[1] for arg in raw_args if (found := re.fullmatch(r"(?:\w+=)?\[(\d+)\]", arg))}
    return tree.CustomCommand(command, raw_args, tuple((arg, subsearch(int(at))) for arg, at in numbers.items()))


def _nothing(stage: Stage) -> Builder:
    def builder(text: str, _: Subparser) -> Stage:
        if text:
            raise NotSupported(f"arguments: {text}")
        return stage

    return builder


# aggregations


def _aggregations(text: str, *allowed: str) -> tuple[dict[str, str], tuple[Aggregation, ...]]:
    items = grammar.aggregations(text)
    options, _ = sorted_out([item for item in items if isinstance(item, Option)], *allowed)
    found = tuple(item for item in items if isinstance(item, Aggregation))
    if not found:
        raise SplError("it needs at least one function")
    names = [item.name for item in found]
    if len(set(names)) < len(names):
        raise SplError(f"two results have one name: {', '.join(names)}")
    return options, found


def _by(found: dict[str, str]) -> tuple[str, ...]:
    if "by" not in found:
        return ()
    return no_wildcard(at_least_one(texts(options_and_words(found["by"])[1])))


def _stats(text: str, _: Subparser) -> Stage:
    found = scan.clauses(text, "by")
    return tree.Stats(_aggregations(found[""])[1], _by(found))


def _eventstats(text: str, _: Subparser) -> Stage:
    found = scan.clauses(text, "by")
    return tree.Eventstats(_aggregations(found[""])[1], _by(found))


def _streamstats(text: str, _: Subparser) -> Stage:
    found = scan.clauses(text, "by")
    options, aggregations = _aggregations(found[""], "time_window", "window", "current")
    window, time_window = whole_number(options.get("window", "0")), options.get("time_window")
    current = truth(options.get("current", "t"))
    return tree.Streamstats(aggregations, _by(found), time_window, window, current)


def _timechart(text: str, _: Subparser) -> Stage:
    found = scan.clauses(text, "by")
    options, aggregations = _aggregations(found[""], "span")
    by = _by(found)
    if len(by) > 1:
        raise SplError("it splits by one field")
    return tree.Timechart(aggregations, options.get("span"), by[0] if by else None)


def _tstats(text: str, subsearch: Subparser) -> Stage:
    found = scan.clauses(text, "from", "where", "by")
    options, aggregations = _aggregations(
        found[""], "summariesonly", "allow_old_summaries", "prestats", "fillnull_value"
    )
    if truth(options.get("prestats", "f")):
        raise NotSupported("prestats=true")
    data_model = None
    if "from" in found:
        source, rest = options_and_words(found["from"], "datamodel")
        if rest or "datamodel" not in source:
            raise NotSupported(f"FROM {found['from']}")
        data_model = source["datamodel"]
    where = grammar.filter_of(found["where"], subsearch) if "where" in found else None
    span, by = options_and_words(found.get("by", ""), "span")
    if "span" in span and "_time" not in texts(by):
        raise SplError("span needs _time behind BY")
    summaries = truth(options.get("summariesonly", "f"))
    by_names, fillnull = no_wildcard(texts(by)), options.get("fillnull_value")
    return tree.Tstats(aggregations, data_model, where, by_names, span.get("span"), summaries, fillnull)


# expressions and filters


def _eval(text: str, _: Subparser) -> Stage:
    return tree.Eval(grammar.assignments(text))


def _where(text: str, _: Subparser) -> Stage:
    return tree.Where(grammar.expression(text))


def _search(text: str, subsearch: Subparser) -> Stage:
    return tree.Search(grammar.filter_of(text, subsearch))


# pipelines inside


def _only_subsearch(text: str, subsearch: Subparser) -> tree.Pipeline:
    items = grammar.words(text, subsearch)
    if len(items) != 1 or not isinstance(items[0], tree.Subsearch):
        raise NotSupported(f"anything beside one [subsearch]: {text}")
    return items[0].pipeline


def _append(text: str, subsearch: Subparser) -> Stage:
    return tree.Append(_only_subsearch(text, subsearch))


def _appendpipe(text: str, subsearch: Subparser) -> Stage:
    return tree.Appendpipe(_only_subsearch(text, subsearch))


# the others, in the order of the alphabet


def _bin(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "span")
    pairs = as_pairs(words)
    if len(pairs) != 1 or "span" not in options:
        raise NotSupported("anything but one field with span=")
    name, new = pairs[0]
    return tree.Bin(name, new or name, options["span"])


def _collect(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(
        text, "index", "source", "sourcetype", "marker", "testmode", "addtime", "output_format"
    )
    if words:
        raise NotSupported(f"arguments without a name: {', '.join(texts(words))}")
    if "index" not in options:
        raise SplError("it needs index=")
    return tree.Collect(options)


def _dedup(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "keepempty", "consecutive")
    if any(word.keyword == "sortby" for word in words):
        raise NotSupported("sortby")
    count = whole_number(words.pop(0).text) if words and words[0].text.isdecimal() else 1
    keepempty, consecutive = (truth(options.get(name, "f")) for name in ("keepempty", "consecutive"))
    return tree.Dedup(no_wildcard(at_least_one(texts(words))), count, keepempty, consecutive)


def _fields(text: str, _: Subparser) -> Stage:
    sign = re.match(r"[+-]", text)
    words = options_and_words(text[1:] if sign else text)[1]
    return tree.Fields(at_least_one(texts(words)), remove=sign is not None and sign[0] == "-")


def _fillnull(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "value")
    return tree.Fillnull(options.get("value", "0"), no_wildcard(texts(words)))


def _head(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "limit")
    if words and (options or len(words) > 1 or not words[0].text.isdecimal()):
        raise NotSupported(f"anything but a number: {text}")
    return tree.Head(whole_number(words[0].text if words else options.get("limit", "10")))


def _inputlookup(text: str, subsearch: Subparser) -> Stage:
    found = scan.clauses(text, "where")
    options, words = options_and_words(found[""], "append")
    where = grammar.filter_of(found["where"], subsearch) if "where" in found else None
    return tree.Inputlookup(only_one(words, "lookup"), truth(options.get("append", "f")), where)


def _iplocation(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "prefix")
    return tree.Iplocation(only_one(words, "field"), options.get("prefix", ""))


def _lookup(text: str, _: Subparser) -> Stage:
    found = scan.clauses(text, "output", "outputnew")
    words = options_and_words(found[""])[1]
    if not words:
        raise SplError("it needs the name of a lookup")
    if "output" in found and "outputnew" in found:
        raise SplError("OUTPUT and OUTPUTNEW stand together")
    inputs = same_name(as_pairs(words[1:]))
    if not inputs:
        raise SplError("it needs a field of the lookup")
    outputs = same_name(as_pairs(options_and_words(found.get("output", found.get("outputnew", "")))[1]))
    return tree.Lookup(words[0].text, inputs, outputs, overwrite="outputnew" not in found)


def _makemv(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "delim", "allowempty")
    return tree.Makemv(only_one(words, "field"), options.get("delim", " "), truth(options.get("allowempty", "f")))


def _makeresults(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "count")
    if words:
        raise NotSupported(f"arguments: {text}")
    return tree.Makeresults(whole_number(options.get("count", "1")))


def _mvexpand(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "limit")
    return tree.Mvexpand(only_one(words, "field"), whole_number(options.get("limit", "0")))


def _outputlookup(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "append", "key_field", "override_if_empty")
    append, override = (
        truth(options.get("append", "f")),
        truth(options.get("override_if_empty", "t")),
    )
    return tree.Outputlookup(only_one(words, "lookup"), append, options.get("key_field"), override)


def _rename(text: str, _: Subparser) -> Stage:
    pairs = []
    for old, new in as_pairs(options_and_words(text)[1]):
        if new is None:
            raise SplError(f"{old} has no AS and new name")
        if old.count("*") != new.count("*"):
            raise SplError(f"{old} and {new} differ in their wildcards")
        pairs.append((old, new))
    if not pairs:
        raise SplError("it needs a field")
    return tree.Rename(tuple(pairs))


def _rest(text: str, _: Subparser) -> Stage:
    items = grammar.words(text)
    options, words = sorted_out(items, *(item.name for item in items if isinstance(item, Option)))
    return tree.Rest(only_one(words, "path"), options)


def _return(text: str, _: Subparser) -> Stage:
    items = grammar.words(text)
    count = 1
    if items and isinstance(items[0], Word) and items[0].text.isdecimal():
        count = int(items[0].text)
        items = items[1:]
    found: list[tuple[str | None, str, bool]] = []
    for item in items:
        if isinstance(item, Option):
            found.append((item.name, item.value, False))
        elif isinstance(item, Word):
            found.append((None, item.text.removeprefix("$"), item.text.startswith("$")))
        else:
            raise NotSupported("a subsearch in this place")
    if not found:
        raise SplError("it needs a field")
    return tree.Return(count, tuple(found))


def _rex(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "field", "mode", "max_match")
    mode = options.get("mode")
    if mode not in (None, "sed"):
        raise NotSupported(f"mode={mode}")
    pattern = only_one(words, "pattern in quotes")
    return tree.Rex(pattern, options.get("field", "_raw"), mode, whole_number(options.get("max_match", "1")))


def _savedsearch(text: str, _: Subparser) -> Stage:
    return tree.Savedsearch(only_one(options_and_words(text)[1], "name"))


def _sort(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "limit")
    limit = options.get("limit", "10000")
    if words and words[0].text.isdecimal():
        limit = words.pop(0).text
    keys: list[tuple[bool, str, str]] = []
    sign = ""
    for word in words:
        if word.keyword in ("+", "-"):
            sign = word.text
            continue
        if word.keyword in ("d", "desc"):
            raise NotSupported("desc")
        first = "" if word.quoted else word.text[:1]
        sign, name = (first, word.text[1:]) if first in ("+", "-") and first else (sign, word.text)
        typed = re.fullmatch(r"(auto|num|str|ip)\((.+)\)", name)
        keys.append((sign == "-", typed[2] if typed else name, typed[1] if typed else "auto"))
        sign = ""
    if not keys:
        raise SplError("it needs a field")
    return tree.Sort(tuple(keys), whole_number(limit))


def _spath(text: str, _: Subparser) -> Stage:
    options, words = options_and_words(text, "input", "output", "path")
    if words or not {"output", "path"} <= set(options):
        raise NotSupported("spath without path= and output=, which reads only the first 5,000 letters")
    if odd := re.search(r"\{[^}]+\}|[^\w.{}-]", options["path"]):
        raise NotSupported(f"{odd[0]} in a path")
    return tree.Spath(options["path"], options["output"], options.get("input", "_raw"))


def _table(text: str, _: Subparser) -> Stage:
    return tree.Table(at_least_one(texts(options_and_words(text)[1])))


BUILDERS: dict[str, Builder] = {
    "addinfo": _nothing(tree.Addinfo()),
    "append": _append,
    "appendpipe": _appendpipe,
    "bin": _bin,
    "bucket": _bin,
    "collect": _collect,
    "dedup": _dedup,
    "eval": _eval,
    "eventstats": _eventstats,
    "fields": _fields,
    "fillnull": _fillnull,
    "format": _nothing(tree.Format()),
    "head": _head,
    "inputlookup": _inputlookup,
    "iplocation": _iplocation,
    "lookup": _lookup,
    "makemv": _makemv,
    "makeresults": _makeresults,
    "mvexpand": _mvexpand,
    "outputlookup": _outputlookup,
    "rename": _rename,
    "rest": _rest,
    "return": _return,
    "rex": _rex,
    "savedsearch": _savedsearch,
    "search": _search,
    "sort": _sort,
    "spath": _spath,
    "stats": _stats,
    "streamstats": _streamstats,
    "table": _table,
    "timechart": _timechart,
    "tstats": _tstats,
    "where": _where,
}
