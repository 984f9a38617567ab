"""`| ailearn` as a child process: rows are gathered as for a fit; forgetting needs none and stands first."""

import pytest

from tests.splunk_app import scripted
from tests.splunk_app.scripted import Sidecar
from tests.splunk_app.test_aiscore import events
from tests.splunk_app.test_fit_and_models import JOB, part, state
from tests.splunkd import search
from tests.splunkd.command import CommandProcess
from tests.splunkd.pipe import Table
from tests.splunkd.rest import Splunkd


def learn(splunkd: Splunkd, *args: str, python: str | None = None) -> CommandProcess:
    return CommandProcess(
        splunkd, "ailearn", ["model=toy", *args], python=python, sid="a.1", search="search x | ailearn"
    )


def test_the_chunks_become_one_lesson(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    sidecar.script = [part, part, JOB, state(state="done", progress=1, message="9 rows taught")]
    with learn(
        splunkd, 'withhold="(ann, bob)"', "teach_below=0.6", "window_days=9", "wait=9", python=python
    ) as process:
        assert process.getinfo()["required_fields"] == ["*"]
    with learn(
        splunkd, 'withhold="(ann, bob)"', "teach_below=0.6", "window_days=9", "wait=9", python=python
    ) as process:
        back = search.run(process, [events(5), events(4, 5)])
        assert process.end() == 0, process.show()
    assert [(row["state"], row["message"]) for row in back.dicts()] == [("done", "9 rows taught")]
    assert [request.path for request in sidecar.seen[:3]] == ["/v1/learn/a.1/1/0", "/v1/learn/a.1/1/1", "/v1/learn"]
    assert sidecar.seen[2].query == {
        "session": "a.1/1", "parts": "2", "model": "toy", "action": "learn", "withhold": "ann, bob",
        "teach_below": "0.6", "window_days": "9",
    }  # fmt: skip
    assert "_time" in sidecar.seen[0].rows()[0] and "_raw" not in sidecar.seen[0].rows()[0]


@pytest.mark.parametrize("chunks", [[], [events(0)], [events(0)] * 2], ids=["none", "a header", "two"])
def test_a_search_without_events_ends_well_and_teaches_nothing(
    splunkd: Splunkd, sidecar: Sidecar, python: str, chunks: list[Table]
) -> None:
    with learn(splunkd, "wait=9", python=python) as process:
        back = search.run(process, chunks)
        assert process.end() == 0 and not process.texts("ERROR"), process.show()
    (row,) = back.dicts()
    assert row.pop("message").startswith("no events: nothing was learned")
    assert row == {"job": "", "model": "toy", "state": "done", "rows": "0", "progress": "1"}
    assert not sidecar.seen


def test_forgetting_stands_first_and_waits_for_its_job(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    sidecar.script = [JOB, state(state="done", progress=1, message="4 rows forgotten")]
    args = ["action=forget", "entity=ann", "field=user", "earliest=2026-01-10", "latest=2026-01-14", "wait=9"]
    with learn(splunkd, *args, python=python) as process:
        assert process.getinfo()["generating"] is True
    with learn(splunkd, *args, python=python) as process:
        back = search.run(process, [])
        assert process.end() == 0, process.show()
    assert back.dicts()[0]["message"] == "4 rows forgotten"
    (asked,) = [request for request in sidecar.seen if request.path == "/v1/learn"]
    assert asked.query == {
        "model": "toy", "action": "forget", "entity": "ann", "field": "user", "earliest": "2026-01-10",
        "latest": "2026-01-14",
    }  # fmt: skip


def test_a_dry_run_gives_its_table(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [scripted.table(["day", "rows"], [["2026-01-10", "4"]])]
    with learn(splunkd, "action=forget", "entity=ann", "dry=t") as process:
        assert search.run(process, []).dicts() == [{"day": "2026-01-10", "rows": "4"}]
    assert sidecar.seen[0].query["dry"] == "true"


def test_a_preview_changes_nothing(splunkd: Splunkd, sidecar: Sidecar) -> None:
    for args in (["action=forget", "entity=ann"], []):
        with learn(splunkd, *args) as process:
            assert search.run(process, [] if args else [events(3)], preview=True).rows == []
    assert not sidecar.seen


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["action=forget"], "needs entity"),
        (["entity=ann"], "entity= does not go with action=learn"),
        (["action=forget", "entity=ann", "window_days=3"], "window_days= does not go with action=forget"),
        (["teach_below=0"], "above 0 and up to 1"),
        (["teach_below=1.5"], "above 0 and up to 1"),
    ],
)
def test_what_could_not_mean_anything_is_refused(
    splunkd: Splunkd, sidecar: Sidecar, args: list[str], said: str
) -> None:
    with learn(splunkd, *args) as process:
        process.getinfo()
        assert said in process.texts("ERROR")[0]
    assert not sidecar.seen


def test_a_refusal_ends_the_search(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [scripted.problem(403, "scope")]
    with learn(splunkd, "action=forget", "entity=ann") as process:
        process.getinfo()
        assert process.execute(b"", True).body == b"" and process.end() == 1
    assert "auth" in process.texts("ERROR")[0]
