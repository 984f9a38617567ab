"""Whatever stands in a value never changes a search: not its stages, not what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.splunkd.spl import scan
from tests.splunkd.spl.commands.format import quoted
from tests.splunkd.spl.parse import parse, parse_expanded
from tests.splunkd.spl.run import run
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.tree import Binary, Compare, Eval, FieldRef, Literal, Search, Where
from tests.splunkd.spl.world import LookupTable

PIECES = [
    '"', "\\", "`", "```", "|", "[", "]", "(", ")", "$", "$a$", "*", "%", "=", "'", ",", " ", "\n", "x", "1",
    "OR", "NOT", "\\n", "\\t", "1e5", "nan", "`macro`", "index=*",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
TRICKY = [
    '" | delete | eval a="', "\\", '\\"', "``` x", "`macro(1)`", "a]b[c", "\x00[0]\x00", "[0]", "1e400", "İ", "Σς",
]  # fmt: skip
Test = TypeVar("Test", bound=Callable[..., None])


def with_examples(test: Test) -> Test:
    """The texts that have broken such readers before, beside the generated ones."""
    for text in TRICKY:
        test = example(text)(test)
    return settings(max_examples=150, deadline=None)(test)


@with_examples
@given(TEXTS)
def test_a_quoted_text_is_one_literal(text: str) -> None:
    search = f'index=a f={quoted(text)} | eval g={quoted(text)} | where f={quoted(text)} AND g!="" | head 3'
    found = parse(search, SmallWorld()).stages
    assert len(found) == 4 == len(scan.stages(search))
    first, second, third, _ = found
    assert isinstance(first, Search) and Compare("f", "=", text) in first.filter.parts  # type: ignore[union-attr]
    assert second == Eval((("g", Literal(text)),))
    assert isinstance(third, Where) and isinstance(third.condition, Binary)
    assert third.condition.left == Binary("=", FieldRef("f"), Literal(text))


@with_examples
@given(TEXTS)
def test_a_value_equals_itself_and_only_itself(text: str) -> None:
    # A letter before it keeps a number from being equal to another way of writing it.
    other = pl.DataFrame({"f": ["v" + text, "w" + text, text], "id": ["0", "1", "2"]})
    world = SmallWorld(lookups={"t": LookupTable(other)})
    table = run(f"| inputlookup t | where f={quoted('v' + text)}", running(world))
    assert table["id"].to_list() == ["0"]
    assert "2" in run(f"| inputlookup t | where f={quoted(text)}", running(world))["id"].to_list()
    assert "2" in run(f"| inputlookup t | search f={quoted(text)}", running(world))["id"].to_list()
    assert run(f"| inputlookup t | eval g={quoted(text)}, h=g.f", running(world))["h"].to_list() == [
        text + value for value in other["f"]
    ]


@with_examples
@given(TEXTS.filter(lambda text: "*" not in text))
def test_a_value_comes_through_a_subsearch(text: str) -> None:
    rows = pl.DataFrame({"f": ["v" + text, "w" + text], "id": ["0", "1"]})
    world = SmallWorld(lookups={"t": LookupTable(rows)})
    for closing in ("fields f", "return f", "fields f | format"):
        found = run(f"| inputlookup t | search [| inputlookup t | head 1 | {closing}]", running(world))
        assert found["id"].to_list() == ["0"]


def test_stages_are_read_once() -> None:
    assert parse_expanded("| head 5") is parse_expanded("| head 5")
