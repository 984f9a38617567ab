"""lookup, inputlookup, outputlookup, tstats, iplocation, and the commands that only ask the world."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.splunkd.spl.commands import (
    collect,
    customcommand,
    inputlookup,
    iplocation,
    lookup,
    outputlookup,
    rest,
    savedsearch,
    tstats,
)
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.test_stats import HOSTILE, agg
from tests.splunkd.spl.tree import (
    Aggregation,
    And,
    Collect,
    Compare,
    CustomCommand,
    Inputlookup,
    Iplocation,
    Lookup,
    Outputlookup,
    Rest,
    Savedsearch,
    Term,
    Tstats,
)
from tests.splunkd.spl.world import LookupTable, RunningSearch

GROUPS = pl.DataFrame({"user": ["ann", "bob", "bob", "eve"], "group": ["admins", "staff", "night", None]})


def looked_up(table: pl.DataFrame, *, overwrite: bool = True, **options: Any) -> pl.DataFrame:
    search = running(SmallWorld(lookups={"usertogroup": LookupTable(GROUPS, **options)}))
    stage = Lookup("usertogroup", (("user", "local_user"),), (("group", "user_group"),), overwrite)
    return lookup.run(stage, table, search)


# lookup


def test_lookup_writes_the_fields_of_the_row_it_matches() -> None:
    # docs: lookup, example 1; several matches become several values (transforms.conf, max_matches).
    table = pl.DataFrame({"local_user": ["bob", "ann", "eve", "zoe", None]})
    assert looked_up(table)["user_group"].to_list() == [["staff", "night"], ["admins"], None, None, None]
    assert looked_up(table, max_matches=1)["user_group"].to_list() == ["staff", "admins", None, None, None]
    assert looked_up(table.head(0)).columns == ["local_user", "user_group"]
    assert looked_up(pl.DataFrame({"a": ["1"]}))["user_group"].to_list() == [None]


def test_lookup_tells_capital_letters_apart_unless_told_otherwise() -> None:
    # transforms.conf, case_sensitive_match.
    table = pl.DataFrame({"local_user": ["ANN"]})
    assert looked_up(table)["user_group"].to_list() == [None]
    assert looked_up(table, case_sensitive=False)["user_group"].to_list() == ["admins"]


def test_output_writes_over_fields_and_outputnew_does_not() -> None:
    # docs: lookup, "Usage".
    table = pl.DataFrame({"local_user": ["ann", "ann", "zoe"], "user_group": ["old", None, "old"]})
    assert looked_up(table)["user_group"].to_list() == ["admins", "admins", None]
    assert looked_up(table, overwrite=False)["user_group"].to_list() == ["old", "admins", "old"]


def test_without_output_all_other_fields_are_written() -> None:
    # docs: lookup, "Usage".
    world = SmallWorld(lookups={"l": LookupTable(pl.DataFrame({"k": ["1", "2"], "j": ["a", "a"], "v": ["x", "y"]}))})
    table = pl.DataFrame({"k": [2.0, 1.0], "j": ["a", "b"]})
    found = lookup.run(Lookup("l", (("k", "k"), ("j", "j"))), table, running(world))
    assert found.to_dicts() == [{"k": 2.0, "j": "a", "v": "y"}, {"k": 1.0, "j": "b", "v": None}]


def test_each_value_of_a_field_is_looked_up() -> None:
    table = pl.DataFrame({"local_user": [["ann", "bob"], []]})
    assert looked_up(table)["user_group"].to_list() == [["admins", "staff", "night"], None]


def test_a_lookup_that_is_not_there_fails_in_the_words_of_splunk() -> None:
    # The words as analysts report them: splunk/splunk-sdk-python issue 375, olafhartong/ThreatHunting issue 46,
    # splunk/rba issue 81, splunk/security_content issue 927.
    search = running(SmallWorld(lookups={"l": LookupTable(GROUPS)}))
    table = pl.DataFrame({"a": ["1"]})
    with pytest.raises(SplError, match="Could not construct lookup 'no, user, OUTPUT, group'"):
        lookup.run(Lookup("no", (("user", "a"),), (("group", "g"),)), table, search)
    with pytest.raises(SplError, match="Could not find all of the specified lookup fields"):
        lookup.run(Lookup("l", (("user", "a"),), (("no", "g"),)), table, search)
    with pytest.raises(SplError, match="The lookup table 'no' does not exist or is not available"):
        inputlookup.run(Inputlookup("no"), table, search)
    with pytest.raises(SplError, match="The lookup table 'no' is invalid"):
        outputlookup.run(Outputlookup("no"), table, search)


def test_hostile_values_match_only_themselves() -> None:
    rows = pl.DataFrame({"user": HOSTILE, "group": [str(number) for number in range(len(HOSTILE))]})
    search = running(SmallWorld(lookups={"l": LookupTable(rows)}))
    table = pl.DataFrame({"u": HOSTILE[::-1]})
    found = lookup.run(Lookup("l", (("user", "u"),), (("group", "g"),)), table, search)
    assert found["g"].to_list() == rows["group"].to_list()[::-1]


# inputlookup and outputlookup


def test_inputlookup_filters_and_appends() -> None:
    # docs: inputlookup, append and where.
    search = running(SmallWorld(lookups={"l": LookupTable(GROUPS)}))
    table = pl.DataFrame({"user": ["x"]})
    assert inputlookup.run(Inputlookup("l"), table, search).equals(GROUPS)
    found = inputlookup.run(Inputlookup("l", True, Compare("user", "=", "b*")), table, search)
    assert found.rows() == [("x", None), ("bob", "staff"), ("bob", "night")]


def written(stage: Outputlookup, table: pl.DataFrame) -> pl.DataFrame:
    world = SmallWorld(lookups={"l": LookupTable(pl.DataFrame({"A": ["1"], "D": ["2"], "J": ["3"]}))})
    assert outputlookup.run(stage, table, running(world)) is table
    return world.lookups["l"].table


def test_outputlookup_replaces_adds_or_updates() -> None:
    # docs: outputlookup, "Append results" (fields A, C, J into A, D, J), key_field, override_if_empty.
    table = pl.DataFrame({"A": ["1"], "C": ["8"], "J": ["9"]})
    assert written(Outputlookup("l"), table).equals(table)
    assert written(Outputlookup("l", append=True), table).rows() == [("1", "2", "3"), ("1", None, "9")]
    assert written(Outputlookup("l", key_field="A"), table)["J"].to_list() == ["9"]
    assert written(Outputlookup("l", key_field="A"), table.with_columns(A=pl.lit("7")))["J"].to_list() == ["3", "9"]
    assert written(Outputlookup("l", override_if_empty=False), table.clear()).height == 1
    assert written(Outputlookup("l"), table.clear()).height == 0
    assert written(Outputlookup("l", append=True), table.clear()).height == 1


# tstats

MODEL = "Authentication.Authentication"
EVENTS = pl.DataFrame(
    {
        "_time": [10.0, 70.0, 71.5, 71.9, 80.0],
        "Authentication.user": ["ann", "bob", "bob", None, "ann"],
        "Authentication.action": ["success", "failure", "failure", "failure", "success"],
        "Authentication.bytes": ["1", "2", "x", "4", "8"],
    }
)


def counted(*aggregations: Aggregation, **options: Any) -> list[dict[str, Any]]:
    world = SmallWorld(data_models={MODEL: EVENTS}, indexes={"main": EVENTS.with_columns(index=pl.lit("main"))})
    stage = Tstats(aggregations, options.pop("data_model", MODEL), **options)
    return tstats.run(stage, pl.DataFrame(), running(world, earliest_s=0, latest_s=80)).to_dicts()


@pytest.mark.parametrize("summariesonly", [False, True])
def test_tstats_counts_the_events_of_a_data_model(summariesonly: bool) -> None:
    # docs: tstats: events without a BY field are not counted; latest is not part of the range.
    user, failed = "Authentication.user", Compare("Authentication.action", "=", "fail*")
    by: Any = {"by": ("_time", user), "span": "1s", "summariesonly": summariesonly}
    assert counted(agg("count"), **by) == [
        {"_time": 10, user: "ann", "count": 1},
        {"_time": 70, user: "bob", "count": 1},
        {"_time": 71, user: "bob", "count": 1},
    ]
    wanted = [agg("sum", "Authentication.bytes", "s"), agg("dc", user, "d"), agg("values", user, "v"), agg("count")]
    assert counted(*wanted, where=failed, summariesonly=summariesonly) == [{"s": 6, "d": 1, "v": "bob", "count": 3}]
    wanted = [agg(name, "Authentication.bytes", name) for name in ("avg", "min", "max")]
    assert counted(*wanted, by=(user,))[0] == {user: "ann", "avg": 1, "min": 1, "max": 1}


def test_tstats_counts_what_lacks_a_by_field_where_it_is_told_how_to_fill_it() -> None:
    # docs: tstats, fillnull_value: also for a field that all events lack.
    user, app = "Authentication.user", "Authentication.app"
    found = counted(agg("count"), by=(user, app), fillnull_value="unknown")
    assert [(row[user], row[app], row["count"]) for row in found] == [
        ("ann", "unknown", 1),
        ("bob", "unknown", 2),
        ("unknown", "unknown", 1),
    ]


def test_tstats_over_an_index_knows_indexed_fields_only() -> None:
    main = And((Compare("index", "=", "main"),))
    assert counted(agg("count"), data_model=None, where=main, by=("index",)) == [{"index": "main", "count": 4}]
    with pytest.raises(NotSupported, match=r"Authentication\.user"):
        counted(agg("count"), data_model=None, where=main, by=("Authentication.user",))
    with pytest.raises(NotSupported, match="without an index"):
        counted(agg("count"), data_model=None)


def test_what_tstats_does_not_know_is_named() -> None:
    with pytest.raises(NotSupported, match="list"):
        counted(agg("list", "Authentication.user"))
    with pytest.raises(NotSupported, match="nodename"):
        counted(agg("count"), where=Compare("nodename", "=", "Authentication"))
    with pytest.raises(NotSupported, match="a word"):
        counted(agg("count"), where=Term("ann"))
    with pytest.raises(SplError, match="'X.Y' was not found"):
        counted(agg("count"), data_model="X.Y")


# iplocation


def test_only_addresses_with_a_place_get_fields() -> None:
    # docs: iplocation.
    world = SmallWorld(countries={"198.18.0.1": "France", "10.0.0.1": "nowhere", "2001:db8::1": "Spain"})
    table = pl.DataFrame({"src": ["198.18.0.1", "10.0.0.1", "2001:DB8::1", "x", "", None, "198.18.0.2"]})
    found = iplocation.run(Iplocation("src", "src_"), table, running(world))
    assert found["src_Country"].to_list() == ["France", None, "Spain", None, None, None, None]
    assert found.columns[1:] == ["src_City", "src_Country", "src_Region", "src_lat", "src_lon"]
    assert found["src_City"].to_list() == ["", None, "", None, None, None, None]
    assert iplocation.run(Iplocation("no"), table, running(world))["Country"].to_list() == [None] * 7


def test_a_country_with_a_capital_gives_a_place() -> None:
    world = SmallWorld(countries={"198.18.0.1": "DE", "198.18.0.2": "Atlantis"})
    found = iplocation.run(Iplocation("src"), pl.DataFrame({"src": ["198.18.0.1", "198.18.0.2", "x"]}), running(world))
    assert found["lat"].to_list() == ["52.52", "", None] and found["lon"].to_list() == ["13.41", "", None]


# what only asks the world


def test_collect_writes_the_rows_and_passes_them_on() -> None:
    # docs: collect, testmode.
    world, table = SmallWorld(), pl.DataFrame({"a": ["1"]})
    assert collect.run(Collect({"index": "summary"}), table, running(world)) is table
    assert collect.run(Collect({"index": "summary", "testmode": "true"}), table, running(world)) is table
    assert world.collected == [(table, {"index": "summary"})]


def test_the_world_runs_commands_saved_searches_and_rest() -> None:
    def mark(stage: CustomCommand, table: pl.DataFrame, search: RunningSearch, first: bool) -> pl.DataFrame:
        return table.with_columns(pl.lit(f"{' '.join(stage.raw_args)} {first}").alias("said"))

    world = SmallWorld(
        commands={"aiscore": mark},
        saved_searches={"s": "| makeresults count=2 | stats count"},
        endpoints={"/services/server/info": pl.DataFrame({"title": ["server-info"]})},
    )
    table, search = pl.DataFrame({"a": ["1"]}), running(world)
    command = CustomCommand("aiscore", ("model=m",))
    assert customcommand.run(command, table, search, first=False)["said"].to_list() == ["model=m False"]
    assert savedsearch.run(Savedsearch("s"), pl.DataFrame(), search)["count"].to_list() == [2]
    local = Rest("/services/server/info", {"splunk_server": "local"})
    assert rest.run(local, pl.DataFrame(), search).height == 1
    with pytest.raises(NotSupported, match="rest f=title"):
        rest.run(Rest("/services/server/info", {"f": "title"}), pl.DataFrame(), search)
    with pytest.raises(SplError, match="no"):
        savedsearch.run(Savedsearch("no"), pl.DataFrame(), search)
