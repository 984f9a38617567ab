"""From parts to a model: idempotent all the way, in any order, each search and each user apart."""

import csv
import gc
import io
import os
import re
import time
import weakref
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models import training
from sidecar import verbs
from sidecar.api.intent import of_session
from sidecar.api.problems import STATUS
from sidecar.api.sessions import gathered
from sidecar.errors import CallerError, NotReady, StoreError
from sidecar.house import Reply
from sidecar.store.sessions import FileSessions, SessionLimits
from sidecar.store.sqlite import SqliteLedger
from sidecar.verbs import Verb
from sidecar.wire import Limits
from tests.sidecar.conftest import Api, code_of, events

LINES = events().splitlines(keepends=True)
PARTS = [LINES[0] + b"".join(LINES[start : start + 40]) for start in range(1, len(LINES), 40)]
COMMIT = f"/v1/fit?session=s/1&parts={len(PARTS)}&model=new&entity=user"


def row(body: bytes) -> dict[str, str]:
    (only,) = csv.DictReader(io.StringIO(body.decode()))
    return only


def finished(api: Api, job: str) -> dict[str, Any]:
    """The job once it has ended."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found: dict[str, Any] = api.get(f"/v1/jobs/{job}").get_json()
        if found["state"] in ("done", "failed"):
            return found
        time.sleep(0.02)
    raise AssertionError(f"still {found}")


def test_parts_in_any_order_and_twice_become_one_model(api: Api, home: Path) -> None:
    for seq in (2, 0, 3, 1, 1):
        reply = api.put(f"/v1/fit/s/1/{seq}", PARTS[seq])
        assert reply.get_json()["rows"] == 40
    first, again = api.post(COMMIT), api.post(COMMIT)
    assert first.status_code == again.status_code == 202
    accepted = row(first.data)
    assert tuple(accepted) == ("ordinal", "job", "model", "state", "rows")
    assert accepted["rows"] == "160" and row(again.data)["job"] == accepted["job"]
    done = finished(api, accepted["job"])
    assert (done["state"], done["progress"], done["by"]) == ("done", 1.0, "ann")
    assert row(api.post(COMMIT).data)["job"] == accepted["job"]
    listed = row(api.post("/v1/models?model=new").data)
    assert (listed["state"], listed["rows"], listed["fitted_by"]) == ("champion", "160", "ann")
    assert not any((home / "sessions").iterdir())
    assert sum(entry.kind == "fit" for entry in api.service.house.ledger.entries()) == 2


def test_a_commit_after_a_restart_is_still_the_same_job(make_api: Any) -> None:
    api = make_api()
    for seq, part in enumerate(PARTS):
        api.put(f"/v1/fit/s/1/{seq}", part)
    job = row(api.post(COMMIT).data)["job"]
    finished(api, job)
    again = row(make_api().post(COMMIT).data)
    assert (again["job"], again["state"]) == (job, "done")


def test_an_interrupted_fit_is_failed_and_its_parts_removed(make_api: Any, home: Path) -> None:
    before = make_api()
    before.put("/v1/fit/s/1/0", PARTS[0])
    before.put("/v1/fit/other/1/0", PARTS[0])
    facts = {"job": "j1", "verb": "fit", "model": "new", "rows": 40, "session": "s/1"}
    before.service.house.ledger.append("job", facts, by="ann", key=of_session("ann", "s/1"))
    after = make_api()
    assert finished(after, "j1")["state"] == "failed"
    assert len(list((home / "sessions").iterdir())) == 1
    again = row(after.post("/v1/fit?session=s/1&parts=1&model=new").data)
    assert (again["job"], again["state"]) == ("j1", "failed")


def test_a_fit_recorded_before_the_end_of_its_job_is_done(make_api: Any, home: Path) -> None:
    before = make_api()
    before.put("/v1/fit/s/1/0", PARTS[0])
    before.put("/v1/fit/t/1/0", PARTS[0])
    ledger = before.service.house.ledger
    for job, session in (("j1", "s/1"), ("j2", "t/1")):
        facts = {"job": job, "verb": "fit", "model": "new", "rows": 40, "session": session}
        ledger.append("job", facts, by="ann", key=of_session("ann", session))
    fitted = next(entry.body for entry in ledger.entries() if entry.kind == "fit")
    ledger.append("fit", {**fitted, "model": "new", "job": "j1"}, by="ann", key="fit j1")
    after = make_api()
    assert [after.get(f"/v1/jobs/{job}").get_json()["state"] for job in ("j1", "j2")] == ["done", "failed"]
    assert not list((home / "sessions").iterdir())
    assert [entry.kind for entry in ledger.entries()].count("job_done") == 1


def test_what_an_ended_fit_left_behind_is_removed(make_api: Any, home: Path) -> None:
    before = make_api()
    for seq, part in enumerate(PARTS):
        before.put(f"/v1/fit/s/1/{seq}", part)
    finished(before, row(before.post(COMMIT).data)["job"])
    before.put("/v1/fit/s/1/0", PARTS[0])
    assert len(list((home / "sessions").iterdir())) == 1
    make_api()
    assert not list((home / "sessions").iterdir())


def test_the_order_of_arrival_does_not_matter(api: Api) -> None:
    versions = []
    for name, order in (("a", (0, 1, 2, 3)), ("b", (3, 2, 1, 0))):
        for seq in order:
            api.put(f"/v1/fit/{name}/1/{seq + 1}", PARTS[seq])
        job = row(api.post(f"/v1/fit?session={name}/1&parts=4&model={name}&entity=user").data)["job"]
        assert finished(api, job)["state"] == "done"
        versions.append(row(api.post(f"/v1/models?model={name}").data)["version"])
    assert versions[0] == versions[1]


def test_empty_columns_of_multivalues_are_left_out_of_the_table() -> None:
    bodies = [
        b"user,__mv_user,dest,__mv_dest\na,,x,\n",
        b'user,__mv_user,dest,__mv_dest\nb,,"x\ny",$x$;$y$\n',
        b"user\nc\n",
        b"__mv_lone\n\n",
    ]
    table = gathered(iter(bodies), Limits())
    assert table.columns == ["user", "dest", "__mv_dest", "__mv_lone"]
    assert table.rows() == [("a", "x", "", ""), ("b", "x\ny", "$x$;$y$", ""), ("c", "", "", ""), ("", "", "", "")]


def test_the_rows_are_gone_when_detectors_train_and_the_work_when_it_is_done(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that keeps the text of a million rows needs twice the memory, and for days if no other fit comes."""
    alive: list[int] = []
    train, submit, works = training._train, api.service.jobs.submit, list[Any]()

    def watched(*given: Any) -> Any:
        tables = (found for found in gc.get_objects() if type(found) is pl.DataFrame)
        alive.append(sum(table.height == 160 and "bytes" in table.columns for table in tables))
        return train(*given)

    def noted(facts: Any, key: str, by: str, work: Any) -> Any:
        works.append(weakref.ref(work))
        return submit(facts, key, by, work)

    monkeypatch.setattr(training, "_train", watched)
    monkeypatch.setattr(api.service.jobs, "submit", noted)
    for seq, part in enumerate(PARTS):
        api.put(f"/v1/fit/s/1/{seq}", part)
    assert finished(api, row(api.post(COMMIT).data)["job"])["state"] == "done"
    assert alive == [0]
    end = time.monotonic() + 5
    while works[0]() is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert works[0]() is None


