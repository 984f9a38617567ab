"""search: which rows pass. Where a page of Splunk's documentation gives the result, it is named."""

from __future__ import annotations

import polars as pl
import pytest

from tests.splunkd.spl import filters, tree
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.parse import parse_filter
from tests.splunkd.spl.small_world import running

# The events of https://docs.splunk.com/Documentation/Splunk/latest/Search/NOTexpressions.
HORSES = pl.DataFrame(
    {
        "Name": ["McIntosh", "Lyra", "Rutherford", "Rarity", "Dash", "Roan", "Chestnut", "Pinkie", "Spike"],
        "Location": [
            "Marin Meadows", None, "Placer Pastures", "Marin Meadows", "Calaveras Farms", None, "Marin Meadows",
            "Placer Pastures", "Calaveras Farms",
        ],
    }
)  # fmt: skip

ROWS = pl.DataFrame(
    {
        "id": ["1", "2", "3", "4"],
        "status": ["200", "0404", "ok", None],
        "score": [0.5, 10.0, None, 9.0],
        "user": ["Ann", "ann smith", "", "bob"],
        "ip": ["10.1.2.3", "10.2.3.4", "192.168.0.1", "host"],
        "tag": [["a", "b"], ["b"], None, []],
        "path": ["C:\\temp\\x", "/a/b.c", "a*b", 'say "hi"'],
        "_raw": ["Failed password for root", "error=5 code:failed", "passwords fail", None],
    }
)


def passed(text: str, table: pl.DataFrame = ROWS, column: str = "id") -> list[str]:
    return table.filter(filters.mask(parse_filter(text), table, running()))[column].to_list()


def test_unequal_needs_a_value_and_not_does_not() -> None:
    def names(text: str) -> list[str]:
        return passed(text, HORSES, "Name")

    unequal = ["McIntosh", "Rutherford", "Rarity", "Chestnut", "Pinkie"]
    assert names('Location!="Calaveras Farms"') == unequal
    assert set(names('NOT Location="Calaveras Farms"')) == {*unequal, "Lyra", "Roan"}
    # A place that does not exist: every event that has a place.
    assert len(names('Location!="Nowhere"')) == 7
    assert len(names('NOT Location="Nowhere"')) == 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1234"),
        ("status=200", "1"),
        ("status=200.0", "1"),
        ("status=404", "2"),
        ('status="404"', "2"),
        ("status=OK", "3"),
        ("status>300", "23"),
        ("status!=200", "23"),
        ("NOT status=200", "234"),
        ("status=*", "123"),
        ("NOT status=*", "4"),
        ("missing=*", ""),
        ("missing!=5", ""),
        ("NOT missing=5", "1234"),
        # Numbers are compared as numbers, also 9 with 10.
        ("score>9", "2"),
        ("score>=9 score<10", "4"),
        ("score=0.50", "1"),
        # Search reference, search: values are compared without regard to capital letters; * stands for any letters.
        ("user=ANN", "1"),
        ("user=ann*", "12"),
        ("user=*N*", "12"),
        ('user="ann s*h"', "2"),
        ("user!=ann*", "34"),
        ('user=""', "3"),
        ("user IN (bob, ANN*)", "124"),
        ("NOT user IN (bob, ANN*)", "3"),
        # Search reference, search: addresses are compared with subnets.
        ("ip=10.0.0.0/8", "12"),
        ("ip!=10.1.0.0/16", "234"),
        ("path=/a/b.c", "2"),
        # Of several values one is enough.
        ("tag=a", "1"),
        ("tag=b", "12"),
        ("tag!=b", "1"),
        ("NOT tag=b", "34"),
        ("tag=*", "12"),
        # Search manual, Booleanexpressions: NOT first, then OR, then AND.
        ("user=ann OR user=bob status=200", "1"),
        ("status=200 user=bob OR user=ann", "1"),
        ("(status=200 user=ann) OR user=bob", "14"),
        ("NOT user=ann user=bob OR user=ann*", "24"),
        ("NOT ( )", ""),
        # Words are looked for in _raw, whole and without regard to capital letters.
        ("failed", "12"),
        ("FAIL*", "123"),
        ("*word", "1"),
        ('"password for"', "1"),
        ("failed password", "1"),
        ("NOT failed", "34"),
        ("error=5", ""),
        ('"error=5"', "2"),
        ("*", "1234"),
        # What means something elsewhere is a letter here.
        (r'path="C:\\temp\\x"', "1"),
        ("path=/a/b.c", "2"),
        ("path=/a/bxc", ""),
        (r'path="say \"hi\""', "4"),
    ],
)
def test_what_passes(text: str, expected: str) -> None:
    assert "".join(passed(text)) == expected


def test_where_and_when_a_search_reads() -> None:
    search = running(earliest_s=1000.0, latest_s=2000.0, now_s=100_000.0)
    found = filters.reading(parse_filter("index=a OR index IN (b, c*) user=x NOT index=d"), search)
    assert (found.indexes, found.earliest_s, found.latest_s) == (("a", "b", "c*"), 1000.0, 2000.0)
    found = filters.reading(parse_filter("user=x earliest=-1h@h latest=now"), search)
    assert (found.indexes, found.earliest_s, found.latest_s) == (("main",), 93_600.0, 100_000.0)
    assert found.filter == tree.And((tree.Compare("user", "=", "x"), tree.And(()), tree.And(())))
    found = filters.reading(parse_filter("_index_earliest=-5m (_index_latest=now OR user=x)"), search)
    table = pl.DataFrame({"_indextime": [99_699.0, 99_700.0, 100_000.0], "user": ["x", "y", "x"]})
    assert filters.mask(found.filter, table, search).to_list() == [False, True, True]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("user=x OR earliest=-1h", NotSupported, "inside OR"),
        ("earliest>5", SplError, "takes ="),
        ("earliest=soon", SplError, "soon"),
    ],
)
def test_times_that_cannot_be_used(text: str, kind: type[SplError], said: str) -> None:
    with pytest.raises(kind, match=said):
        filters.reading(parse_filter(text), running())


def test_times_behind_the_first_command_are_refused() -> None:
    with pytest.raises(NotSupported, match="earliest"):
        passed("earliest=-1h")


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ('index=a source="S"', ("S",)),
        ('index=a ((source="S" x=1) OR source IN (T, U*)) y=2', ("S", "T", "U*")),
        ("index=a (source=S OR x=1)", ()),
        ("index=a NOT source=S", ()),
        ("index=a source!=S", ()),
        ("index=a source=5", ()),
        ("index=a source=10.0.0.0/8", ()),
    ],
)
def test_which_sources_can_pass(text: str, sources: tuple[str, ...]) -> None:
    assert filters.reading(parse_filter(text), running()).sources == sources
