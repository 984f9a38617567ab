"""Reading events: numbers, times, values of several kinds, dirty cells."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.errors import DataError
from models.features.hashing import code_of, coded
from models.features.spec import FeatureSpec, Field
from models.features.values import bucket_of, read_numbers, read_time, read_values, require_time, value_lists


def test_what_is_no_finite_number_is_missing() -> None:
    found = read_numbers(pl.DataFrame({"n": ["1", " 2.5 ", "1,234", "NaN", "inf", "", "1e400", "x", None]}), "n")
    assert found[:2].tolist() == [1.0, 2.5]
    assert np.isnan(found[2:]).all()


def test_times_may_be_epoch_or_iso() -> None:
    table = pl.DataFrame({"t": ["1642993260", "1642993260.25", "2022-01-24T03:01:00.000+00:00", "", "soon"]})
    found = read_time(table, "t")
    assert found[:3].tolist() == [1642993260.0, 1642993260.25, 1642993260.0]
    assert np.isnan(found[3:]).all()


@pytest.mark.parametrize(("column", "words"), [("t", "soon"), ("absent", "not in the data")])
def test_a_fit_refuses_what_is_no_time(column: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        require_time(pl.DataFrame({"t": ["1", "soon"]}), column)
    assert caught.value.field == column and caught.value.mend


def test_what_a_time_says_hangs_on_no_other() -> None:
    """Formats may be mixed, as where two sources are searched together."""
    wanted = {"2026-01-01T00:00:00Z": 1767225600.0, "2026-01-01 00:00:10": 1767225610.0, "2026-01-02": 1767312000.0}
    texts = ["", *wanted, "soon", "1767225600.5", *wanted]
    for order in (texts, texts[::-1]):
        found = read_time(pl.DataFrame({"t": order}), "t").tolist()
        assert {text: one for text, one in zip(order, found, strict=True) if text in wanted} == wanted
        assert np.isnan([found[order.index(text)] for text in ("", "soon")]).all()


@pytest.mark.parametrize("text", ["05/10/2026 07:10:39", "17-10-2026", "5/10/2026"])
def test_a_day_before_its_month_is_not_guessed(text: str) -> None:
    """Nobody can tell May from October; a fit says so, and what it is given beside stays as it is."""
    table = pl.DataFrame({"t": ["2026-10-05T07:10:39Z", text, "2026/10/05 07:10:39"]})
    found = read_time(table, "t")
    assert np.isnan(found[1]) and found[0] == found[2] == 1791184239.0
    with pytest.raises(DataError, match="1 of 3 times are neither epoch seconds nor ISO 8601") as caught:
        require_time(table, "t")
    assert text in str(caught.value) and "strptime" in caught.value.mend


@pytest.mark.parametrize("time", ["-1e300", "-62135596801", "4102444801", "1e300"])
def test_a_time_of_no_year_is_refused(time: str) -> None:
    with pytest.raises(DataError, match="times lie"):
        require_time(pl.DataFrame({"t": ["1", time]}), "t")
    require_time(pl.DataFrame({"t": ["-62135596800", "4102444800", ""]}), "t")


@pytest.mark.parametrize(
    ("plain", "encoded", "wanted"),
    [
        ("a\nb", "", ["a", "b"]),
        ("a\nb", "$a$;$b$", ["a", "b"]),
        ("x", "$cost $$5$;$y;z$", ["cost $5", "y;z"]),
        ("x", "$a$$;$$b$;$c$", ["a$;$b", "c"]),
        ("x", "$a$$$;$$$b$;$$$$$$", ["a$", "$b", "$$"]),
        ("single", "", ["single"]),
    ],
)
def test_multivalues_as_splunk_writes_them(plain: str, encoded: str, wanted: list[str]) -> None:
    table = pl.DataFrame({"f": [plain, "other"], "__mv_f": [encoded, ""]})
    assert value_lists(table, "f").to_list() == [wanted, ["other"]]


def test_a_value_counts_once_a_row() -> None:
    spec = FeatureSpec((Field("f", "multivalue"),))
    tokens = read_values(pl.DataFrame({"f": ["a\na\nb", "", "b"]}), spec).tokens["f"]
    assert tokens.rows.tolist() == [0, 0, 2]
    assert tokens.codes[1] == tokens.codes[2] != tokens.codes[0]


def test_values_may_stand_in_the_hidden_column_alone() -> None:
    table = pl.DataFrame({"f": ["a", "b"], "__mv_f": ["$a$;$c$", ""]})
    found = read_values(table, FeatureSpec((Field("f", "multivalue"),))).tokens["f"]
    assert found.rows.tolist() == [0, 0, 1] and len(set(found.codes.tolist())) == 3


def test_of_several_values_a_category_takes_the_first() -> None:
    spec = FeatureSpec((Field("f", "category"),))
    several, single = (read_values(pl.DataFrame({"f": [text, "z"]}), spec).tokens["f"] for text in ("a\nb", "a"))
    assert several.codes.tolist() == single.codes.tolist()


def test_codes_do_not_depend_on_the_table() -> None:
    alone, together = (coded(pl.DataFrame({"f": cells}))["f"].codes for cells in (["x"], ["y", "x", "", ""]))
    assert alone[0] == together[1] == code_of("x") and together[2] == together[3] == 0


def test_a_null_is_missing() -> None:
    spec = FeatureSpec((Field("f", "category"), Field("m", "multivalue"), Field("n", "number")), ("user",))
    cells = {"f": ["a", None], "m": ["a\nb", None], "n": ["1", None], "user": ["u", None]}
    values = read_values(pl.DataFrame(cells), spec)
    assert values.tokens["f"].rows.tolist() == [0] and values.tokens["m"].rows.tolist() == [0, 0]
    assert np.isnan(values.numbers["n"]).tolist() == [False, True]
    assert values.entities["user"][1] == 0 != values.entities["user"][0]


def test_a_field_may_have_any_name() -> None:
    names = ("^.*$", "*", "a\nb", "x;y", "0")
    table = pl.DataFrame({name: [name, "other", name] for name in names} | {f"__mv_{name}": [""] * 3 for name in names})
    values = read_values(table, FeatureSpec(tuple(Field(name, "category") for name in names), ("^.*$",)))
    for name in names:
        codes = values.tokens[name].codes
        assert codes[0] == codes[2] == code_of(name.partition("\n")[0]) != codes[1]


def test_the_hour_is_that_of_the_field_that_is_named() -> None:
    """Not of the time of the event, where another time is asked for."""
    table = pl.DataFrame({"_time": ["0", "3600"], "login": ["7200", "1970-01-01T05:00:00Z"]})
    for time in ("_time", "login", None):
        tokens = read_values(table, FeatureSpec((Field("login", "hour"),), (), time)).tokens["login"]
        assert [str(tokens.values.texts[int(at)]) for at in tokens.values.at] == ["02:00", "05:00"]


def test_absent_fields_are_missing_everywhere() -> None:
    spec = FeatureSpec((Field("a", "category"), Field("n", "number"), Field("_time", "hour")), ("user",), "_time")
    values = read_values(pl.DataFrame({"other": ["1", "2"]}), spec)
    assert len(values.tokens["a"].rows) == len(values.tokens["_time"].rows) == 0
    assert np.isnan(values.numbers["n"]).all() and values.entities["user"].tolist() == [0, 0]


def test_slices_hold_the_same_rows() -> None:
    spec = FeatureSpec((Field("f", "multivalue"), Field("n", "number")))
    table = pl.DataFrame({"f": ["a", "a\nb", "c", "d\ne"], "n": ["1", "2", "3", "4"]})
    part, direct = read_values(table, spec).slice(1, 3), read_values(table[1:3], spec)
    assert part.tokens["f"].rows.tolist() == direct.tokens["f"].rows.tolist()
    assert part.tokens["f"].codes.tolist() == direct.tokens["f"].codes.tolist()
    assert part.numbers["n"].tolist() == [2.0, 3.0]


def test_buckets_are_eight_to_the_octave_and_signed() -> None:
    numbers = np.array([0.0, 1.0, 3.0, 7.0, -7.0, 1e300])
    assert bucket_of(numbers).tolist()[:5] == [0, 8, 16, 24, -24]
    assert abs(bucket_of(numbers)[5]) < 1 << 15, "the largest float fits the bucket code"
