"""The text of a search as a pipeline: macros expanded, comments gone, cut into stages, each stage read."""

from __future__ import annotations

import re
from functools import lru_cache

from tests.splunkd.spl import scan
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.grammar import Subparser, filter_of
from tests.splunkd.spl.macros import expanded
from tests.splunkd.spl.stages import build
from tests.splunkd.spl.tree import Filter, Pipeline, Stage
from tests.splunkd.spl.world import World

_COMMAND = re.compile(r"\s*([A-Za-z_]\w*)\s*(.*)", re.DOTALL)


def parse(text: str, world: World) -> Pipeline:
    """The pipeline of a whole search."""
    return parse_expanded(expanded(text, world))


@lru_cache(1024)
def parse_expanded(text: str) -> Pipeline:
    """The pipeline of a search without macros. Without a leading pipe it begins with search, said or not."""
    text = scan.without_comments(text).strip()
    if not text:
        raise SplError("the search is empty")
    if not text.startswith("|") and not re.match(r"search(?=[\s(\"\[|]|$)", text):
        text = f"search {text}"
    return _pipeline(text)


def parse_filter(text: str) -> Filter:
    """A filter that came as text, from a subsearch."""
    return filter_of(*_subparsed(text))


def _pipeline(text: str) -> Pipeline:
    """What stands between brackets, or a whole search: it begins with a command; a leading pipe may be there."""
    cut = scan.stages(text.strip().removeprefix("|"))
    return Pipeline(tuple(_stage(stage) for stage in cut))


def _stage(text: str) -> Stage:
    found = _COMMAND.fullmatch(text)
    if not found:
        raise SplError(f"a command is missing: | {text.strip()}" if text.strip() else "a command is missing after |")
    outer, subparser = _subparsed(found[2].strip())
    return build(found[1].lower(), outer, subparser)


def _subparsed(text: str) -> tuple[str, Subparser]:
    outer, inside = scan.subsearches(text)
    return outer, lambda number: _pipeline(inside[number])