def test_another_body_for_a_part_is_a_conflict(api: Api) -> None:
    assert api.put("/v1/fit/s/1/0", PARTS[0]).status_code == 200
    assert code_of(api.put("/v1/fit/s/1/0", PARTS[1])) == (409, "part_differs")
    assert api.put("/v1/fit/s/1/0", PARTS[0]).status_code == 200


@pytest.mark.parametrize(
    ("sent", "parts", "expected"),
    [
        ((), "1", (409, "missing_part")),
        ((0, 1, 3), "4", (409, "missing_part")),
        ((0, 1), "3", (409, "missing_part")),
        ((0, 1, 2), "2", (409, "missing_part")),
        ((0,), "", (400, "bad_option")),
        ((0,), "0", (400, "bad_option")),
        ((0,), "x", (400, "bad_option")),
    ],
)
def test_no_fit_from_half_a_search(api: Api, sent: tuple[int, ...], parts: str, expected: tuple[int, str]) -> None:
    for seq in sent:
        api.put(f"/v1/fit/s/1/{seq}", PARTS[seq])
    reply = api.post(f"/v1/fit?session=s/1&parts={parts}&model=new")
    assert code_of(reply) == expected
    assert api.service.jobs.busy() == 0


def test_the_missing_part_is_named_and_can_still_come(api: Api) -> None:
    for seq in (0, 1, 3):
        api.put(f"/v1/fit/s/1/{seq}", PARTS[seq])
    assert " 2 " in api.post(COMMIT).get_json()["mend"]
    api.put("/v1/fit/s/1/2", PARTS[2])
    assert api.post(COMMIT).status_code == 202


