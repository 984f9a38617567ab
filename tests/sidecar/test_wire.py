"""CSV and JSON bodies: what becomes of every kind of cell, and what is refused."""

import gzip
import json
import zlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.errors import CallerError
from sidecar.wire import Limits, read_carry, read_csv, read_json, write_csv, write_reply

SMALL = Limits(body_bytes=200, rows=3, columns=3, field_bytes=10)


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        (b"a,b\n1,2\n", {"a": ["1"], "b": ["2"]}),
        (b"a,b\r\n1,2\r\n", {"a": ["1"], "b": ["2"]}),
        (b"\xef\xbb\xbfa,b\n1,2", {"a": ["1"], "b": ["2"]}),
        (b"a,b\n", {"a": [], "b": []}),
        (b"a,b\n,\n", {"a": [""], "b": [""]}),
        (b'a\n""\nx\n', {"a": ["", "x"]}),
        (b"a,b\n1\n", {"a": ["1"], "b": [""]}),
        (b'a,b,c\n1\n"x",2\n\n3', {"a": ["1", "x", "", "3"], "b": ["", "2", "", ""], "c": [""] * 4}),
        (b'a,b\n"x\ny","q""z"\n', {"a": ["x\ny"], "b": ['q"z']}),
        (b'"a","b,c"\n1,2\n', {"a": ["1"], "b,c": ["2"]}),
        (b"a,a,b\n1,2,3\n", {"a": ["1"], "b": ["3"]}),
        (b"a,,b\n1,2,3\n", {"a": ["1"], "b": ["3"]}),
        (b"a,b\n\xff\xfe,\x00z\n", {"a": ["\ufffd\ufffd"], "b": ["\x00z"]}),
        (b"a,b\n#1,NULL\n", {"a": ["#1"], "b": ["NULL"]}),
        (b"a,b\n 1 ,007\n", {"a": [" 1 "], "b": ["007"]}),
        (b"_time,__mv_ips\n1,$a$;$b$$c$\n", {"_time": ["1"], "__mv_ips": ["$a$;$b$$c$"]}),
        ("ü,b\nß,日本\n".encode(), {"ü": ["ß"], "b": ["日本"]}),
    ],
)
def test_cells_are_text_exactly_as_written(body: bytes, columns: dict[str, list[str]]) -> None:
    table = read_csv(body, Limits())
    assert table.to_dict(as_series=False) == columns
    assert set(table.dtypes) <= {pl.String}


CELL = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_whatever_a_csv_writer_quotes_is_read_back(rows: list[tuple[str, str]]) -> None:
    quoted = ["a,b", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    assert read_csv("\n".join(quoted).encode() + b"\n", Limits()).rows() == rows


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_body"),
        (b"\n", "bad_body"),
        (b",\n1,2\n", "bad_body"),
        (b"a,b\n1,2,3\n", "bad_body"),
        (b'a,b\n"x,2\n3,4\n', "bad_body"),
        (b'a,b\n1,"2"x\n3,4\n', "bad_body"),
        (b"a\n1\n2\n3\n4\n", "too_large"),
        (b"a\n1\n2\n3\n4", "too_large"),
        (gzip.compress(b"a\n1\n", mtime=0), "bad_type"),
        (zlib.compress(b"a\n1\n"), "bad_type"),
        (b"\x1f\x8b\x08a\n1\n", "bad_type"),
        (b"\x28\xb5\x2f\xfda\n1\n", "bad_type"),
        (b"a,b,c,d\n1,2,3,4\n", "too_large"),
        (b"a\n12345678901\n", "too_large"),
        (b"a\n" + b"1234567890\n" * 30, "too_large"),
    ],
)
def test_what_is_refused_says_so_without_quoting_the_body(body: bytes, code: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_csv(body, SMALL)
    assert caught.value.code == code
    assert caught.value.field and caught.value.mend
    assert "12345678901" not in str(caught.value)


def test_the_limits_are_the_last_value_that_passes() -> None:
    assert read_csv(b"a,b,c\n1234567890,2,3\n,,\n,,\n", SMALL).shape == (3, 3)
    assert read_csv(b'a\n1\n"\n\n"\n3', SMALL).shape == (3, 1)


def test_a_name_like_the_beginning_of_a_packed_file_is_a_name() -> None:
    assert read_csv(b"x^2,b\n1,2\n", SMALL).rows(named=True) == [{"x^2": "1", "b": "2"}]


def test_a_cell_too_large_names_its_field() -> None:
    with pytest.raises(CallerError) as caught:
        read_csv(b"a,raw\n1,12345678901\n", SMALL)
    assert caught.value.field == "raw"


def test_json_columns_become_the_same_table() -> None:
    body = json.dumps({"columns": {"a": ["x", None, 1.5], "b": [True, ["p", "q"], 10**20]}}).encode()
    assert read_json(body, Limits()).to_dict(as_series=False) == {
        "a": ["x", "", "1.5"],
        "b": ["true", "p\nq", "100000000000000000000"],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b"{}",
        b'{"columns": [1]}',
        b'{"columns": {}}',
        b'{"columns": {"": ["1"]}}',
        b'{"columns": {"a": 1}}',
        b'{"columns": {"a": [1], "b": []}}',
        b'{"columns": {"a": [{"x": 1}]}}',
        b"\xff",
        '{"columns": {"a": [1]}}'.encode("utf-16"),
        b"[" * 5000,
    ],
)
def test_json_that_is_no_table_is_refused(body: bytes) -> None:
    with pytest.raises(CallerError) as caught:
        read_json(body, Limits())
    assert caught.value.code == "bad_body"


def test_json_has_the_same_limits() -> None:
    with pytest.raises(CallerError, match="rows"):
        read_json(b'{"columns": {"a": [1, 2, 3, 4]}}', SMALL)
    with pytest.raises(CallerError, match="columns"):
        read_json(b'{"columns": {"a": [1], "b": [1], "c": [1], "d": [1]}}', SMALL)


def test_a_reply_numbers_its_rows_and_leaves_missing_cells_empty() -> None:
    table = pl.DataFrame({"ai_score": [0.1234567, None], "ai_reasons": ['a="b", c', ""], "ai_risk": [12, None]})
    expected = b'ordinal,ai_score,ai_reasons,ai_risk\n0,0.123457,"a=""b"", c",12\n1,,,\n'
    assert write_reply(table) == expected


def test_small_numbers_are_never_written_with_an_exponent() -> None:
    assert write_csv(pl.DataFrame()) == b"\n"
    assert write_csv(pl.DataFrame({"x": [1e-5, 123456789.0]})) == b"x\n0.000010\n123456789.000000\n"


def test_an_empty_table_keeps_its_header() -> None:
    assert write_reply(pl.DataFrame({"a": [], "b": []})) == b"ordinal,a,b\n"


def test_a_carry_is_small_and_base64() -> None:
    assert read_carry(None) == b""
    assert read_carry("AQI=") == b"\x01\x02"
    with pytest.raises(CallerError, match="not base64"):
        read_carry("no!")
    with pytest.raises(CallerError, match="4096"):
        read_carry("AAAA" * 1366)
