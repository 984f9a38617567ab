"""Macros by number of arguments, doubled dollar signs, and tokens whose values are never looked into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.splunkd import knowledge
from tests.splunkd.spl.errors import NotSupported, SplError

CONF = {
    "m": {"definition": "index=a"},
    "m(2)": {"args": "x, y", "definition": "$x$=$y$"},
    "wrong(1)": {"args": "x, y", "definition": ""},
    "odd": {"definition": "", "color": "red"},
}


def test_a_macro_is_found_by_its_number_of_arguments() -> None:
    assert knowledge.macro(CONF, "m", 0).definition == "index=a"
    assert knowledge.macro(CONF, "m", 2).args == ("x", "y")
    with pytest.raises(SplError, match="macro 'm' that cannot be found"):
        knowledge.macro(CONF, "m", 1)


def test_a_stanza_that_is_wrong() -> None:
    with pytest.raises(SplError, match="names 2 arguments"):
        knowledge.macro(CONF, "wrong", 1)
    with pytest.raises(NotSupported, match="color"):
        knowledge.macro(CONF, "odd", 0)


@pytest.mark.parametrize("text", ['user="*$"', "a $user$ b", "$$$"])
def test_a_single_dollar_sign_in_a_scheduled_search_is_an_error(text: str) -> None:
    with pytest.raises(SplError, match="not doubled"):
        knowledge.scheduled(text)


def test_tokens() -> None:
    row: knowledge.Row = {"user": "ann", "risk": ["a", "b"]}
    assert knowledge.filled("$user$ $result.user$ $risk$ $absent$ 5$", row) == "ann ann a, b $absent$ 5$"


@given(st.text(), st.text())
def test_a_value_is_only_a_value(one: str, other: str) -> None:
    row = {"one": one, "other": other}
    assert knowledge.filled("<$one$|$other$>", row) == f"<{one}|{other}>"


@given(st.text())
def test_a_quoted_token_stays_inside_its_quotes(value: str) -> None:
    found = knowledge.filled("x=$v|s$", {"v": value})
    inside = found.removeprefix('x="').removesuffix('"')
    assert inside.replace("\\\\", "").replace('\\"', "").count('"') == 0
    assert inside.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\") == value.replace("\0", "\\")
