"""Lookups over files and collections."""

from pathlib import Path

import polars as pl
import pytest

from tests.splunkd.app import InstalledApp
from tests.splunkd.kvstore import KvStore
from tests.splunkd.lookups import Lookups
from tests.splunkd.spl.commands import lookup
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.small_world import SmallWorld, running
from tests.splunkd.spl.tree import Lookup

TRANSFORMS = """
[people]
filename = people.csv
case_sensitive_match = false
max_matches = 1
[gone]
filename = gone.csv
[things]
external_type = kvstore
collection = things
fields_list = _key, name, size
[wild]
filename = people.csv
match_type = WILDCARD(user)
[nets]
filename = nets.csv
match_type = CIDR(net)
max_matches = 1
[extraction]
REGEX = x
"""


@pytest.fixture
def lookups(tmp_path: Path) -> Lookups:
    default = tmp_path / "origin" / "default"
    default.mkdir(parents=True)
    (default / "transforms.conf").write_text(TRANSFORMS)
    (default / "collections.conf").write_text("[things]\nenforceTypes = true\nfield.size = number\n")
    (tmp_path / "origin" / "lookups").mkdir()
    (tmp_path / "origin" / "lookups" / "people.csv").write_text('user,note\nann,"a, ""b"""\nbob,\n')
    app = InstalledApp(tmp_path / "home", tmp_path / "origin")
    return Lookups(app, KvStore(app))


def rows(lookups: Lookups, name: str) -> list[dict[str, object]]:
    return lookups.read(name).table.to_dicts()


def test_a_file_by_its_definition_and_by_its_name(lookups: Lookups) -> None:
    found = lookups.read("people")
    assert (found.case_sensitive, found.max_matches) == (False, 1)
    assert found.table.to_dicts() == [{"user": "ann", "note": 'a, "b"'}, {"user": "bob", "note": None}]
    assert rows(lookups, "people.csv") == rows(lookups, "people")
    assert lookups.names() == ["gone", "nets", "people", "things", "wild"]


@pytest.mark.parametrize("name", ["gone", "nothing", "nothing.csv", "extraction"])
def test_a_lookup_that_is_not_there(lookups: Lookups, name: str) -> None:
    with pytest.raises(SplError, match="does not exist or is not available"):
        lookups.read(name)


def test_a_setting_that_is_unknown(lookups: Lookups) -> None:
    with pytest.raises(NotSupported, match="match_type"):
        lookups.read("wild")


def test_writing_a_file(lookups: Lookups) -> None:
    table = pl.DataFrame({"user": ["eve"], "extra": ["x"], "_internal": ["y"]})
    lookups.write("people", table, append=True, key_field=None)
    assert rows(lookups, "people")[2] == {"user": "eve", "note": None}
    lookups.write("people", table, append=False, key_field=None)
    assert rows(lookups, "people") == [{"user": "eve", "extra": "x"}]
    with pytest.raises(SplError, match="key_field"):
        lookups.write("people", table, append=False, key_field="user")


def test_writing_a_collection(lookups: Lookups) -> None:
    table = pl.DataFrame({"name": ["a", "b"], "size": [1.5, 2.0], "other": ["x", "y"]})
    lookups.write("things", table, append=False, key_field="name")
    assert rows(lookups, "things") == [
        {"_key": "a", "name": "a", "size": "1.5"},
        {"_key": "b", "name": "b", "size": "2"},
    ]
    lookups.write("things", table.head(1).with_columns(size=pl.lit(9.0)), append=False, key_field="name")
    assert [row["size"] for row in rows(lookups, "things")] == ["9", "2"]
    lookups.write("things", pl.DataFrame({"name": ["c"]}), append=True, key_field=None)
    assert [row["name"] for row in rows(lookups, "things")] == ["a", "b", "c"]
    lookups.write("things", pl.DataFrame({"_key": ["k"], "name": ["d"]}), append=False, key_field=None)
    assert rows(lookups, "things") == [{"_key": "k", "name": "d", "size": None}]


def test_a_wrong_type_keeps_the_collection_as_it_was(lookups: Lookups) -> None:
    lookups.write("things", pl.DataFrame({"name": ["a"]}), append=False, key_field=None)
    with pytest.raises(SplError, match="size"):
        lookups.write("things", pl.DataFrame({"size": ["big"]}), append=False, key_field=None)
    assert [row["name"] for row in rows(lookups, "things")] == ["a"]


def test_the_store_away(lookups: Lookups) -> None:
    lookups.store.available = False
    with pytest.raises(SplError, match="External command based lookup 'things' is not available because KV Store"):
        lookups.read("things")


def test_a_network_matches_the_addresses_in_it(lookups: Lookups) -> None:
    nets = pl.DataFrame({"net": ["192.0.2.0/25", "192.0.2.0/24", "2001:db8::/32", "odd"], "what": ["a", "b", "c", "d"]})
    lookups.write("nets", nets, append=False, key_field=None)
    table = lookups.read("nets")
    assert table.networks == ("net",)
    addresses = ["192.0.2.7", "192.0.2.200", "2001:db8::7", "198.51.100.1", "odd", "", None]
    stage = Lookup("nets", (("net", "src"),), (("what", "what"),), True)
    search = running(SmallWorld(lookups={"nets": table}))
    found = lookup.run(stage, pl.DataFrame({"src": addresses}), search)
    assert found["what"].to_list() == ["a", "b", "c", None, "d", None, None]
