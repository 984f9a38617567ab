"""`audit`: the ledger as rows, its head, and what is told when somebody has changed it."""

import csv
import io
import json
import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import tokens
from sidecar.app import open_house
from sidecar.errors import CallerError
from sidecar.ledger_watch import LedgerWatch
from sidecar.settings import Settings
from sidecar.tasks.audit import MOST_HEADS, read_heads
from tests.sidecar.conftest import ROOT, Api, code_of


def rows(api: Api, query: str = "") -> list[dict[str, str]]:
    reply = api.post(f"/v1/audit{query}")
    assert reply.status_code == 200, reply.data
    return list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))


def fill(api: Api) -> str:
    """A few facts of every kind; the secret of a token."""
    ledger = api.service.house.ledger
    secret = tokens.create(ledger, "nightly", ("score", "fit"), "ann")
    ledger.append("job", {"job": "j1", "verb": "fit", "model": "ait", "rows": 9}, by="bob")
    ledger.append("job_failed", {"job": "j1", "message": "no\nvariance"}, by="sidecar")
    ledger.append("promote", {"model": "ait", "bundle": "a" * 64}, by="ann")
    ledger.append("odd_kind", {"nested": {"x": 1}}, by="ann")
    return secret


def test_a_lesson_is_told_with_its_days_and_a_range_without_ends_with_none(api: Api) -> None:
    ledger, day = api.service.house.ledger, {"version": "b" * 64, "signature": "s"}
    lesson = {"model": "no", "bundle": "a" * 64, "base": "", "generation": "", "generation_signature": "", "ageing": {}}
    days = {"2026-01-30": day, "2026-02-01": day}
    ledger.append("learn", {**lesson, "removed": [], "days": days, "rows": 9, "taught": 8}, by="ann")
    ledger.append("learn", {**lesson, "removed": [], "days": {"2026-01-30": day}, "rows": 9, "taught": 8}, by="ann")
    forgotten = {"model": "no", "versions": {}, "first": "0001-01-01", "last": "2026-01-31"}
    ledger.append("forget", forgotten, by="ann")
    assert [row["what"] for row in rows(api)[-3:]] == [
        "learned: version aaaaaaaaaaaa, days 2026-01-30 to 2026-02-01, rows 9, of which taught 8",
        "learned: version aaaaaaaaaaaa, days 2026-01-30, rows 9, of which taught 8",
        "an entity was forgotten: to 2026-01-31",
    ]


def forge(home: Path, statement: str) -> None:
    with sqlite3.connect(home / "ledger.db") as db:
        db.executescript("DROP TRIGGER entry_never_changes; DROP TRIGGER entry_never_goes;")
        db.execute(statement)
    db.close()


def test_every_entry_is_told_in_words_and_no_secret(api: Api) -> None:
    secret = fill(api)
    found = rows(api)
    assert [row["number"] for row in found] == ["1", "2", "3", "4", "5", "6"]
    assert [(row["kind"], row["what"].partition(":")[0]) for row in found[1:]] == [
        ("token", "a token was made"),
        ("job", "a job was queued"),
        ("job_failed", "a job failed"),
        ("promote", "put into service"),
        ("odd_kind", "odd kind"),
    ]
    assert "for score fit" in found[1]["what"] and "no variance" in found[3]["what"]
    assert found[4]["what"] == "put into service: version aaaaaaaaaaaa" and found[4]["model"] == "ait"
    known = next(iter(tokens.fold(api.service.house.ledger.entries()).values()))
    assert known.hash not in str(found) and secret not in str(found)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?most=2", "56"),
        ("?after=2", "3456"),
        ("?after=0&most=2", "12"),
        ("?after=99", ""),
        ("?kind=promote", "5"),
        ("?model=ait&most=2", "35"),
        ("?model=ait&after=1&most=1", "3"),
        ("?kind=none", ""),
    ],
)
def test_what_is_asked_for_is_listed(api: Api, query: str, numbers: str) -> None:
    fill(api)
    assert "".join(row["number"] for row in rows(api, query)) == numbers


