"""The shipped app holds together; and of every kind of fault, planted into a copy, the checker says what it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from splunk_app import package
from splunk_app.searches.definitions import definitions
from tests.splunkd.check.__main__ import main
from tests.splunkd.check.app import findings
from tests.splunkd.check.mitre import KILL_CHAIN_PHASES, TECHNIQUES
from tests.splunkd.check.planting import SAVED, SCORE, Plant, change
from tests.splunkd.check.twins import TWINS

COPIED = ("default", "metadata", "README", "lookups", "appserver")


def test_the_shipped_app_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out
    assert "0 findings" in capsys.readouterr().out


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The app's confs and views; its programs are those of the sources."""
    folder = tmp_path / "splunk_app"
    for name in COPIED:
        if (package.HERE / name).is_dir():
            shutil.copytree(package.HERE / name, folder / name)
    (folder / "bin").symlink_to(package.HERE / "bin")
    return folder


def test_a_copy_has_none_and_a_conf_written_anew_neither(copy: Path) -> None:
    change("app", "install", "build", "2")(copy)
    change(SAVED, SCORE, "description", "Written anew.")(copy)
    assert findings(copy) == []


@pytest.mark.parametrize(("plant", "words"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_a_planted_fault_is_told(copy: Path, plant: Plant, words: str) -> None:
    plant(copy)
    told = [str(one) for one in findings(copy)]
    assert any(words in one for one in told), told


STUDIO = """<dashboard version="2" theme="light"><label>Scores</label><definition><![CDATA[{
  "inputs": {"one": {"type": "input.text", "options": {"token": "id"}},
             "two": {"type": "input.timerange", "options": {"token": "when", "defaultValue": "-24h@h,now"}}},
  "dataSources": {"scores": {"type": "ds.search", "options": {"query": "QUERY"}},
                  "more": {"type": "ds.chain", "options": {"extend": "scores", "query": "| head 1"}}},
  "visualizations": {"table": {"type": "splunk.table", "dataSources": {"primary": "more"}}}
}]]></definition></dashboard>"""
QUERY = 'search index=summary source=\\"AIScore - Scores\\" ai_event_id=$id|s$ | table _time ai_score'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", ""),
        ("$id|s$", "$id$", "puts what somebody typed"),
        ("$id|s$", "$gone|s$", "the token $gone$ is never set"),
        ("ai_score", "ai_scores", "table uses the field ai_scores"),
        ('"primary": "more"', '"primary": "gone"', "table shows gone, which does not exist"),
        ('"extend": "scores"', '"extend": "gone"', "more extends gone, which does not exist"),
        ('"inputs": {', '"inputs": [', "its definition is not JSON"),
    ],
)
def test_a_studio_dashboard_is_looked_into(copy: Path, old: str, new: str, words: str) -> None:
    page = STUDIO.replace("QUERY", QUERY).replace(old, new)
    (copy / "default" / "data" / "ui" / "views" / "studio.xml").write_text(page)
    told = [str(one) for one in findings(copy)]
    assert any(words in one for one in told) if words else told == []


def test_findings_fail_the_program(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(SAVED, SCORE, "disabled", "0")(copy)
    assert main([str(copy)]) == 1
    told = capsys.readouterr().out
    assert f"savedsearches.conf [{SCORE}]: is not shipped disabled. To mend: set disabled = 1" in told
    assert "1 findings" in told


def test_the_definitions_say_of_techniques_what_attack_says() -> None:
    for name, technique in definitions().techniques.items():
        assert (technique.name, technique.tactics) == TECHNIQUES[name]
        assert set(technique.kill_chain_phases) <= set(KILL_CHAIN_PHASES)