def test_a_part_is_checked_when_it_comes(api: Api) -> None:
    assert code_of(api.put("/v1/fit/s/1/0", b"")) == (400, "bad_body")
    assert code_of(api.put("/v1/fit/s/1/0", PARTS[0], AIScore_Digest="0" * 64)) == (400, "bad_digest")
    assert code_of(api.post(COMMIT)) == (409, "missing_part")


def test_sessions_of_two_users_with_one_name_are_apart(api: Api) -> None:
    api.put("/v1/fit/s/1/0", PARTS[0])
    api.user = "eve"
    assert api.put("/v1/fit/s/1/0", PARTS[1]).status_code == 200
    assert code_of(api.post("/v1/fit?session=s/1&parts=2&model=new")) == (409, "missing_part")


def test_a_search_id_is_never_a_path(api: Api, home: Path) -> None:
    api.put("/v1/fit/..%2f..%2fkeys/1/0", PARTS[0])
    api.put("/v1/fit/%2e%2e/1/0", PARTS[0])
    assert sorted(path.name for path in (home / "keys").iterdir()) == ["bundle.key", "ledger.key"]
    assert all(len(path.name) == 32 for path in (home / "sessions").iterdir())


def test_one_request_may_hold_the_whole_fit(api: Api) -> None:
    sent = [api.post("/v1/fit?model=new&entity=user", events(), AIScore_Request_Id="b" * 32) for _ in range(2)]
    jobs = {row(reply.data)["job"] for reply in sent}
    assert len(jobs) == 1
    assert finished(api, jobs.pop())["state"] == "done"


def test_a_later_fit_waits_for_somebody_to_promote_it(api: Api) -> None:
    before = row(api.post("/v1/models").data)["champion"]
    job = row(api.post("/v1/fit?model=ait&entity=user&seed=8", events(seed=3)).data)["job"]
    assert finished(api, job)["state"] == "done"
    listed = row(api.post("/v1/models").data)
    assert listed["champion"] == before and len(listed["challengers"]) == 12
    api.user, api.scopes = "bob", ("admin",)
    promoted = api.post(f"/v1/models?model=ait&action=promote&version={listed['challengers']}")
    assert row(promoted.data)["champion"] == listed["challengers"]
    back = api.post("/v1/models?model=ait&action=rollback")
    assert row(back.data)["champion"] == before
    gone = api.post(f"/v1/models?model=ait&action=retire&version={before}")
    assert row(gone.data)["state"] == "no_champion"
    told = [(entry.kind, entry.by) for entry in api.service.house.ledger.entries() if entry.by == "bob"]
    assert told == [("promote", "bob"), ("rollback", "bob"), ("retire", "bob")]
    api.scopes = ("score",)
    assert code_of(api.post("/v1/score?model=ait", PARTS[0])) == (404, "no_model")


