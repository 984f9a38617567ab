"""Rows pass through byte for byte, whatever is in them."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from sidecar import records

CELL = st.text(st.sampled_from(list('a,"\n\r ü')), max_size=6)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=6)


def written(rows: list[list[str]], end: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_new_cells_land_after_the_right_record(rows: list[list[str]], end: str) -> None:
    body = written([["a", "b"], *rows], end)
    found = records.split(body)
    assert b"".join(found) == body
    cells = [b"n\n", *(str(number).encode() for number in range(len(rows)))]
    wide = records.widened(found, cells)
    back = list(csv.reader(io.StringIO(wide.decode(), newline="")))
    assert back == [["a", "b", "n"], *([*row, str(number)] for number, row in enumerate(rows))]
    assert all(record.endswith(end.encode()) for record in records.split(wide))


def test_bytes_that_are_no_text_stay() -> None:
    assert records.split(b"a,b\n\xff\x00,2") == [b"a,b\n", b"\xff\x00,2"]


def test_columns_can_be_taken_out_without_touching_the_others_values() -> None:
    body = b'ai_score,a,ai_note\n0.5,"x\n\xff""y",old\n,2,\n'
    assert records.without(body, ["ai_score", "ai_note"]) == b'a\n"x\n\xff""y"\n2\n'


def test_a_body_that_ends_inside_a_quote_keeps_its_bytes() -> None:
    assert records.split(b'a\n"x\ny') == [b"a\n", b'"x\ny']


def test_a_short_record_is_filled_up_so_that_new_cells_stand_under_their_names() -> None:
    lines = records.split(b'a,b,c\n1\n"x,y",2\n\n1,2,3\n')
    assert records.widened(lines, [b"n\n", *[b"7\n"] * 4]) == b'a,b,c,n\n1,,,7\n"x,y",2,,7\n,,,7\n1,2,3,7\n'
