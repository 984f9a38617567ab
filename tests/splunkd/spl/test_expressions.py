"""eval and where against the examples with results in Splunk's Search Reference.

Pages under https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/: ConditionalFunctions,
ConversionFunctions, DateandTimeFunctions, Eval, InformationalFunctions, MathematicalFunctions,
MultivalueEvalFunctions, StatisticalFunctions, TextFunctions, Where. A manual's name before a row says where it is from.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.expressions import condition, evaluate
from tests.splunkd.spl.grammar import expression
from tests.splunkd.spl.small_world import running

ROW = pl.DataFrame(
    {
        "five": ["5"],
        "six": ["6"],
        "n": [7.0],
        "word": ["foo"],
        "none": pl.Series([None], dtype=pl.String),
        "empty": [""],
        "date": ["1/14/2023"],
        "many": [["b", "a", "c", "a"]],
        "numbers": [["10", "9", "70", "100"]],
        "a b": ["spaced"],
        "email": [["x@y.com", "x@y.net", "x@y.org"]],
    }
)


def value(text: str, table: pl.DataFrame = ROW) -> Any:
    return evaluate(expression(text), table, running(now_s=1_790_000_000.5)).to_list()[0]


TYPING: list[tuple[str, object]] = [
    # Eval: + adds numbers and joins texts; . joins whatever it is given.
    ("five + six", 11),
    ('word + "bar"', "foobar"),
    ("word + n", None),
    ("five . six", "56"),
    ("n . word", "7foo"),
    ("five - 1", 4),
    ("five * six / 3", 10),
    ("n % 4", 3),
    ("-five", -5),
    ("2 + 3 * 4", 14),
    ("(2 + 3) * 4", 20),
    ("'a b'", "spaced"),
    # A field that is absent makes the result absent.
    ("none + 1", None),
    ("none . word", None),
    ("missing", None),
    # Eval: division by zero gives no value.
    ("1 / 0", None),
    ("word * 2", None),
    # Numbers are printed without decimals that they do not have.
    ('7.50 . ""', "7.5"),
    ('100000 * 100000 . ""', "10000000000"),
    ('(0.1 + 0.2) . ""', "0.3"),
]

CONDITIONS = [
    ("five = 5", True),
    ('five = "5"', True),
    ('five = "05"', True),
    ("five < 10", True),
    # Texts are compared letter by letter, and capital letters are other letters.
    ('word = "FOO"', False),
    ('word < "goo"', True),
    ('"10" < "9a"', True),
    ("five != six", True),
    # Where: a field is compared with a field.
    ("five < six", True),
    ("none = none", None),
    ("none != 5", None),
    ("NOT five = 6", True),
    ("none = 5 OR five = 5", True),
    ("none = 5 AND five = 6", False),
    ("five = 5 XOR six = 6", False),
    # Search Manual, Booleanexpressions: in where, AND comes before OR.
    ("five=5 OR five=5 AND six=0", True),
    ('word LIKE "f%"', True),
    ('word like "_o_"', True),
    ('word like "o"', False),
    ('word IN ("bar", "foo")', True),
    ("five in (1, 2)", False),
    # A field of several values equals what one of them equals.
    ('many = "c"', True),
    ('many = "z"', False),
    ('many IN ("z", "a")', True),
]

FUNCTIONS: list[tuple[str, object]] = [
    # ConditionalFunctions
    ('case(five=404, "Not found", five=500, "Error", five=5, "OK")', "OK"),
    ("case(five=404, 1)", None),
    ("coalesce(none, missing, word)", "foo"),
    ("coalesce(empty, word)", ""),
    ('if(five=5, "OK", "Error")', "OK"),
    ('if(none=5, "OK", "Error")', "Error"),
    ("if(five=5, many, word)", ["b", "a", "c", "a"]),
    ('if(in(five, "404", "5"), 1, 0)', 1),
    ('if(like(word, "fo%"), 1, 0)', 1),
    (r'if(match(word, "^f\w+$"), 1, 0)', 1),
    ("nullif(five, 5)", None),
    ("nullif(five, six)", "5"),
    ('validate(isnum(word), "ERROR: no number", five>=1, "ERROR: too small")', "ERROR: no number"),
    ('validate(five>=1 AND five<=10, "ERROR: out of range")', None),
    # InformationalFunctions: this example's result is given there.
    ('typeof(12) + typeof("string") + typeof(1==2) + typeof(badfield)', "NumberStringBoolInvalid"),
    ('if(isnum(five) AND NOT isnum(word), "y", "n")', "y"),
    ('if(isstr(word) AND NOT isstr(five), "y", "n")', "y"),
    ('if(isnull(none) AND isnotnull(empty), "y", "n")', "y"),
    # MathematicalFunctions
    ("abs(-4)", 4),
    ("ceiling(1.9)", 2),
    ("floor(1.9)", 1),
    ("round(3.5)", 4),
    ("round(2.555, 2)", 2.56),
    ("round(-2.5)", -3),
    ("sqrt(9)", 3),
    ("pow(2, 10)", 1024),
    ("log(100)", 2),
    ("log(8, 2)", 3),
    ("ln(exp(3))", 3),
    ("exact(3.14 * 2)", 6.28),
    ("sqrt(-1)", None),
    # StatisticalFunctions: texts are larger than numbers.
    ('max(1, 3, 6, 7, "foo")', "foo"),
    ('min(1, 3, 6, 7, "foo")', "1"),
    ("max(five, n, none)", 7),
    # TextFunctions
    ("len(word)", 3),
    ('lower("USERNAME")', "username"),
    ("upper(word)", "FOO"),
    ('ltrim("  ZZZZabcZZ ", " Z")', "abcZZ "),
    ('rtrim("  ZZZZabcZZ ", " Z")', "  ZZZZabc"),
    ('trim("  ZZZZabcZZ ", " Z")', "abc"),
    ('trim("  x ")', "x"),
    (r'replace(date, "^(\d{1,2})/(\d{1,2})/", "\2/\1/")', "14/1/2023"),
    ('substr("string", 1, 3) + substr("string", -3)', "string"),
    ('substr("string", 3)', "ring"),
    ('urldecode("http%3A%2F%2Fwww.splunk.com%2Fdownload%3Fr%3Dheader")', "http://www.splunk.com/download?r=header"),
    # RFC 1321
    ('md5("abc")', "900150983cd24fb0d6963f7d28e17f72"),
    # ConversionFunctions
    ('tonumber("0A4", 16)', 164),
    ("tonumber(word)", None),
    ("tonumber(five) + 1", 6),
    (
        'tostring(1==1) + " " + tostring(15, "hex") + " " + tostring(12345.6789, "commas")',
        "True 0xF 12,345.68",
    ),
    ('tostring(615, "duration")', "00:10:15"),
    ("tostring(7.0)", "7"),
    # DateandTimeFunctions, with the searcher in UTC; 1790000000 is a Monday, 2026-09-21 14:13:20.
    ("now()", 1_790_000_000),
    ('strftime(1790000000.25, "%Y-%m-%dT%H:%M:%S.%3N %z %a")', "2026-09-21T14:13:20.250 +0000 Mon"),
    ('strptime("2026-09-21 14:13:20", "%Y-%m-%d %H:%M:%S")', 1_790_000_000),
    ('strptime("2026-09-21T16:13:20.5+0200", "%Y-%m-%dT%H:%M:%S.%3N%z")', 1_790_000_000.5),
    ('strptime("nonsense", "%Y")', None),
    ('strftime(relative_time(now(), "-1d@d"), "%F %T")', "2026-09-20 00:00:00"),
    ('strftime(relative_time(now(), "@w1+2h"), "%F %T")', "2026-09-21 02:00:00"),
    # MultivalueEvalFunctions
    ('mvappend("x", none, many, 5)', ["x", "b", "a", "c", "a", "5"]),
    ("mvappend(none, missing)", None),
    ("mvcount(many)", 4),
    ("mvcount(word)", 1),
    ("mvcount(none)", None),
    ("mvdedup(many)", ["b", "a", "c"]),
    (r'mvfilter(match(email, "\.net$") OR match(email, "\.org$"))', ["x@y.net", "x@y.org"]),
    ('mvfilter(email="z")', None),
    ('mvfind(email, "net")', 1),
    ('mvfind(email, "nothing")', None),
    ("mvindex(many, 0)", "b"),
    ("mvindex(many, -1)", "a"),
    ("mvindex(many, 1, 2)", ["a", "c"]),
    ("mvindex(many, -2, -1)", ["c", "a"]),
    ("mvindex(many, 9)", None),
    ("mvindex(many, 2, 1)", None),
    ('mvjoin(many, ";")', "b;a;c;a"),
    ('mvjoin(word, ";")', "foo"),
    # Its example of lexicographical order: 10, 9, 70, 100 become 10, 100, 70, 9.
    ("mvsort(numbers)", ["10", "100", "70", "9"]),
    ("mvmap(missing, missing.1)", None),
    ('if(in(word, "a") OR -five=-5, mvfilter(in(many, "a", "b")), 0)', ["b", "a", "a"]),
    ("mvfilter(NOT many=-5)", ["b", "a", "c", "a"]),
    ('tonumber("xyz", 16)', None),
    ('tostring(90061, "duration")', "1+01:01:01"),
    ("tostring(if(1=1, 1=2, 2=2))", "False"),
    ("mvmap(numbers, numbers*10)", ["100", "90", "700", "1000"]),
    ('mvmap(many, if(many="a", null(), many.word))', ["bfoo", "cfoo"]),
    ("mvzip(email, many)", ["x@y.com,b", "x@y.net,a", "x@y.org,c"]),
    ('mvzip(word, many, "|")', "foo|b"),
    ('split("a;b;c", ";")', ["a", "b", "c"]),
    ('split("abc", "")', ["a", "b", "c"]),
    ('mvindex(split("a,b", ","), 1) . "!"', "b!"),
]


@pytest.mark.parametrize(("text", "expected"), TYPING + FUNCTIONS)
def test_what_an_expression_gives(text: str, expected: object) -> None:
    wanted = pytest.approx(expected) if isinstance(expected, float | int) else expected
    assert value(text) == wanted
    # The same where another row has nothing; and nothing in a table without rows.
    nothing = pl.DataFrame({name: [None] for name in ROW.columns}, schema=ROW.schema)
    assert value(text, pl.concat([ROW, nothing])) == wanted
    assert evaluate(expression(text), ROW.clear(), running()).len() == 0


@pytest.mark.parametrize(("text", "expected"), CONDITIONS)
def test_what_is_true(text: str, expected: bool | None) -> None:
    assert value(text) is expected
    assert condition(expression(text), ROW, running()).to_list() == [bool(expected)]


def test_rows_are_seen_apart() -> None:
    table = pl.DataFrame({"a": ["5", "x", None, "10"], "b": [5.0, 5.0, 5.0, None], "m": [["p", "q"], None, [], ["q"]]})
    search = running()

    def column(text: str) -> list[Any]:
        return evaluate(expression(text), table, search).to_list()

    assert column("a = b") == [True, False, None, None]
    assert column("a + b") == [10.0, None, None, None]
    assert column('if(isnum(a), a * 2, "no")') == ["10", "no", "no", "20"]
    assert column("coalesce(b, a)") == ["5", "5", "5", "10"]
    assert column('m = "q"') == [True, None, None, True]
    assert column("mvcount(m)") == [2.0, None, None, 1.0]
    assert column("mvmap(m, m.a)") == [["p5", "q5"], None, None, ["q10"]]
    assert column('mvjoin(mvappend(a, m), "|")') == ["5|p|q", "x", None, "10|q"]


@pytest.mark.parametrize(
    "text",
    [
        "many . word",
        "upper(many)",
        'many != "a"',
        "many < 5",
        "NOT none = 5",
        "match(word, five)",
        "mvindex(many, n)",
        "mvmap(5, 6)",
        "mvmap(many, 1=1)",
        "round(n, -1)",
        'if(1=1, 2=2, "x")',
        'tostring(1.5, "duration")',
        "substr(word, 0)",
        'tostring(5, "binary")',
        'strftime(5, "%U")',
        'strptime("12:00", "%H:%M")',
        r'"a\nb"',
        r'word + "\t"',
        "-5 % 3",
    ],
)
def test_what_nobody_has_written_down_is_refused(text: str) -> None:
    with pytest.raises(NotSupported):
        value(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("if(five, 1, 0)", "condition"),
        ("case(five=5)", "case"),
        ("(1=1) + 1", "Boolean"),
        ("(1=1) = (1=1)", "Boolean"),
        ("NOT five", "condition"),
        ("len(1=1)", "len"),
        ("in(1=1, 5)", "'in'"),
        ("round(1, 2, 3)", "round"),
        ('match(word, "(")', "Regex"),
        ("mvfilter(many=word)", "one field"),
        ("mvfilter(many)", "condition"),
        ("tonumber(five, 99)", "base"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(SplError, match=said) as caught:
        value(text)
    assert not isinstance(caught.value, NotSupported)


def test_backslashes() -> None:
    assert value(r'"C:\\windows \d \"x\""') == r'C:\windows \d "x"'
    assert value(r'replace("a\\b", "\\\\", "/")') == "a/b"
    assert value(r'if(match("a1", "\d"), 1, 0)') == 1
