"""`| aifit` and `| aimodels` as child processes."""

import json
from typing import Any

import pytest

from tests.splunk_app import scripted
from tests.splunk_app.scripted import Sidecar
from tests.splunk_app.test_aiscore import events
from tests.splunkd import search
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd
from tests.splunkd.search import Table


def part(request: scripted.Request, handler: object) -> None:
    """What the sidecar says of a part that it keeps."""
    scripted.as_json({"digest": scripted.echo(request)["AIScore-Digest"]})(request, handler)  # type: ignore[arg-type]


JOB = scripted.table(["job", "model", "state", "rows"], [["j1", "toy", "queued", "9"]], 202)


def half(request: scripted.Request, handler: Any) -> None:
    """JSON that ends too early."""
    scripted.send(handler, 200, "application/json", b'{"rows": [', scripted.echo(request))


def state(**facts: object) -> scripted.Reply:
    return scripted.as_json({"job": "j1", "model": "toy", "rows": 9} | facts)


def fit(splunkd: Splunkd, *args: str, python: str | None = None) -> CommandProcess:
    return CommandProcess(splunkd, "aifit", ["model=toy", *args], python=python, sid="a@b.1", search="search x | aifit")


def test_the_chunks_become_one_fit(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    sidecar.script = [part, part, JOB, state(state="running", progress=0.5), state(state="done", progress=1)]
    args = [
        'entity="user, dest"',
        "label=note",
        'fields="user, dest"',
        'peers="user:team, dest"',
        "seed=3",
        "challenger=t",
        "wait=9",
    ]
    with fit(splunkd, *args, python=python) as process:
        back = search.run(process, [events(5), Table(events(1).header, []), events(4, 5)])
        assert process.end() == 0, process.show()
    assert back.dicts() == [{"job": "j1", "model": "toy", "state": "done", "rows": "9", "progress": "1", "message": ""}]
    first, second, commit = sidecar.seen[:3]
    assert [(request.method, request.path) for request in (first, second)] == [
        ("PUT", "/v1/fit/a%40b.1/1/0"),
        ("PUT", "/v1/fit/a%40b.1/1/1"),
    ]
    assert {request.headers["AIScore-Search"].rpartition("/")[0] for request in sidecar.seen} == {"a@b.1/1"}
    whole = events(9)
    kept = ["_time", "user", "dest", "__mv_dest", "note"]
    places = [whole.header.index(name) for name in kept]
    sent = [list(row.values()) for request in (first, second) for row in request.rows()]
    assert list(first.rows()[0]) == kept and sent == [[row[at] for at in places] for row in whole.rows]
    assert commit.path == "/v1/fit" and commit.query == {
        "session": "a@b.1/1", "parts": "2", "model": "toy", "entity": "user, dest", "time": "_time", "label": "note",
        "fields": "user, dest", "peers": "user:team, dest", "seed": "3", "challenger": "true",
    }  # fmt: skip
    assert [request.path for request in sidecar.seen[3:]] == ["/v1/jobs/j1"] * 2


def test_without_wait_the_job_goes_on(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [part, JOB]
    with fit(splunkd) as process:
        back = search.run(process, [events(9)])
    assert back.dicts()[0]["state"] == "queued" and "aimodels job=j1" in process.texts("INFO")[0]
    assert "_raw" not in sidecar.seen[0].rows()[0], "what only Splunk's machinery uses is not sent"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([scripted.problem(403, "scope")], "auth"),
        ([part, scripted.problem(409, "missing_part", "1 of 2 parts are missing")], "1 of 2 parts are missing"),
        ([scripted.as_json({"digest": "other"})], "other bytes"),
        ([scripted.table(["a"], []), scripted.table(["a"], [])], "sidecar_error"),
        ([half], "bad_response"),
        ([part, scripted.table(["job", "model"], [])], "cannot tell whether its fit has started"),
        ([part, scripted.problem(422, "few_rows")], "has not started a fit"),
        ([part, JOB, state(state="failed", message="no {variance}")], "failed: no {variance}"),
    ],
)
def test_a_fit_that_fails_ends_the_search(
    splunkd: Splunkd, sidecar: Sidecar, script: list[scripted.Reply], said: str
) -> None:
    sidecar.script = script
    with fit(splunkd, "wait=5") as process:
        process.getinfo()
        reply = process.execute(b"user\nann\n", True)
        assert reply.body == b"" and process.end() == 1
    assert said in process.texts("ERROR")[0]


