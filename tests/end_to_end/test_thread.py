"""From a search to a model and back: the packaged app, a real sidecar, real models."""

import csv
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from splunk_app import package
from tests.end_to_end.company import HEADER, logons
from tests.end_to_end.conftest import SidecarProcess
from tests.splunkd import frames, pythons, search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd, User
from tests.splunkd.search import Merge, Table

ODD = frozenset({6_100, 6_555})


def score(splunkd: Splunkd, *args: str, python: str | None = None) -> CommandProcess:
    return CommandProcess(splunkd, "aiscore", ["model=logon", *args], python=python)


@pytest.fixture(params=pythons.SHIPPED)
def python(request: pytest.FixtureRequest) -> str:
    """Each Python that splunkd ships. A missing one fails the test."""
    found = pythons.find(request.param)
    assert found, f"Python {request.param} is not installed: the command was NOT tested with it"
    return found


def know_the_contract(splunkd: Splunkd) -> None:
    """Getinfo has a second to ask for it; a busy machine may need a few."""
    for _ in range(9):
        with score(splunkd) as process:
            if process.getinfo()["required_fields"] != ["*"]:
                return


def columns(table: Table, names: list[str]) -> list[list[str]]:
    places = [table.header.index(name) for name in names]
    return [[row[at] for at in places] for row in table.rows]


def test_the_strange_logons_come_first_with_their_reasons(splunkd: Splunkd, python: str) -> None:
    sent = logons(1000, 6000, ODD)
    chunks = [Table(HEADER, sent.rows[at : at + 300]) for at in range(0, 1000, 300)]
    know_the_contract(splunkd)
    with score(splunkd, "explain=5", python=python) as process:
        info = process.getinfo
        process.getinfo = lambda preview=False: _noted(info(preview))  # type: ignore[method-assign]
        back = search.run(process, chunks)
        assert process.end() == 0, process.show()
    assert columns(back, HEADER) == sent.rows
    rows = back.dicts()
    assert {row["ai_status"] for row in rows} == {"scored"}, process.show()
    ranked = sorted(range(1000), key=lambda at: -float(rows[at]["ai_score"]))
    assert {at + 6000 for at in ranked[:2]} == ODD
    assert all("vault" in rows[at]["ai_reasons"] or "203.0.113.9" in rows[at]["ai_reasons"] for at in ranked[:2])
    assert not process.texts("WARN")


def _noted(info: dict[str, object]) -> dict[str, object]:
    asked = info["required_fields"]
    assert isinstance(asked, list) and {"user", "dest", "src", "action", "_time"} <= set(asked)
    assert "_raw" not in asked and "*" not in asked, "the contract of the model was not used"
    return info


def test_the_same_search_gives_the_same_scores_under_every_merge(splunkd: Splunkd, any_python: str) -> None:
    sent = logons(200, 6000, ODD)
    found = []
    for merge in (Merge(), Merge(False, False), Merge(True, False, True)):
        with score(splunkd, "explain=none", python=any_python) as process:
            back = search.run(process, [Table(HEADER, sent.rows[:120]), Table(HEADER, sent.rows[120:])], merge)
        found.append(columns(back, ["_time", "user", "ai_score", "ai_event_id", "ai_status"]))
    assert found[0] == found[1] == found[2]


@pytest.fixture
def any_python() -> str:
    return pythons.best(",".join(pythons.SHIPPED))


def test_killing_the_sidecar_in_a_search_of_50000_loses_no_row(
    splunkd: Splunkd, sidecar: SidecarProcess, any_python: str
) -> None:
    sent = logons(50_000, 6000)
    chunks = [Table(HEADER, sent.rows[at : at + 5000]) for at in range(0, 50_000, 5000)]

    def killing() -> Iterator[Table]:
        for number, chunk in enumerate(chunks):
            # The stand-in reads one chunk ahead: the fifth chunk is being scored when the seventh is asked for.
            if number == 6:
                sidecar.kill()
            yield chunk

    with score(splunkd, "explain=none", python=any_python) as process:
        started = time.monotonic()
        back = search.run(process, killing())
        assert time.monotonic() - started < 40
        assert process.end() == 0, process.show()
    assert columns(back, HEADER) == sent.rows
    statuses = [row["ai_status"] for row in back.dicts()]
    assert statuses == ["scored"] * 25_000 + ["unscored"] * 25_000
    lost = [row for row in back.dicts() if row["ai_status"] == "unscored"]
    assert {row["ai_note"] for row in lost} == {"sidecar_down"} and {row["ai_score"] for row in lost} == {""}
    (warning,) = process.texts("WARN")
    assert "25000 of 50000 rows are unscored" in warning


def test_killing_the_sidecar_inside_a_request_labels_that_chunk(
    splunkd: Splunkd, sidecar: SidecarProcess, any_python: str
) -> None:
    sent = logons(20_000, 6000)
    with score(splunkd, "explain=all", python=any_python) as process:
        process.getinfo()
        sidecar.freeze()  # else the answer may be there before the end is
        threading.Timer(0.4, sidecar.kill).start()
        back = Table(*frames.from_csv(process.execute(frames.to_csv(sent.header, sent.rows), True).body))
        assert process.end() == 0
    assert columns(back, HEADER) == sent.rows
    assert {(row["ai_status"], row["ai_note"]) for row in back.dicts()} == {("unscored", "sidecar_down")}


