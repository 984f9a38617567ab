"""Text to stages: every command on the list, quotes and brackets that never cut a stage, and what is refused."""

from __future__ import annotations

import pytest

from tests.splunkd.spl import scan, tree
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.parse import parse_expanded, parse_filter
from tests.splunkd.spl.tree import (
    Aggregation,
    And,
    Binary,
    Call,
    Compare,
    FieldRef,
    InList,
    Literal,
    Not,
    Or,
    Pipeline,
    Search,
    Stage,
    Term,
    Unary,
)

COUNT = Aggregation("count", None, "count")
A_IS_5 = Compare("a", "=", "5")


def stage(text: str) -> Stage:
    (found,) = parse_expanded(f"| {text}").stages
    return found


STAGES: list[tuple[str, Stage]] = [
    ("addinfo", tree.Addinfo()),
    ("append [search a=5]", tree.Append(Pipeline((Search(A_IS_5),)))),
    ("append [| inputlookup x]", tree.Append(Pipeline((tree.Inputlookup("x"),)))),
    ("appendpipe [stats count]", tree.Appendpipe(Pipeline((tree.Stats((COUNT,)),)))),
    ("bin _time span=5m", tree.Bin("_time", "_time", "5m")),
    ("bucket span=1h _time AS hour", tree.Bin("_time", "hour", "1h")),
    ('collect index=summary source="A - B"', tree.Collect({"index": "summary", "source": "A - B"})),
    ('aiscore model=x fields="a, b"', tree.CustomCommand("aiscore", ("model=x", 'fields="a, b"'))),
    ("dedup 2 a, b keepempty=t", tree.Dedup(("a", "b"), 2, True)),
    ("eventstats count BY a b", tree.Eventstats((COUNT,), ("a", "b"))),
    ("fields a, b*", tree.Fields(("a", "b*"))),
    ("fields - a b", tree.Fields(("a", "b"), remove=True)),
    ('fillnull value="" a', tree.Fillnull("", ("a",))),
    ("format", tree.Format()),
    ("head", tree.Head(10)),
    ("head 5", tree.Head(5)),
    ("inputlookup append=t x where a=5", tree.Inputlookup("x", True, A_IS_5)),
    ("iplocation prefix=src_ src", tree.Iplocation("src", "src_")),
    ("lookup t k AS f, g", tree.Lookup("t", (("k", "f"), ("g", "g")))),
    ("lookup t k OUTPUT a AS b c", tree.Lookup("t", (("k", "k"),), (("a", "b"), ("c", "c")))),
    ("lookup t k OUTPUTNEW a", tree.Lookup("t", (("k", "k"),), (("a", "a"),), overwrite=False)),
    ('makemv delim="," x', tree.Makemv("x", ",")),
    ("makeresults count=3", tree.Makeresults(3)),
    ("mvexpand x limit=2", tree.Mvexpand("x", 2)),
    ("outputlookup append=t key_field=_key x", tree.Outputlookup("x", True, "_key")),
    ('rename a.* AS *, "b c" as d', tree.Rename((("a.*", "*"), ("b c", "d")))),
    ("rest /services/x splunk_server=local", tree.Rest("/services/x", {"splunk_server": "local"})),
    ("return 5 a b=c $d", tree.Return(5, ((None, "a", False), ("b", "c", False), (None, "d", True)))),
    (r'rex field=x max_match=0 "\"(?<a>\d)"', tree.Rex(r'"(?<a>\d)', "x", None, 0)),
    ('rex mode=sed "s/a/b/g"', tree.Rex("s/a/b/g", "_raw", "sed")),
    ('savedsearch "A - B"', tree.Savedsearch("A - B")),
    ("search a=5", Search(A_IS_5)),
    ("sort 0 - _time, +b num(c)", tree.Sort(((True, "_time", "auto"), (False, "b", "auto"), (False, "c", "num")), 0)),
    ("sort -a", tree.Sort(((True, "a", "auto"),))),
    ("stats count AS n by a", tree.Stats((Aggregation("count", None, "n"),), ("a",))),
    (
        "streamstats time_window=10m dc(u) AS n by s",
        tree.Streamstats((Aggregation("dc", FieldRef("u"), "n"),), ("s",), "10m"),
    ),
    ("streamstats current=f window=2 count", tree.Streamstats((COUNT,), (), None, 2, False)),
    ("table a, b*", tree.Table(("a", "b*"))),
    ("timechart span=1h count by a", tree.Timechart((COUNT,), "1h", "a")),
    (
        "tstats summariesonly=t count from datamodel=M.D where D.a=5 by _time span=1s, D.b",
        tree.Tstats((COUNT,), "M.D", Compare("D.a", "=", "5"), ("_time", "D.b"), "1s", True),
    ),
    (
        "tstats fillnull_value=unknown count from datamodel=M.D by D.b",
        tree.Tstats((COUNT,), "M.D", None, ("D.b",), fillnull_value="unknown"),
    ),
    ("spath path=a.b{}.c output=d", tree.Spath("a.b{}.c", "d")),
    ("tstats count where index=a", tree.Tstats((COUNT,), None, Compare("index", "=", "a"))),
    ("where a=5", tree.Where(Binary("=", FieldRef("a"), Literal(5.0)))),
]


