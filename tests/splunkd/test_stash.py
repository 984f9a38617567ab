"""Stash events: their text, and that a value comes back as it was and as nothing else."""

import time
from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.splunkd import stash
from tests.splunkd.spl.errors import SplError

HOSTILE = 'x"] | delete [search *] $user$ `m` a="b", user="root", \\ \\" \n=, ü'


def text_of(row: Mapping[str, object], internal: bool = False) -> str:
    rows = pl.DataFrame([row], infer_schema_length=None)
    return str(stash.written(rows, pl.Series([1767225600.0]), {"search_name": "A - Rule"}, internal=internal)[0])


def read_back(row: Mapping[str, object]) -> dict[str, object]:
    found = stash.read(pl.Series([text_of(row)])).to_dicts()[0]
    return {name: value for name, value in found.items() if name != "search_name"}


def test_the_text() -> None:
    assert (
        text_of({"user": "ann", "score": 0.5, "n": 3.0, "note": 'say "a\\b"', "none": "", "several": ["p", "q"]})
        == '1767225600, search_name="A - Rule", n="3", note="say \\"a\\\\b\\"", score="0.5", several="p", several="q", '
        'user="ann"'
    )


def test_fields_of_the_row_that_belong_to_every_event_are_called_orig() -> None:
    row = {"host": "h", "source": "s", "index": "i", "orig_host": "before", "_cd": "1:2", "date_hour": "3", "sid": "9"}
    assert text_of(row) == '1767225600, search_name="A - Rule", orig_host="h", orig_index="i", orig_source="s"'
    assert 'orig_cd="1:2"' in text_of(row, internal=True)


@pytest.mark.parametrize("name", ["first seen", "a=b", 'a"b', "a,b"])
def test_a_name_that_would_not_be_read_back_is_an_error(name: str) -> None:
    with pytest.raises(SplError, match="cannot be kept"):
        text_of({name: "x"})


@given(st.text(), st.text())
@example(HOSTILE, "x")
@example("\\", "\\\\")
@example('"', '\\"')
@example(" a ", "\n")
@example("a,b=c", ", user=")
def test_a_value_comes_back_as_it_was_and_as_no_other_field(one: str, other: str) -> None:
    written = {"one": one, "other": other}
    # An empty value is not written: the field is absent afterwards.
    assert read_back(written) == {name: value for name, value in written.items() if value}


@given(st.lists(st.text(min_size=1), min_size=2))
def test_several_values_come_back_in_their_order(values: list[str]) -> None:
    assert read_back({"several": values}) == {"several": values}


def test_joined_several_values_are_one_afterwards() -> None:
    rows = pl.DataFrame({"several": [["p", "q"], ["r"], None]})
    found = stash.written(rows, pl.Series([1.0, 2.0, 3.0]), {}, several="joined")
    assert stash.read(found)["several"].to_list() == ["p\nq", "r", None]


def test_bare_pairs_are_read_too() -> None:
    raw = '08/15/2012 10:00:00, search_name="s", info_min_time=1345042800.000, count=17, user=mary'
    found = stash.read(pl.Series([raw])).to_dicts()[0]
    assert found == {"search_name": "s", "info_min_time": "1345042800.000", "count": "17", "user": "mary"}


def test_many_events_are_read_in_little_time() -> None:
    rows = pl.DataFrame({f"f{number}": ["some value"] * 50_000 for number in range(10)})
    raws = stash.written(rows, pl.Series([1.0] * rows.height), {"search_name": "s"})
    begun = time.perf_counter()
    assert stash.read(raws).shape == (50_000, 11)
    # It took 0.7 s on two cores; work that grows with the square of the rows would take minutes.
    assert time.perf_counter() - begun < 10
