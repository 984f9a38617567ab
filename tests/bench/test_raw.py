"""The measuring of raw sets: files found by what they hold, every record counted once, the label taken out."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bench import raw
from bench.raw_sets import STRATUS, raw_sets


def record(name: str, source: str = "iam.amazonaws.com", agent: str = "aws-cli/2") -> dict[str, Any]:
    identity = {"type": "IAMUser", "userName": "ana"}
    at = {"eventTime": "2026-02-03T04:05:06Z", "userAgent": agent, "userIdentity": identity}
    return {"eventName": name, "eventSource": source, **at}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets: CloudTrail files in an archive, and a Splunk export beside what is none."""
    cloud, office = tmp_path / "cloud", tmp_path / "office"
    cloud.mkdir()
    office.mkdir()
    files = [
        [record("CreateUser"), record("ListUsers", agent=f"{STRATUS}x")],
        [record("ConsoleLogin", "signin.amazonaws.com")],
    ]
    with tarfile.open(cloud / "trail.tar.gz", "w:gz") as tar:
        for number, records in enumerate(files):
            content = json.dumps({"Records": records}).encode()
            member = tarfile.TarInfo(f"a/{number}.json")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["_time", "_raw"])
    audit = {"CreationTime": "x", "RecordType": 1, "Workload": "Exchange", "UserId": "bo"}
    for operation in ("Set-Mailbox", "UserLoggedIn", "AlertTriggered"):
        writer.writerow(["1700000000", json.dumps(audit | {"Operation": operation})])
    writer.writerow(["1700000000", "what nobody knows"])
    (office / "export.csv.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    (office / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (office / "other.json").write_text("[1]", encoding="utf-8")
    return tmp_path


def test_sets_are_found_and_the_label_is_taken_out(data: Path) -> None:
    cloud, office = raw_sets(data)
    assert (cloud.name, office.name) == ("cloud", "office")
    assert sorted(cloud.events["label"].to_list()) == [0, 0, 1] and office.events["label"].null_count() == 4
    assert not cloud.events["_raw"].str.contains(STRATUS).any()
    assert [one.name for one in raw_sets(data, "office")] == ["office"]


def test_records_in_a_list_and_a_line_each(tmp_path: Path) -> None:
    audit = {"CreationTime": "2026-02-03T04:05:06", "Operation": "Set-Mailbox"}
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "a.json").write_text(json.dumps([audit, {"other": 1}, 7]), encoding="utf-8")
    lines = [json.dumps(audit), "no JSON", json.dumps(record("CreateUser")), "null"]
    (tmp_path / "list" / "b.json").write_text("\n".join(lines), encoding="utf-8")
    (found,) = raw_sets(tmp_path)
    assert found.events["_time"].to_list() == [1_770_091_506.0] * 3
    assert found.events["label"].to_list() == [None, None, 0]


def test_every_record_is_mapped_or_left_out_with_a_reason(data: Path) -> None:
    found = raw.measured(data)
    assert (found["raw_records"], found["raw_mapped"], found["raw_left_out_with_reason"]) == (7, 5, 2)
    assert found["raw_accounted_share"] == 1.0
    sets = found["raw_sets"]
    assert sets["cloud"]["recipes"]["change"] == 2 and sets["cloud"]["recipes"]["authentication"] == 1
    assert sets["office"]["reasons"] == {
        "an alert: not what an account did": 1,
        "in none of the known forms": 1,
    }
    assert all(one["mapped_twice"] == 0 for one in sets.values())
    lines = raw.lines_of(found)
    assert any("| cloud | 3 |" in line for line in lines) and any("100.0%" in line for line in lines)


def test_where_there_is_nothing_it_says_so(tmp_path: Path) -> None:
    found = raw.measured(tmp_path)
    assert found["raw_accounted_share"] is None and raw.lines_of(found) == ["No raw events were found."]


@pytest.mark.parametrize("recipe", raw.readers())
def test_every_recipe_that_reads_raw_events_gets_the_fields_of_its_model(data: Path, recipe: str) -> None:
    inputs = set(raw.load_recipe(recipe).spec.inputs())
    for one in raw_sets(data):
        rows = raw.rows_of(one, recipe)
        assert inputs <= set(rows.columns) and rows.height == raw.of_set(one)["recipes"][recipe]