@pytest.mark.parametrize(("text", "expected"), STAGES, ids=[text for text, _ in STAGES])
def test_a_command_becomes_its_stage(text: str, expected: Stage) -> None:
    assert stage(text) == expected


def test_every_command_of_the_tree_is_read() -> None:
    kinds = {type(expected) for _, expected in STAGES} | {tree.Eval}
    assert kinds == set(tree.Stage.__args__)


def test_aggregations_are_named_as_splunk_names_them() -> None:
    # https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Stats: without AS, the function as written.
    found = stage('stats sum(a.b), p95("c d"), dc(eval(if(a=5, 1, null()))) AS "x y"')
    assert isinstance(found, tree.Stats)
    assert [item.name for item in found.aggregations] == ["sum(a.b)", "p95(c d)", "x y"]
    assert found.aggregations[2].argument == Call(
        "if", (Binary("=", FieldRef("a"), Literal(5.0)), Literal(1.0), Call("null", ()))
    )


FILTERS = [
    # https://docs.splunk.com/Documentation/Splunk/latest/Search/Booleanexpressions: NOT, then OR, then AND
    (
        "A=1 AND B=2 OR C=3",
        And((Compare("A", "=", "1"), Or((Compare("B", "=", "2"), Compare("C", "=", "3"))))),
    ),
    ("error NOT 403 OR 404", And((Term("error"), Or((Not(Term("403")), Term("404")))))),
    ("error NOT (403 OR 404)", And((Term("error"), Not(Or((Term("403"), Term("404"))))))),
    ('a IN (1, "2 3", x*)', InList("a", ("1", "2 3", "x*"))),
    (r'"a b"!="c \"d\" \\ \d"', Compare("a b", "!=", r'c "d" \ \d')),
    ("a>=5 b=c=d", And((Compare("a", ">=", "5"), Compare("b", "=", "c=d")))),
    ("", And(())),
]


@pytest.mark.parametrize(("text", "expected"), FILTERS)
def test_a_filter(text: str, expected: tree.Filter) -> None:
    assert parse_filter(text) == expected


EXPRESSIONS = [
    ("a=1 OR b=2 AND NOT c=3", "((a=1) OR ((b=2) AND NOT((c=3))))"),
    ("1+2*-3", "(1+(2*-(3)))"),
    ("a.\"x\".'b c'", "((a.'x').b c)"),
    ("a.5", "(a.5)"),
    ("a-b-c", "((a-b)-c)"),
    ('a like "x%" XOR b IN (1, 2)', "((a LIKE 'x%') XOR b in(1 2))"),
    ("not a=1 or b=2 and c=3", "(NOT((a=1)) OR ((b=2) AND (c=3)))"),
    ("order + notes", "(order+notes)"),
    ("like(a, b) == in(c, 1)", "(like(a b)=in(c 1))"),
]


def written(node: tree.Expression) -> str:
    match node:
        case Literal(value):
            return f"{value:g}" if isinstance(value, float) else repr(value)
        case FieldRef(name):
            return name
        case Unary(op, value):
            return f"{op}({written(value)})"
        case Binary(op, left, right):
            space = " " if op.isalpha() else ""
            return f"({written(left)}{space}{op}{space}{written(right)})"
        case tree.In(value, choices):
            return f"{written(value)} in({' '.join(map(written, choices))})"
        case Call(name, args):
            return f"{name}({' '.join(map(written, args))})"


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_an_expression(text: str, expected: str) -> None:
    found = stage(f"where {text}")
    assert isinstance(found, tree.Where)
    assert written(found.condition) == expected