def test_a_fit_that_cannot_be_done_fails_with_field_and_mend(api: Api) -> None:
    job = row(api.post("/v1/fit?model=new&entity=usr", events()).data)["job"]
    failed = finished(api, job)
    assert failed["state"] == "failed" and "usr" in failed["message"]
    assert row(api.post(f"/v1/models?job={job}").data)["state"] == "failed"
    assert code_of(api.post("/v1/models?model=new")) == (404, "no_model")


@pytest.mark.parametrize(
    ("failure", "told"), [(ZeroDivisionError("S3CRET"), "internal error"), (StoreError("S3CRET"), "store failed")]
)
def test_a_bug_in_a_fit_fails_the_job_but_not_the_worker(
    api: Api, monkeypatch: pytest.MonkeyPatch, failure: Exception, told: str
) -> None:
    def fail(*_: object) -> None:
        raise failure

    fit = verbs.VERBS["fit"]
    with monkeypatch.context() as broken:
        broken.setitem(verbs.VERBS, "fit", Verb("fit", "", fit.options, fail, fit.scope, "gather", slow=True))  # type: ignore[arg-type]
        failed = finished(api, row(api.post("/v1/fit?model=new", events()).data)["job"])
    assert failed["state"] == "failed" and told in failed["message"] and "S3CRET" not in failed["message"]
    assert api.get("/readyz").status_code == 200
    job = row(api.post("/v1/fit?model=new&entity=user", events(seed=4)).data)["job"]
    assert finished(api, job)["state"] == "done"


