"""Collections: types, limits, queries, and the store away."""

import json
from pathlib import Path

import pytest
import requests

from tests.splunkd import kvstore
from tests.splunkd.app import InstalledApp
from tests.splunkd.kvstore import KvError, KvStore
from tests.splunkd.rest import Splunkd
from tests.splunkd.spl.errors import NotSupported

CONF = """
[things]
enforceTypes = true
field.name = string
field.size = number
field.good = bool
[loose]
field.size = number
[odd]
field.place = cidr
"""


@pytest.fixture
def store(tmp_path: Path) -> KvStore:
    (tmp_path / "origin" / "default").mkdir(parents=True)
    (tmp_path / "origin" / "default" / "collections.conf").write_text(CONF)
    return KvStore(InstalledApp(tmp_path / "home", tmp_path / "origin"))


def ask(store: KvStore, method: str, path: str, payload: object = None, **query: str) -> tuple[int, object]:
    return store.answer(method, path, query, "" if payload is None else json.dumps(payload), "ana")


def test_documents_come_go_and_change(store: KvStore) -> None:
    status, reply = ask(store, "POST", "things", {"name": "a", "size": "5"})
    assert status == 201 and isinstance(reply, dict)
    key = reply["_key"]
    assert ask(store, "GET", f"things/{key}") == (200, {"name": "a", "size": 5.0, "_key": key, "_user": "ana"})
    assert ask(store, "POST", f"things/{key}", {"name": "b"}) == (200, {"_key": key})
    assert ask(store, "GET", "things") == (200, [{"name": "b", "_key": key, "_user": "ana"}])
    assert ask(store, "DELETE", f"things/{key}") == (200, {})
    assert ask(store, "GET", f"things/{key}")[0] == 404
    assert ask(store, "GET", "nothing")[0] == 404


def test_a_batch_and_its_limit(store: KvStore) -> None:
    assert ask(store, "POST", "things/batch_save", [{"_key": "k", "name": "a"}, {"_key": "l"}]) == (200, ["k", "l"])
    status, _ = ask(store, "POST", "things/batch_save", [{}] * (kvstore.MOST_DOCUMENTS + 1))
    assert status == 400 and len(store.rows("things")) == 2


def test_types_are_enforced_only_where_asked(store: KvStore) -> None:
    assert ask(store, "POST", "things", {"name": "a", "size": "big"})[0] == 400
    assert store.rows("things") == []
    key = store.insert("loose", {"size": "big", "other": 1})
    assert store.collection("loose")[key] == {"other": 1, "_key": key, "_user": "nobody"}
    with pytest.raises(NotSupported, match="cidr"):
        store.insert("odd", {"place": "10.0.0.0/8"})


def test_queries(store: KvStore) -> None:
    for number in range(5):
        store.insert("things", {"_key": f"k{number}", "name": "ab"[number % 2], "size": number})
    names = [document["_key"] for document in _found(store, query='{"name": "a", "size": {"$gt": 0}}', sort="size:-1")]
    assert names == ["k4", "k2"]
    assert _found(store, sort="size", skip="1", limit="2", fields="size") == [{"size": 1.0}, {"size": 2.0}]
    assert len(_found(store, query='{"$or": [{"_key": "k0"}, {"_key": "k3"}]}')) == 2
    with pytest.raises(NotSupported, match="regex"):
        _found(store, query='{"name": {"$regex": "a"}}')
    assert ask(store, "GET", "things", query="{")[0] == 400


def _found(store: KvStore, **query: str) -> list[dict[str, object]]:
    status, found = ask(store, "GET", "things", **query)
    assert status == 200 and isinstance(found, list)
    return found


def test_replacing_is_all_or_nothing(store: KvStore) -> None:
    store.replace("things", [{"name": "a"}])
    with pytest.raises(KvError):
        store.replace("things", [{"name": "b"}, {"size": "big"}])
    assert [document["name"] for document in store.rows("things")] == ["a"]


def test_a_query_has_50_000_rows_at_most(store: KvStore) -> None:
    for number in range(kvstore.MOST_ROWS + 1):
        store.insert("loose", {"_key": str(number)})
    assert len(store.rows("loose")) == len(_rows(store)) == kvstore.MOST_ROWS


def _rows(store: KvStore) -> list[object]:
    found = ask(store, "GET", "loose")[1]
    assert isinstance(found, list)
    return found


def test_the_store_away(store: KvStore) -> None:
    store.available = False
    assert ask(store, "GET", "things") == (503, {"messages": [{"type": "ERROR", "text": kvstore.NOT_READY}]})


def test_over_http_in_the_app_s_namespace_only(store: KvStore) -> None:
    with Splunkd(store.app) as splunkd:
        base = splunkd.uri + "/servicesNS/nobody/aiscore/storage/collections/data/things"
        login = {"Authorization": f"Splunk {splunkd.user.session_key}"}
        key = requests.post(base, json={"name": "a b"}, headers=login, timeout=9).json()["_key"]
        query = {"query": json.dumps({"name": "a b"}), "output_mode": "json"}
        assert requests.get(base, params=query, headers=login, timeout=9).json()[0]["_key"] == key
        assert splunkd.kvstore.rows("things")[0]["_user"] == "ana"
        assert requests.get(base, timeout=9).status_code == 401
        assert requests.get(base.replace("aiscore", "search"), headers=login, timeout=9).status_code == 404
        splunkd.kvstore.available = False
        assert requests.get(base, headers=login, timeout=9).status_code == 503
