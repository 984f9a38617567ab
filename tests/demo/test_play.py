"""The demo as a whole, on a small company, with its real child processes; and that it leaves none behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import requests
from rich.console import Console

from sidecar.demo import starting
from sidecar.demo.play import _rows_of, main, play
from sidecar.demo.schedule import run_schedule
from sidecar.demo.screen import Screen
from sidecar.demo.search import checkout, run_command
from sidecar.demo.service import Service, environment, serving
from sidecar.demo.words import score_text
from sidecar.errors import OutsideError

PATIENCE_S = 60.0


def _listens(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def test_the_demo_plays_from_simulation_to_report(tmp_path: Path) -> None:
    console = Console(record=True, width=140)
    evidence, watch = play(tmp_path, seed=7, users=60, screen=Screen(console), hours=2)
    said = " ".join(console.export_text().split())
    assert evidence.scored["ai_status"].unique().to_list() == ["scored"]
    assert "simulated company" in said and "Splunk itself is not here" in said
    first = evidence.aiscore.alerts.row(0, named=True)
    assert first["user"] in said and score_text(first["ai_score"]) in said
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert first["user"] in page and f"{evidence.simulated:,}" in page
    assert "What the severities promise" in page and 'class="seen" points="' in page
    runs = pl.read_csv(tmp_path / "played" / "runs.csv", schema_overrides={"error": pl.String})
    assert (len(runs), watch.failed) == (watch.runs, 0) and f"{watch.runs:,} runs of {watch.searches} searches" in page
    begin = evidence.scored["_time"][0]
    assert watch.counts.scored == (evidence.scored["_time"] < begin // 86_400 * 86_400 + 1.5 * 3_600).sum()
    assert f"{watch.counts.scored:,} events scored" in said and "The notables" in said
    for name in ("first-10-days.csv", "last-4-days.csv"):
        assert {"story", "label"}.isdisjoint(pl.read_csv(tmp_path / name, n_rows=1).columns)


def test_progress_is_told_where_no_bar_can_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.demo.screen.LINE_EVERY_S", -1.0)
    console = Console(record=True, width=140, force_terminal=False)
    with Screen(console).step("work [x]", 10) as show:
        show(5, "half [done]")
    assert [line.split() for line in console.export_text().splitlines()] == [
        ["half", "[done]"], ["done", "work", "[x]", "0.0", "s"],
    ]  # fmt: skip


def test_searches_that_fail_are_told_with_their_own_words(tmp_path: Path) -> None:
    """No events to fit from: the process says so, and the demo with it."""
    (tmp_path / "log").write_text("")
    for name in ("first-10-days.csv", "last-4-days.csv"):
        (tmp_path / name).write_text(
            "_time,user,src,src_country,dest,app,action,bytes_out\n1772409600,a,b,DE,c,d,success,1\n"
        )
    with (
        serving(tmp_path / "home", tmp_path / "log") as service,
        pytest.raises(OutsideError, match="the searches on their schedule failed") as told,
    ):
        run_schedule(tmp_path, 1, service, lambda _: None)
    assert "AIScore - First fit authentication" in str(told.value)


def test_the_sidecar_ends_with_the_demo_and_its_secrets_are_new_each_time(tmp_path: Path) -> None:
    def served() -> Service:
        with pytest.raises(KeyboardInterrupt), serving(tmp_path / "home", tmp_path / "log") as service:
            assert _listens(service.url)
            secrets.append(service.secret.read_bytes())
            raise KeyboardInterrupt
        return service

    secrets: list[bytes] = []
    first, second = served(), served()
    assert not _listens(first.url) and not _listens(second.url)
    assert first.process.returncode is not None and second.process.returncode is not None
    assert secrets[0] != secrets[1]


def test_a_sidecar_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(OutsideError, match="did not become ready") as told,
        serving(tmp_path / "file" / "home", tmp_path / "log"),
    ):
        pass
    assert (tmp_path / "log").read_text().splitlines()[-1] in str(told.value)


def test_a_command_that_fails_is_told_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("_time,user\n1,a\n")
    (tmp_path / "log").write_text("")
    with serving(tmp_path / "home", tmp_path / "log") as service, pytest.raises(OutsideError, match="no_such_option"):
        run_command("aiscore no_such_option=1", tmp_path / "events.csv", tmp_path / "out.csv", service)


@pytest.mark.parametrize("begun", ["home/keys/ticket.key", "runs.jsonl"])
def test_ending_the_demo_ends_its_sidecar_and_its_searches(tmp_path: Path, begun: str) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "sidecar.cli", "demo", "--users", "60", "--out", str(tmp_path)],
        cwd=checkout(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    give_up = time.monotonic() + PATIENCE_S
    while not (tmp_path / begun).exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    lock = tmp_path / "home" / "serve.lock"
    assert lock.exists()
    demo.send_signal(signal.SIGTERM)
    said, _ = demo.communicate(timeout=PATIENCE_S)
    assert demo.returncode == 130 and "interrupted" in said
    homes = [_words(process) for process in Path("/proc").glob("[0-9]*")]
    assert not any(str(tmp_path) in words for words in homes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_until_what_is_started_has_a_name(number: int) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupted) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        child = None
        with pytest.raises(KeyboardInterrupt), starting.whole():
            os.kill(os.getpid(), number)
            child = "started"
        assert child == "started"
        with starting.whole():
            pass
        assert signal.getsignal(number) is interrupted
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _words(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def test_without_a_checkout_the_demo_says_what_it_needs(tmp_path: Path) -> None:
    for name in ("models", "sidecar"):
        shutil.copytree(checkout() / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    run = subprocess.run(
        [sys.executable, "-m", "sidecar.cli", "demo"], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "checkout" in run.stdout + run.stderr


def test_settings_of_another_sidecar_do_not_reach_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISCORE_TICKET_SECRET", "of another")
    assert "AISCORE_TICKET_SECRET" not in environment()


def test_only_finished_lines_of_scoring_requests_count() -> None:
    assert _rows_of('{"route": "/v1/score", "rows": 10000}') == 10_000
    assert _rows_of('{"route": "/v1/fit", "rows": 10000}') == 0
    assert _rows_of('{"route": "/v1/score", "ro') == 0


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(option in said for option in ("--seed", "--users", "--out"))