def test_jobs_do_not_pile_up(make_api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    api, go_on = make_api(max_jobs=2), threading.Event()
    fit = verbs.VERBS["fit"]

    def wait(*_: object) -> Reply:
        go_on.wait(30)
        return Reply(pl.DataFrame())

    monkeypatch.setitem(verbs.VERBS, "fit", Verb("fit", "", fit.options, wait, fit.scope, "gather", slow=True))
    taken = [api.post("/v1/fit?model=new", events()) for _ in range(2)]
    refused = api.post("/v1/fit?model=new", events())
    go_on.set()
    assert [reply.status_code for reply in taken] == [202, 202]
    assert code_of(refused) == (429, "overloaded") and int(refused.headers["Retry-After"]) > 0
    for reply in taken:
        assert finished(api, row(reply.data)["job"])["state"] == "done"


def sessions_in(folder: Path, **limits: int) -> FileSessions:
    return FileSessions(folder, SessionLimits(**limits), time.time)


def test_a_session_has_bounds(tmp_path: Path) -> None:
    kept = sessions_in(tmp_path, sessions=1, rows=10, bytes=100)
    kept.put("ann", "s", 0, 6, b"x" * 60)
    with pytest.raises(CallerError, match="rows"):
        kept.put("ann", "s", 1, 5, b"y")
    with pytest.raises(CallerError, match="bytes"):
        kept.put("ann", "s", 1, 1, b"y" * 41)
    with pytest.raises(NotReady):
        kept.put("ann", "other", 0, 1, b"y")
    kept.put("ann", "s", 1, 4, b"y" * 40)
    assert [part.seq for part in kept.parts("ann", "s")] == [0, 1]


def test_an_altered_part_is_not_fitted(tmp_path: Path) -> None:
    kept = sessions_in(tmp_path)
    part = kept.put("ann", "s", 0, 1, b"content")
    next(tmp_path.glob("*/*.csv")).write_bytes(b"contemt")
    with pytest.raises(StoreError, match="altered"):
        kept.body("ann", "s", part)


def test_a_part_is_durable_before_it_is_acknowledged(api: Api, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sends a part once: one that is lost later would cost the whole fit."""
    real, flushed = os.fsync, list[str]()

    def flush(handle: int) -> None:
        flushed.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        if len(flushed) < 5:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", flush)
    for _ in range(4):
        reply = api.put("/v1/fit/s/1/0", PARTS[0])
        assert code_of(reply) == (500, "store") and b"Traceback" not in reply.data
    assert not list((home / "sessions").glob("*/*"))
    assert api.put("/v1/fit/s/1/0", PARTS[0]).status_code == 200
    place = next((home / "sessions").iterdir())
    assert flushed[4:] == [".new-0", place.name, "sessions"]
    assert api.put("/v1/fit/s/1/0", PARTS[0]).status_code == 200
    assert flushed[7:] == [place.name, "sessions"]


def test_a_part_sent_again_is_not_acknowledged_before_it_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def flush(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(5, "Input/output error")
        real(handle)

    kept = sessions_in(tmp_path)
    monkeypatch.setattr(os, "fsync", flush)
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be written: Input/output error"):
            kept.put("ann", "s", 0, 1, b"content")
    monkeypatch.undo()
    assert kept.body("ann", "s", kept.put("ann", "s", 0, 1, b"content")) == b"content"


def full(ledger: SqliteLedger) -> None:
    """Let this thread's next write need a page more than there may be."""
    (pages,) = ledger._db().execute("PRAGMA page_count").fetchone()
    ledger._db().execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_refuses_a_fit_and_takes_it_when_there_is_room(api: Api) -> None:
    ledger = api.service.house.ledger
    assert isinstance(ledger, SqliteLedger)
    for seq, part in enumerate(PARTS):
        api.put(f"/v1/fit/s/1/{seq}", part)
    with pytest.raises(StoreError, match="database or disk is full"):
        for _ in range(100):  # the last page has room for some more
            full(ledger)
            ledger.append("x", {}, by="t")
    before = len(ledger.entries())
    full(ledger)
    refused = api.post(COMMIT)
    assert code_of(refused) == (500, "store") and b"Traceback" not in refused.data
    assert len(ledger.entries()) == before and api.service.jobs.busy() == 0
    assert finished(api, row(api.post(COMMIT).data)["job"])["state"] == "done"


def test_a_broken_disk_does_not_end_the_sweeping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = sessions_in(tmp_path, lifetime_s=0)
    kept.put("ann", "s", 0, 1, b"content")
    with monkeypatch.context() as broken:
        broken.setattr(Path, "iterdir", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert kept.expire() == 0
        with pytest.raises(StoreError, match="cannot be read: Input/output error"):
            kept.parts("ann", "s")


def test_old_sessions_are_removed_and_young_ones_stay(tmp_path: Path) -> None:
    now = time.time()
    clock = [now]
    kept = FileSessions(tmp_path, SessionLimits(lifetime_s=60), lambda: clock[0])
    kept.put("ann", "s", 0, 1, b"content")
    clock[0] = now + 50
    assert kept.expire() == 0 and kept.parts("ann", "s")
    clock[0] = now + 70
    assert kept.expire() == 1 and not kept.parts("ann", "s")


def test_the_folders_are_private(api: Api, home: Path) -> None:
    api.put("/v1/fit/s/1/0", PARTS[0])
    for folder in (home, home / "keys", home / "sessions", *(home / "sessions").iterdir()):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_every_code_has_a_number() -> None:
    assert all(400 <= number < 600 for number in STATUS.values())


def test_a_failed_job_keeps_no_value_of_the_events(api: Api) -> None:
    reply = api.post("/v1/fit?model=other&entity=user&label=dest&fields=bytes", events(4, 40))
    job = finished(api, reply.get_data(as_text=True).splitlines()[1].split(",")[1])
    assert job["state"] == "failed" and "no label" in job["message"] and "dest" in job["message"]
    assert not re.search(r"\bh\d", job["message"])