def test_names_that_eval_assigns() -> None:
    found = stage("eval a=1, 'b c'=2, \"d.e\"=3, f.g=4")
    assert isinstance(found, tree.Eval)
    assert [name for name, _ in found.assignments] == ["a", "b c", "d.e", "f.g"]


def test_the_search_command_is_implied() -> None:
    said, implied = parse_expanded("search a=5 | head 1"), parse_expanded("a=5 | head 1")
    assert said == implied == parse_expanded("| search a=5 | head 1") and len(said.stages) == 2


def test_quotes_brackets_and_comments_cut_no_stage() -> None:
    found = parse_expanded('a="|[" ``` | head 1 ``` | eval b="]`|\\"|" | append [search "]|" | head 2] | head 3')
    assert [type(one).__name__ for one in found.stages] == ["Search", "Eval", "Append", "Head"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("| map x", "map"),
        ("| eval a=sha256(b)", "sha256"),
        ("| stats estdc(a)", "estdc"),
        ("| stats values(*)", "wildcard"),
        ("| streamstats reset_on_change=t count", "reset_on_change"),
        ("| tstats prestats=t count where index=a", "prestats"),
        ("| rex mode=x y", "mode=x"),
        ("| bin bins=3 a", "bins"),
        ("| eval {a}=1", "made of a value"),
        ('| eval a=b."x"+1', "parentheses"),
        ("| dedup a sortby b", "sortby"),
        ("a TERM(b)", "TERM"),
        ("| head [search a]", "subsearch"),
        ("| return [search a]", "subsearch"),
        ("| stats count by a*", "wildcard"),
        ("| addinfo x", "arguments"),
        ("| tstats count from x", "FROM"),
        ("| append maxtime=5 [search a]", "anything beside"),
        ("| collect index=a b", "without a name"),
        ("| makeresults 5", "arguments"),
        ("| sort a desc", "desc"),
        ("| where " + "a=1 OR " * 2000 + "a=1", "nested this deep"),
        ("| head a=5", "the option a"),
    ],
)
def test_what_is_not_on_the_list_is_named(text: str, said: str) -> None:
    with pytest.raises(NotSupported, match=said):
        parse_expanded(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a | | b", "a command is missing"),
        ('a="b', 'a= >>> "b'),
        ("a ```b", "comment"),
        ("| append [search a", r">>> \[search a"),
        ("a ] b", r">>> \] b"),
        ("| eval a=(b", "'eval' command"),
        ('| eval a="b" c', ">>> c"),
        ("| where", "'where' command"),
        ("| stats sum", "sum needs a field"),
        ("| stats count(eval(a=5))", "needs AS"),
        ("| stats count count by a", "one name"),
        ("| rename a", "no AS"),
        ("| rename AS b", "AS needs"),
        ("| rename a AS", "AS needs"),
        ("| rename", "needs a field"),
        ("| table", "needs a field"),
        ("| sort 5", "needs a field"),
        ("| return 5", "needs a field"),
        ("| makemv a b", "one field, not 2"),
        ("| stats by a", "at least one function"),
        ("| stats count by", "needs a field"),
        ("| stats count by a by b", "by stands twice"),
        ("| timechart count by a b", "one field"),
        ("| tstats count where index=a by b span=1s", "span needs _time"),
        ("| lookup", "the name of a lookup"),
        ("| lookup t", "field of the lookup"),
        ("| lookup t a OUTPUT b OUTPUTNEW c", "stand together"),
        ('| where "a" = "b', "quote is not closed"),
        ("| rename a.* AS b", "wildcards"),
        ("| collect source=a", "index="),
        ("| head limit=x", "whole number"),
        ("| dedup a keepempty=maybe", "neither true nor false"),
    ],
)
def test_a_search_that_cannot_be_read_shows_the_place(text: str, said: str) -> None:
    with pytest.raises(SplError, match=said) as caught:
        parse_expanded(text)
    assert not isinstance(caught.value, NotSupported)


def test_a_stage_is_cut_at_its_keywords_only() -> None:
    assert scan.clauses('count(eval(a=" by ")) AS by_x by " by ", b', "by") == {
        "": 'count(eval(a=" by ")) AS by_x',
        "by": '" by ", b',
    }
