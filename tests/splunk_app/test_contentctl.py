"""The copy of the detections for contentctl: what is written, and that a difference would be seen."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

from splunk_app.searches import contentctl
from splunk_app.searches.definitions import definitions

FOUND = definitions()
OURS = contentctl.detections(FOUND)


def test_doctests() -> None:
    assert doctest.testmod(contentctl).failed == 0


def test_every_detection_is_in_the_project_with_its_macros_expanded(tmp_path: Path) -> None:
    contentctl.write(tmp_path, FOUND)
    files = list((tmp_path / "detections" / "application").glob("*.yml"))
    assert len(files) == len(OURS)
    for file in files:
        written = json.loads(file.read_text())
        keys = OURS[f"AIScore - {written['name']} - Rule"]
        assert written["search"].endswith(f"| `{file.stem}_filter`") and written["search"].count("`") == 2
        for field in keys["alert.suppress.fields"].split(","):
            assert field in written["search"]
        assert ("rba" in written) == (keys.get("action.risk") == "1")


def test_the_same_stanzas_have_no_differences() -> None:
    assert list(contentctl.differences(OURS, dict(OURS))) == []


def test_a_difference_is_told() -> None:
    name = next(iter(OURS))
    risk = json.loads(OURS[name]["action.risk.param._risk"])
    risk[0]["risk_score"] += 1
    for key, value in [
        ("action.risk.param._risk", json.dumps(risk)),
        ("action.correlationsearch.annotations", '{"type": "TTP"}'),
        ("alert.suppress.period", "1h"),
    ]:
        changed = OURS | {name: OURS[name] | {key: value}}
        (told,) = contentctl.differences(OURS, changed)
        assert told.startswith(f"[{name}] {key}: ")
    fewer = {other: keys for other, keys in OURS.items() if other != name}
    assert list(contentctl.differences(OURS, fewer)) == [f"[{name}] is only in the app"]


def test_phases_are_those_of_the_tactics() -> None:
    phases = dict.fromkeys(contentctl.TACTICS.values(), "Exploitation")
    told = contentctl.wrong_phases(FOUND, phases)
    assert any(line.startswith("T1048: phases ('Actions on Objectives',)") for line in told)
    assert not any(line.startswith("T1110") for line in told)