def test_an_unscored_row_has_the_event_id_a_score_gives_it(splunkd: Splunkd, sidecar: SidecarProcess) -> None:
    sent = logons(50, 6000)
    know_the_contract(splunkd)
    with score(splunkd) as process:
        scored = search.run(process, [sent]).dicts()
    with score(splunkd) as process:
        process.getinfo()
        sidecar.kill()
        process.getinfo = lambda preview=False: {"required_fields": ["*"]}  # type: ignore[method-assign]
        lost = search.run(process, [sent]).dicts()
    assert {row["ai_status"] for row in lost} == {"unscored"}
    assert [row["ai_event_id"] for row in lost] == [row["ai_event_id"] for row in scored]
    assert len({row["ai_event_id"] for row in lost}) == 50


def test_models_are_listed_shown_and_changed_only_by_an_admin(splunkd: Splunkd) -> None:
    def ask(*args: str, user: User | None = None) -> tuple[Table, CommandProcess]:
        with CommandProcess(splunkd, "aimodels", list(args), user=user) as process:
            process.getinfo()
            reply = process.execute(b"", False)

            return Table(*frames.from_csv(reply.body)), process

    (model,) = ask()[0].dicts()
    assert (model["model"], model["state"], model["rows"]) == ("logon", "ready", "6000")
    fields = {(row["field"], row["role"]) for row in ask("action=contract", "model=logon")[0].dicts()}
    assert {("user", "entity"), ("_time", "time"), ("dest", "input")} <= fields
    assert ask("action=show", "model=logon")[0].header == ["key", "value"]
    version = model["champion"]
    engineer = splunkd.log_in("eve", "aiscore_engineer")
    back, process = ask("action=retire", "model=logon", f"version={version}", user=engineer)
    assert not back.rows and "admin" in process.texts("ERROR")[0]
    assert ask()[0].dicts()[0]["champion"] == version


def test_an_analyst_scores_but_does_not_fit(splunkd: Splunkd) -> None:
    analyst = splunkd.log_in("bo", "aiscore_analyst")
    with CommandProcess(splunkd, "aiscore", ["model=logon"], user=analyst) as process:
        assert {row["ai_status"] for row in search.run(process, [logons(3, 6000)]).dicts()} == {"scored"}
    with CommandProcess(splunkd, "aifit", ["model=mine"], user=analyst) as process:
        process.getinfo()

        table = logons(3)
        assert process.execute(frames.to_csv(table.header, table.rows), True).body == b""
        assert process.end() == 1 and "fit" in process.texts("ERROR")[0]


def test_an_unknown_model_and_a_wrong_secret_are_told(splunkd: Splunkd) -> None:
    with CommandProcess(splunkd, "aiscore", ["model=nobody"]) as process:
        assert {row["ai_note"] for row in search.run(process, [logons(3)]).dicts()} == {"no_model"}, process.show()
    splunkd.keep_secret("0" * 64)
    with score(splunkd) as process:
        assert {row["ai_note"] for row in search.run(process, [logons(3)]).dicts()} == {"auth"}, process.show()


def test_over_tls(home: Path, installed: InstalledApp, python: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, trusted = tmp_path / "chain.pem", tmp_path / "key.pem", tmp_path / "ca.pem"
    certificate.private_key_pem.write_to_path(key)
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(chain, append=True)
    authority.cert_pem.write_to_path(trusted)
    key.chmod(0o600)
    server = SidecarProcess(home, tls=(chain, key))
    try:
        server.wait_until_ready()
        with Splunkd(installed) as splunkd:
            splunkd.keep_secret(server.secret())
            splunkd.configure(url=server.url, ca_file=trusted)
            with score(splunkd, python=python) as process:
                back = search.run(process, [logons(100, 6000), logons(100, 6100)]).dicts()
                assert {row["ai_status"] for row in back} == {"scored"}, process.show() + server.log()
            splunkd.configure(ca_file="")
            with score(splunkd, python=python) as process:
                assert {row["ai_note"] for row in search.run(process, [logons(3)]).dicts()} == {"tls"}
    finally:
        server.kill()


def test_the_pipe_for_people(served: SidecarProcess, tmp_path: Path) -> None:
    sent = logons(500, 6000, ODD)
    events = tmp_path / "events.csv"
    with events.open("w", newline="") as file:
        csv.writer(file).writerows([sent.header, *sent.rows])
    secret = served.home / "keys" / "ticket.key"
    program = [sys.executable, "-m", "tests.splunkd.pipe"]
    done = subprocess.run(
        [*program, "aiscore model=logon", "--events", str(events), "--sidecar", served.url]
        + ["--secret-file", str(secret), "--chunk-rows", "200"],
        cwd=package.ROOT,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    back = list(csv.DictReader(done.stdout.decode().splitlines(keepends=True)))
    assert [row["_raw"] for row in back] == [row[HEADER.index("_raw")] for row in sent.rows]
    assert {row["ai_status"] for row in back} == {"scored"}
    wrong = subprocess.run(
        [*program, "aiscore", "--events", str(events)], cwd=package.ROOT, capture_output=True, text=True, timeout=60
    )
    assert wrong.returncode == 1 and "ERROR" in wrong.stderr and not wrong.stdout