def test_a_part_that_was_lost_is_sent_again(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [scripted.hang_up, part, JOB]
    with fit(splunkd) as process:
        search.run(process, [events(3)])
        assert process.end() == 0
    first, second = sidecar.seen[:2]
    assert (first.path, first.body) == (second.path, second.body)


@pytest.mark.parametrize("replies", [[scripted.problem(500, "bug")] * 2, [half]], ids=["500", "no JSON"])
def test_a_lost_job_is_no_failed_fit(splunkd: Splunkd, sidecar: Sidecar, replies: list[scripted.Reply]) -> None:
    sidecar.script = [part, JOB, *replies]
    with fit(splunkd, "wait=5") as process:
        back = search.run(process, [events(3)])
    assert back.dicts()[0]["job"] == "j1" and "lost sight" in process.texts("WARN")[0]


def test_waiting_ends_with_wait(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [part, JOB]
    sidecar.default = state(state="running", progress=0.1)
    with fit(splunkd, "wait=1") as process:
        back = search.run(process, [events(3)])
    assert back.dicts()[0]["state"] == "running"


def test_no_events_and_no_such_field_are_errors(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with fit(splunkd) as process:
        process.getinfo()
        process.execute(b"", True)
        assert process.end() == 1 and "no events" in process.texts("ERROR")[0]
    with fit(splunkd, "fields=absent", "time=none") as process:
        process.getinfo()
        process.execute(b"user\nann\n", True)
        assert process.end() == 1 and "none of the fields" in process.texts("ERROR")[0]
    assert not sidecar.seen


def test_a_preview_neither_fits_nor_asks(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with fit(splunkd) as process:
        assert search.run(process, [events(3)], preview=True).rows == []
    with CommandProcess(splunkd, "aimodels", ["action=retire", "model=toy", "version=0123456789ab"]) as process:
        assert search.run(process, [], preview=True).rows == []
    assert not sidecar.seen


def test_required_fields_of_a_fit(splunkd: Splunkd) -> None:
    peers = 'peers="user:team, dest"'
    with fit(splunkd, 'fields="dest, src"', "entity=user", "scope=site", peers) as process:
        info = process.getinfo()
    assert info["required_fields"] == ["_time", "dest", "site", "src", "team", "user"] and info["type"] == "reporting"
    with fit(splunkd, 'fields="bytes:number, way=pair(src, dest)"', "entity=user", "time=none") as process:
        assert {"bytes", "src", "dest", "user"} <= set(process.getinfo()["required_fields"])
    with fit(splunkd, "recipe=alerts", "fields=dest") as process:
        assert process.getinfo()["required_fields"] == ["*"]


# aimodels


def test_the_sidecars_table_is_the_result(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    sidecar.default = scripted.table(["model", "path"], [["toy", 'a, "b"\nc'], ["{x}", ""]])
    args = ["action=show", "model=toy", "version=0123456789ab"]
    with CommandProcess(splunkd, "aimodels", args, python=python) as process:
        assert process.getinfo()["generating"] is True
        reply = process.execute(b"", False)
        assert reply.metadata["finished"] is True
        assert process.end() == 0
    assert reply.body == b'model,path\ntoy,"a, ""b""\nc"\n{x},\n'
    (request,) = sidecar.seen
    assert request.path == "/v1/models"
    assert request.query == {"action": "show", "model": "toy", "version": "0123456789ab"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["action=promote"], "needs model=NAME"),
        (["model=toy", "version=0123456789ab"], "needs action="),
        (["model=toy", "job=1"], "stands alone"),
        (["model=toy", "action=delete"], "promote, retire or rollback"),
        (["model=toy", "action=promote", "version=zz"], "12 or more letters"),
    ],
)
def test_what_means_nothing_is_refused_before_asking(
    splunkd: Splunkd, sidecar: Sidecar, args: list[str], said: str
) -> None:
    with CommandProcess(splunkd, "aimodels", args) as process:
        process.getinfo()
        assert process.end() == 1
    assert said in " ".join(process.texts("ERROR")) and not sidecar.seen


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (scripted.problem(404, "no_model", "no model {toy}"), "no_model: the sidecar answered 404: no model {toy}"),
        (scripted.problem(403, "scope", "scope 'admin' is needed"), "scope 'admin' is needed"),
        (
            lambda request, handler: scripted.send(handler, 200, "text/csv", b"a,b\n1\n", scripted.echo(request)),
            "agreed form",
        ),
    ],
)
def test_an_error_is_told(splunkd: Splunkd, sidecar: Sidecar, reply: scripted.Reply, said: str) -> None:
    sidecar.default = reply
    with CommandProcess(splunkd, "aimodels", ["model=toy"]) as process:
        process.getinfo()
        assert process.execute(b"", False).body == b""
        assert process.end() == 1
    assert said in json.dumps(process.texts("ERROR")), process.show()


# aiaudit

HEAD = "12:" + "0f" * 32
VERIFIED = ["state", "entries", "heads", "entry", "fault", "told"]


def test_what_is_asked_of_the_ledger_reaches_the_sidecar(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    sidecar.default = scripted.table(VERIFIED, [["broken", "", "2", "7", "cut", "entries 7 to 9 are missing, {all}"]])
    with CommandProcess(splunkd, "aiaudit", ["action=verify", f'head="{HEAD},{HEAD}"'], python=python) as process:
        (told,) = search.run(process, []).dicts()
        assert process.end() == 0, process.show()
    assert told["state"] == "broken" and told["told"].endswith("{all}")
    with CommandProcess(
        splunkd, "aiaudit", ["after=0", "most=5", "kind=job_done", "model=toy"], python=python
    ) as process:
        search.run(process, [])
    assert [(request.method, request.path, request.query) for request in sidecar.seen] == [
        ("POST", "/v1/audit", {"action": "verify", "head": f"{HEAD},{HEAD}"}),
        ("POST", "/v1/audit", {"after": "0", "most": "5", "kind": "job_done", "model": "toy"}),
    ]


@pytest.mark.parametrize("reply", [scripted.problem(403, "scope"), scripted.hang_up, scripted.problem(500, "store")])
def test_a_check_without_an_answer_is_a_row_that_says_so(
    splunkd: Splunkd, sidecar: Sidecar, reply: scripted.Reply
) -> None:
    sidecar.default = reply
    with CommandProcess(splunkd, "aiaudit", ["action=verify", "head=none"]) as process:
        (told,) = search.run(process, []).dicts()
        assert process.end() == 0, process.show()
    assert list(told) == VERIFIED and told["state"] == "unknown" and "To mend" in told["told"]
    assert process.texts("WARN") == [told["told"]] and not process.texts("ERROR")
    with CommandProcess(splunkd, "aiaudit", ["action=head"]) as process:
        process.getinfo()
        assert process.execute(b"", False).body == b"" and process.end() == 1
    assert process.texts("ERROR")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([f"head={HEAD}"], "head= needs action=verify"),
        (["action=verify", "head=12"], "NUMBER:HASH"),
        (["action=verify", "most=5"], "most= goes with action=list"),
        (["action=head", "after=0"], "after= goes with action=list"),
        (["action=mend"], "list, head or verify"),
    ],
)
def test_what_means_nothing_to_a_ledger_is_refused(
    splunkd: Splunkd, sidecar: Sidecar, args: list[str], said: str
) -> None:
    with CommandProcess(splunkd, "aiaudit", args) as process:
        process.getinfo()
        assert process.end() == 1
    assert said in " ".join(process.texts("ERROR")) and not sidecar.seen