def test_a_new_ledger_has_no_rows_and_holds(tmp_path: Path) -> None:
    words = ["audit", "action=verify"]
    command = [sys.executable, "-m", "sidecar", "run", "--home", str(tmp_path / "new"), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout == "state,entries,heads,entry,fault,told\nholds,0,0,,,\n", done.stderr


def test_a_head_is_kept_and_holds_while_the_ledger_grows(api: Api) -> None:
    first = rows(api, "?action=head")[0]
    fill(api)
    last = rows(api, "?action=head")[0]
    assert (first["number"], last["number"]) == ("1", "6") and first["home"] == last["home"] == first["hash"][:12]
    heads = ",".join(f"{head['number']}:{head['hash']}" for head in (first, last))
    (row,) = rows(api, f"?action=verify&head={heads}")
    assert (row["state"], row["entries"], row["heads"], row["entry"]) == ("holds", "6", "2", "")
    (row,) = rows(api, f"?action=verify&head=4:{last['hash']}")
    assert (row["state"], row["entry"], row["fault"]) == ("broken", "1", "rewritten")
    (row,) = rows(api, f"?action=verify&head=9:{last['hash']},{heads}")
    assert (row["state"], row["entry"], row["fault"]) == ("broken", "7", "cut")


def test_a_broken_ledger_is_an_answer_and_no_fault_of_the_service(api: Api, home: Path) -> None:
    fill(api)
    forge(home, "UPDATE entry SET by = 'eve' WHERE number = 2")
    (row,) = rows(api, "?action=verify")
    assert row == {
        "ordinal": "0", "state": "broken", "entries": "", "heads": "0", "entry": "2", "fault": "altered",
        "told": "ledger entry 2 was altered",
    }  # fmt: skip


def test_only_an_admin_may_look(api: Api) -> None:
    api.scopes = ("score", "fit")
    for query in ("", "?action=head", "?action=verify"):
        assert code_of(api.post(f"/v1/audit{query}")) == (403, "scope")


@pytest.mark.parametrize(
    "text", ["", "9", "0:" + "a" * 64, "1:" + "g" * 64, "1:" + "a" * 63, "9" * 16 + ":" + "a" * 64]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(CallerError, match="no head"):
        read_heads(text)


def test_heads_may_stand_with_commas_or_spaces_and_be_many() -> None:
    heads = [f"{number}:{'a' * 64}" for number in range(1, MOST_HEADS + 1)]
    assert len(read_heads(", ".join(heads))) == MOST_HEADS and read_heads("none") == ()
    with pytest.raises(CallerError):
        read_heads(",".join([*heads, heads[0]]))


def test_what_is_altered_behind_a_running_service_is_noticed_by_its_watch(
    api: Api, home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("aiscore"), "propagate", True)
    fill(api)
    house = api.service.house
    watch = LedgerWatch(house.ledger)
    watch.check()
    assert watch.broken == 0 and not caplog.records and house.shelf.registry()
    forge(home, "UPDATE entry SET by = 'eve' WHERE number = 2")
    assert house.shelf.registry() and rows(api, "?after=4"), "who reads only what is new does not see it"
    watch.check()
    (record,) = caplog.records
    assert watch.broken == 1 and record.message == "ledger broken"
    assert record.facts["entry"] == 2 and record.facts["fault"] == "altered"  # type: ignore[attr-defined]
    api.scopes = ("metrics",)
    assert b"aiscore_ledger_broken 0.0" in api.get("/metrics").data


def ledger(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sidecar", "ledger", "--home", str(home), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_the_command_line_keeps_a_head_and_verifies_against_it(home: Path) -> None:
    house = open_house(Settings(home=home), by="ann")
    house.ledger.append("promote", {"model": "ait", "bundle": "0" * 64}, by="ann")
    head = ledger(home, "head")
    assert head.stdout.startswith("2:") and "keep this" in head.stderr
    assert "keep `aiscore ledger head` elsewhere" in ledger(home, "verify").stdout
    assert ledger(home, "verify", "--head", head.stdout.strip()).stdout == (
        "2 entries, the chain holds and runs through 1 kept\n"
    )
    wrong = ledger(home, "verify", "--head", "3:" + head.stdout.strip()[2:])
    assert wrong.returncode == 1 and "entry 3 is missing" in wrong.stderr and "restore" in wrong.stderr
    assert ledger(home, "verify", "--head", "x").returncode == 2
    assert json.loads(ledger(home, "show").stdout.splitlines()[-1])["kind"] == "promote"
    assert ledger(home.parent / "new", "head").returncode == 2
