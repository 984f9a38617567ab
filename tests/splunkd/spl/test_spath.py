"""spath: values at a path of a text in JSON, as the Search Reference says."""

from __future__ import annotations

import re

import polars as pl
import pytest

from tests.splunkd.spl.errors import NotSupported
from tests.splunkd.spl.parse import parse_expanded
from tests.splunkd.spl.run import run
from tests.splunkd.spl.small_world import SmallWorld, running


def at(path: str, *texts: str | None) -> list[object]:
    """What spath finds in each text."""
    events = pl.DataFrame({"_time": [float(-n) for n in range(len(texts))], "_raw": list(texts), "index": "x"})
    table = run(f"search index=x | spath path={path} output=found", running(SmallWorld({"x": events}), earliest_s=-9e9))
    return table["found"].to_list()


def test_a_path_of_names() -> None:
    assert at("a.b", '{"a": {"b": "x"}}', '{"a": {"c": 1}}', '{"a": "b"}', "{}") == ["x", None, None, None]
    assert at("a", '{"a": 1.50}', '{"a": true}', '{"a": ""}', '{"a": "é\\n"}') == ["1.5", "true", "", "é\n"]


def test_null_is_the_text_null() -> None:
    assert at("a", '{"a": null}') == ["null"]


def test_an_object_is_its_text() -> None:
    (found,) = at("a", '{"a": {"b": [1, "x"]}}')
    assert found == '{"b":[1,"x"]}'


def test_every_element_of_an_array() -> None:
    assert at("a{}.b", '{"a": [{"b": 1}, {"c": 2}, {"b": "x"}]}') == [["1", "x"]]
    assert at("a{}", '{"a": ["p", "q"]}', '{"a": []}', '{"a": {"b": 1}}') == [["p", "q"], None, None]
    # The example commits{}.author.name of the manual.
    assert at("commits{}.author.name", '{"commits": [{"author": {"name": "A"}}]}') == ["A"]


def test_what_is_no_json_has_no_values() -> None:
    assert at("a", '{"a": 1', "<Event><a>1</a></Event>", "", None, "a") == [None] * 5
    assert at("a", '["a"]') == [None]


def test_another_input() -> None:
    table = run('| makeresults | eval t="{\\"a\\": 5}" | spath input=t path=a output=b', running())
    assert table["b"].to_list() == ["5"]
    assert "b" not in run("| makeresults | spath input=missing path=a output=b", running()).columns


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("| spath", "5,000"),
        ("| spath path=a", "5,000"),
        ("| spath a", "5,000"),
        ("| spath output=b", "5,000"),
        ("| spath path=a{0} output=b", "{0}"),
        ("| spath path=a{@b} output=b", "{@b}"),
    ],
)
def test_what_is_not_used_is_not_supported(text: str, named: str) -> None:
    with pytest.raises(NotSupported, match=re.escape(named)):
        parse_expanded(text)


def test_an_output_that_is_there_already_is_not_supported() -> None:
    with pytest.raises(NotSupported, match="output=t"):
        run('| makeresults | eval t="{}" | spath input=t path=a output=t', running())
