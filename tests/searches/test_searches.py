"""The table of `make searches`: that all is right, and that what is not right is told."""

from __future__ import annotations

import pytest

from tests.searches import __main__ as program
from tests.searches.runs import Sheet
from tests.splunkd import site
from tests.splunkd.dispatch import RunReport
from tests.splunkd.splunk import Splunk


def test_every_search_macro_view_and_command_runs() -> None:
    sheet = program.run(users=60, hours=1.5)
    assert {line.name: line.faults for line in sheet.lines.values() if not line.ok} == {}
    assert len(sheet.lines) > 100 and sheet.line("AIScore - Score authentication").runs == 3


def test_a_line_that_failed_never_ran_or_led_to_nothing_is_not_ok(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = Sheet()
    for name in ("good", "failed", "empty"):
        sheet.line(name).add(RunReport(name, 0.0, 5, 1, error="broken" if name == "failed" else ""))
    sheet.line("idle")
    sheet.expect("empty", False, "a row")
    assert [line.name for line in sheet.lines.values() if line.ok] == ["good"]
    monkeypatch.setattr(program, "run", lambda users, hours: sheet)
    assert program.main([]) == 1
    told = capsys.readouterr().out
    assert "NOT OK search failed: broken" in told and "NOT OK search idle: never ran" in told
    assert told.splitlines()[-1] == "4 lines, 3 runs, 15 rows in, 0 risk events, 0 notables, 0 seconds: 1 ok, 3 not ok"


def test_all_right_is_exit_status_0(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = Sheet()
    sheet.line("good").add(RunReport("good", 0.0))
    monkeypatch.setattr(program, "run", lambda users, hours: sheet)
    assert program.main([]) == 0


@pytest.mark.parametrize(
    ("search", "told"),
    [
        ("| nosuchcommand", "nosuchcommand"),
        ("| `nosuchmacro`", "nosuchmacro"),
        ("| makeresults | lookup nosuchlookup a OUTPUT b", "nosuchlookup"),
        ("| makeresults | eval a=nosuchfunction(1)", "nosuchfunction"),
        ("| makeresults | where (a=1", "where"),
        ("| makeresults | aiscore model=authentication nosuchoption=1", "nosuchoption"),
    ],
)
def test_a_broken_search_is_reported_and_names_what_is_wrong(splunk: Splunk, search: str, told: str) -> None:
    splunk.app.set_local("savedsearches", site.HEALTH, {"search": search})
    assert told in splunk.run_once(site.HEALTH).error
