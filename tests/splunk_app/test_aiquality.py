"""`| aiquality` as a child process: the whole search goes to the sidecar, one table comes back."""

import pytest

from tests.splunk_app import scripted
from tests.splunk_app.scripted import Sidecar
from tests.splunk_app.test_aiscore import events
from tests.splunk_app.test_fit_and_models import part
from tests.splunkd import search
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd
from tests.splunkd.search import Table

GRADES = scripted.table(["field", "grade", "words"], [["", "A", ""], ["user", "D", "all {values} are the same"]])


def asked(splunkd: Splunkd, *args: str, python: str | None = None) -> CommandProcess:
    return CommandProcess(splunkd, "aiquality", [*args], python=python, sid="a@b.1", search="search x | aiquality")


def test_the_chunks_are_examined_as_one(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    sidecar.script = [part, part, GRADES]
    with asked(splunkd, "entity=user", 'fields="user, dest"', python=python) as process:
        back = search.run(process, [events(5), events(4, 5)])
        assert process.end() == 0, process.show()
    assert back.dicts() == [
        {"field": "", "grade": "A", "words": ""},
        {"field": "user", "grade": "D", "words": "all {values} are the same"},
    ]
    first, second, commit = sidecar.seen
    assert [one.path for one in (first, second)] == ["/v1/quality/a%40b.1/1/0", "/v1/quality/a%40b.1/1/1"]
    assert set(first.rows()[0]) == {"_time", "user", "dest", "__mv_dest"}
    assert (commit.method, commit.path) == ("POST", "/v1/quality")
    wanted = {"session": "a@b.1/1", "parts": "2", "entity": "user", "fields": "user, dest", "time": "_time"}
    assert commit.query == wanted


def test_the_time_of_indexing_goes_along(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [part, GRADES]
    names = ["_time", "_indextime", "_raw", "punct", "host", "user"]
    with asked(splunkd, "model=toy") as process:
        search.run(process, [Table(names, [["1", "2", "raw", "..", "h", "ann"]])])
        assert process.end() == 0, process.show()
    assert list(sidecar.seen[0].rows()[0]) == ["_time", "_indextime", "host", "user"]
    assert sidecar.seen[1].query["model"] == "toy"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["model=toy", "fields=user"], "model= brings its own fields"),
        (["recipe=alerts", "fields=user"], "recipe= brings its own fields"),
        (["fields=user", "dest"], "put lists in quotes"),
    ],
)
def test_what_means_nothing_is_refused(splunkd: Splunkd, sidecar: Sidecar, args: list[str], said: str) -> None:
    with asked(splunkd, *args) as process:
        process.getinfo()
        assert process.end() == 1
    assert said in " ".join(process.texts("ERROR")) and not sidecar.seen


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([scripted.problem(403, "scope")], "examined nothing"),
        ([part, scripted.problem(404, "no_model", "no model {toy}")], "no model {toy}"),
        ([scripted.as_json({"digest": "other"})], "other bytes"),
    ],
)
def test_a_failure_ends_the_search(splunkd: Splunkd, sidecar: Sidecar, script: list[scripted.Reply], said: str) -> None:
    sidecar.script = script
    with asked(splunkd) as process:
        process.getinfo()
        assert process.execute(b"user\nann\n", True).body == b"" and process.end() == 1
    assert said in process.texts("ERROR")[0]


def test_a_preview_sends_nothing(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with asked(splunkd) as process:
        assert search.run(process, [events(3)], preview=True).rows == []
    assert not sidecar.seen
