"""Whole searches, and the commands that need no aggregation. Pages of Splunk's Search Reference are named."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from tests.splunkd.spl import run as module
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.run import run
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.world import LookupTable, Macro

NOW_S = 1_790_000_000.0
EVENTS = pl.DataFrame(
    {
        "_time": [NOW_S - 30, NOW_S - 20, NOW_S - 10],
        "_raw": ["user=ann ip=10.0.0.1 ip=10.0.0.2", "user=bob ip=10.0.0.3", "nothing"],
        "index": ["web", "web", "web"],
        "user": ["ann", "bob", None],
        "n": ["1", "2", "3"],
    }
)
LOOKUP = pl.DataFrame({"user": ["bob", "eve"], "why": ['says "no"', "C:\\x"]})


def world() -> SmallWorld:
    return SmallWorld(
        indexes={"web": EVENTS, "audit": EVENTS.with_columns(index=pl.lit("audit"))},
        lookups={"known": LookupTable(LOOKUP)},
        macros=[Macro("known", (), "inputlookup known"), Macro("at_least(1)", ("n",), "where n>=$n$")],
    )


def rows(text: str) -> list[dict[str, Any]]:
    return run(text, running(world(), earliest_s=0.0, latest_s=NOW_S, now_s=NOW_S)).to_dicts()


def column(text: str, name: str) -> list[Any]:
    return [row.get(name) for row in rows(text)]


def test_a_search_reads_newest_first_and_filters() -> None:
    assert column("index=web", "n") == ["3", "2", "1"]
    assert column("index=* user=*", "index") == ["web", "audit", "web", "audit"]
    assert column("search index=web | search user=ANN", "n") == ["1"]
    assert column("index=web earliest=-25s", "n") == ["3", "2"]
    assert column("index=web earliest=-25s latest=-15s", "n") == ["2"]
    assert column("index=nowhere", "n") == []


def test_a_macro_can_begin_a_search() -> None:
    assert column("| `known`", "user") == ["bob", "eve"]


def test_a_subsearch_becomes_a_filter() -> None:
    assert column("index=web [| inputlookup known | fields user]", "n") == ["2"]
    assert column("index=web NOT [| inputlookup known | fields user]", "n") == ["3", "1"]
    assert column("index=web | search [| inputlookup known | return 5 user]", "n") == ["2"]
    # A field that is called search or query is taken as it is (Search manual, Changetheformatofsubsearchresults).
    assert column('index=web [| makeresults | eval search="n=1 OR n=3"]', "n") == ["3", "1"]
    # No rows match nothing.
    assert column("index=web [| inputlookup known | where 1=2 | fields user]", "n") == []


def test_a_subsearch_gives_so_many_rows_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    # limits.conf, [subsearch] maxout.
    assert module.SUBSEARCH_MAXOUT == 10_000
    monkeypatch.setattr(module, "SUBSEARCH_MAXOUT", 1)
    assert column("index=web [| makeresults count=2 | streamstats count AS n | fields n]", "n") == ["1"]


def test_commands_stand_in_their_place() -> None:
    with pytest.raises(SplError, match="'makeresults' command: This command must be the first"):
        rows("index=web | makeresults")
    with pytest.raises(SplError, match="'inputlookup' command: This command must be the first"):
        rows("index=web | inputlookup known")
    assert len(rows("index=web | inputlookup append=t known")) == 5


def test_an_error_names_its_command() -> None:
    with pytest.raises(SplError, match="^Error in 'eval' command: Fields cannot be assigned a boolean"):
        rows("| makeresults | eval a=(1=1)")
    with pytest.raises(NotSupported, match="^Error in 'eval' command: a field of several values"):
        rows('| makeresults | eval a=split("a b", " ") . "x"')
    with pytest.raises(SplError, match="^Error in 'where' command"):
        rows("| makeresults | where 5")


def test_addinfo() -> None:
    (row,) = rows("| makeresults | addinfo")
    assert row == {
        "_time": NOW_S, "info_min_time": 0.0, "info_max_time": NOW_S, "info_sid": "1790000000.1",
        "info_search_time": NOW_S,
    }  # fmt: skip
    # Search reference, addinfo: the end of all time is +Infinity.
    found = run("| makeresults | addinfo", running(latest_s=math.inf))
    assert found["info_max_time"].to_list() == ["+Infinity"]


def test_eval_sees_what_it_has_just_set() -> None:
    assert rows('| makeresults | eval a=1, b=a+1, a="x" | fields - _time') == [{"a": "x", "b": 2.0}]


def test_fields_keep_internal_ones() -> None:
    assert list(rows("index=web | fields u*, n")[0]) == ["_time", "_raw", "user", "n"]
    assert list(rows("index=web | fields - _*, u*")[0]) == ["index", "n"]
    assert list(rows("index=web | fields - *")[0]) == ["_time", "_raw"]
    assert rows("| makeresults count=2 | fields - _time | eval a=1") == [{"a": 1.0}, {"a": 1.0}]


def test_table_has_the_columns_asked_for() -> None:
    assert rows("index=web | head 1 | table missing, n us*") == [{"missing": None, "n": "3", "user": None}]


def test_rename() -> None:
    renamed = '| makeresults | eval a.x=1, a.y=2, b=3 | rename a.* AS c_*_d, b AS "e f" | fields - _time'
    assert rows(renamed) == [{"c_x_d": 1.0, "c_y_d": 2.0, "e f": 3.0}]
    assert rows("| makeresults | eval a=1, b=2 | rename a AS b | fields - _time") == [{"b": 1.0}]
    assert rows("| makeresults | eval a=1 | rename z AS b | fields - _time") == [{"a": 1.0}]
    # Search reference, rename: a field that does not exist empties the one whose name it is given.
    assert rows("| makeresults | eval a=1 | rename z AS a | fields - _time") == [{"a": None}]


def test_fillnull() -> None:
    assert column("index=web | fillnull", "user") == ["0", "bob", "ann"]
    assert column('index=web | fillnull value="-" user, made', "user") == ["-", "bob", "ann"]
    assert column("index=web | fillnull value=- made", "made") == ["-"] * 3
    assert column("index=web | fillnull value=- made", "user")[0] is None
    assert rows("| makeresults | eval a=if(1=2, 1, null()) + 1 | fillnull | table a") == [{"a": 0.0}]
    assert rows("| inputlookup known | where 1=2 | fillnull value=5") == []


def test_makemv_and_mvexpand() -> None:
    made = '| makeresults | eval a="1,,2", b="x" | makemv delim="," a'
    assert column(made, "a") == [["1", "2"]]
    assert column(made.replace("makemv", "makemv allowempty=t"), "a") == [["1", "", "2"]]
    assert [(row["a"], row["b"]) for row in rows(f"{made} | mvexpand a")] == [("1", "x"), ("2", "x")]
    assert column(f"{made} | mvexpand a limit=1", "a") == ["1"]
    assert column('index=web | makemv delim="," missing', "n") == ["3", "2", "1"]
    # Without a value there is no row (https://answers.splunk.com/answers/330237).
    assert column("index=web | mvexpand user", "user") == ["bob", "ann"]
    assert column("index=web | mvexpand missing", "user") == []


def test_rex() -> None:
    found = rows(r'index=web | rex "user=(?<who>\w+) ip=(?<ip>[\d.]+)" | rex field=ip "(?<last>\d+)$"')
    assert [(row["who"], row["ip"], row["last"]) for row in found] == [
        (None, None, None), ("bob", "10.0.0.3", "3"), ("ann", "10.0.0.1", "1"),
    ]  # fmt: skip
    ips = r'index=web | rex max_match=0 "ip=(?<ip>\S+)"'
    assert column(ips, "ip") == [None, ["10.0.0.3"], ["10.0.0.1", "10.0.0.2"]]
    assert column(ips.replace("max_match=0", "max_match=1"), "ip")[2] == "10.0.0.1"
    # Search reference, rex: a card's number but for its last digits becomes XXXX.
    masked = r'| makeresults | eval c="1234-5678-9012-3456" | rex field=c mode=sed "s/(\d{4}-){3}/XXXX-XXXX-XXXX-/g"'
    assert column(masked, "c") == ["XXXX-XXXX-XXXX-3456"]
    assert column(r'| makeresults | eval c="aa b" | rex field=c mode=sed "s/(a)/<\1>/"', "c") == ["<a>a b"]
    # What is not found leaves the field as it was.
    assert column(r'index=web | rex "user=(?<user>a\w+)"', "user") == [None, "bob", "ann"]
    assert column(r'index=web | rex field=missing "(?<x>.)"', "n") == ["3", "2", "1"]
    with pytest.raises(SplError, match="at least one named group"):
        rows('index=web | rex "user"')
    with pytest.raises(NotSupported, match="sed"):
        rows('index=web | rex mode=sed "y/a/b/"')


def test_format() -> None:
    # Search reference, format: fields in the order of the alphabet, internal ones left out.
    made = '| makeresults count=2 | eval source="syslog.log", host=split("a b", " ") | mvexpand host | head 2 | format'
    assert column(made, "search") == [
        '( ( host="a" AND source="syslog.log" ) OR ( host="b" AND source="syslog.log" ) )'
    ]
    several = '| makeresults | eval a=split("1 2", " "), b="say \\"hi\\" C:\\\\x" | format'
    assert column(several, "search") == ['( ( ( a="1" OR a="2" ) AND b="say \\"hi\\" C:\\\\x" ) )']
    assert column("| inputlookup known | where 1=2 | format", "search") == ["NOT ( )"]


def test_return() -> None:
    # Search reference, return: one row, `return 2 ip`, an alias, and a bare value.
    assert column("| inputlookup known | return user", "search") == ['(user="bob")']
    assert column("| inputlookup known | return 2 user", "search") == ['(user="bob") OR (user="eve")']
    assert column("| inputlookup known | return 1 user who=user", "search") == ['(user="bob" who="bob")']
    assert column("| inputlookup known | return 2 $user", "search") == ["(bob) OR (eve)"]
