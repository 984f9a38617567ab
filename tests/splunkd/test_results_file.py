"""Results on their way to a process and back: nothing is lost but the difference between empty and absent."""

import gzip
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.splunkd import results_file
from tests.splunkd.search import Table

ROWS = pl.DataFrame(
    {"_time": [1767225600.25, None], "user": ["ann", None], "several": [["a$b", "c"], ["one"]], "n": [5.0, 0.5]}
)


def test_multivalue_fields_stand_twice() -> None:
    assert results_file.to_table(ROWS) == Table(
        ["_time", "user", "several", "__mv_several", "n"],
        [["1767225600.25", "ann", "a$b\nc", "$a$$b$;$c$", "5"], ["", "", "one", "", "0.5"]],
    )


def test_what_comes_back_is_text_but_for_the_time() -> None:
    found = results_file.from_table(results_file.to_table(ROWS))
    assert found.to_dict(as_series=False) == {
        "_time": [1767225600.25, None],
        "user": ["ann", None],
        "several": [["a$b", "c"], ["one"]],
        "n": ["5", "0.5"],
    }
    assert results_file.from_table(Table([], [])).shape == (0, 0)
    assert results_file.from_table(Table(["a", "_time"], [])).schema == {"a": pl.String, "_time": pl.Float64}


@given(st.lists(st.text(min_size=1), min_size=2))
def test_several_values_come_back(values: list[str]) -> None:
    rows = pl.DataFrame({"several": [values]})
    assert results_file.from_table(results_file.to_table(rows))["several"].to_list() == [values]


def test_chunks_and_the_file(tmp_path: Path) -> None:
    assert [len(chunk.rows) for chunk in results_file.chunks(pl.DataFrame({"a": range(5)}), 2)] == [2, 2, 1]
    assert list(results_file.chunks(pl.DataFrame(), 2)) == []
    results_file.write(pl.DataFrame({"a": ['x"y', None]}), tmp_path / "results.csv.gz")
    assert gzip.decompress((tmp_path / "results.csv.gz").read_bytes()) == b'a\n"x""y"\n""\n'
