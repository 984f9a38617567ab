"""Everything together: events in, searches on their schedule, risk events, notables and alerts out."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.splunkd import small_app
from tests.splunkd.dispatch import RunReport
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.splunk import Splunk

HOUR = 3600.0
DAY = 1_767_225_600.0
"""A midnight."""

SEARCHES = r"""
[A - Score]
search = `input` | aiscore | table _time user score note \
| collect `target`
enableSched = 1
cron_schedule = 0 * * * *
realtime_schedule = 0
dispatch.earliest_time = -1h@h
dispatch.latest_time = @h
disabled = 1

[B - High - Rule]
search = search `target` source="A - Score" score>=10 user!="*$$" | eval src="10.0.0.1"
enableSched = 1
cron_schedule = 5 * * * *
dispatch.earliest_time = -24h
dispatch.latest_time = now
counttype = number of events
relation = greater than
quantity = 0
alert.suppress = 1
alert.suppress.fields = user
alert.suppress.period = 24h
alert.track = 1
alert.severity = 4
action.risk = 1
action.risk.param._risk = [{"risk_object_field": "user", "risk_object_type": "user", "risk_score": 40}]
action.risk.param._risk_message = $user$ got $score$
disabled = 1

[C - Stack - Rule]
search = | tstats sum(All_Risk.calculated_risk_score) AS total from datamodel=Risk.All_Risk by All_Risk.risk_object \
| rename All_Risk.* AS * | rename risk_object AS entity | where total>=40
enableSched = 1
cron_schedule = 10 * * * *
dispatch.earliest_time = -24h
dispatch.latest_time = now
counttype = number of events
relation = greater than
quantity = 0
action.notable = 1
action.notable.param.rule_title = $entity$ has $total$
action.notable.param._entities = [{"risk_object_field": "entity", "risk_object_type": "user", "risk_score": 0}]
disabled = 1

[D - Each]
search = index=auth | table user
counttype = number of events
relation = greater than
quantity = 1
alert.digest_mode = 0
alert.track = 1
dispatch.earliest_time = 0

[E - Kept]
search = | makeresults | eval n=7
action.summary_index = 1
action.summary_index._name = summary
action.summary_index.kind = head

[F - Fails]
search = | nothing

[G - Act]
search = index=auth | table user
action.note = 1
action.note.param.code = 5

[H - Custom]
search = index=auth | stats count
counttype = custom
alert_condition = search count>2
alert.track = 1
"""
COMMAND = r"""
# a command that doubles n
import csv, io, json, sys
def read():
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit()
    _, head, body = line.decode().split(",")
    metadata = json.loads(sys.stdin.buffer.read(int(head)))
    return metadata, sys.stdin.buffer.read(int(body)).decode()
def write(metadata, body=""):
    head, body = json.dumps(metadata).encode(), body.encode()
    sys.stdout.buffer.write(b"chunked 1.0,%d,%d\n" % (len(head), len(body)) + head + body)
    sys.stdout.buffer.flush()
info, _ = read()
write({"type": "stateful", "required_fields": ["n"]})
while True:
    metadata, body = read()
    rows = list(csv.DictReader(io.StringIO(body)))
    if any(row["n"] == "666" for row in rows):
        write({"finished": True, "inspector": {"messages": [["ERROR", "no {luck} with 666"]]}})
        sys.exit(1)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["_chunked_idx", "score"])
    writer.writerows([row["_chunked_idx"], int(row["n"]) * 2] for row in rows)
    more = {"inspector": {"messages": [["INFO", "%d rows" % len(rows)]]}}
    write({"finished": metadata["finished"], **more}, out.getvalue())
    if metadata["finished"]:
        break
"""
ACTION = """
import json, sys
sys.exit(int(json.load(sys.stdin)["configuration"]["code"]))
"""
HOSTILE = 'x"] | delete [search *] $user$ `input` a="b", score="999", \\ \n=ü'


@pytest.fixture
def splunk(tmp_path: Path) -> Iterator[Splunk]:
    origin = small_app.folder(
        tmp_path / "origin",
        savedsearches=SEARCHES,
        macros="[input]\ndefinition = search index=auth\n[target]\ndefinition = index=summary\n",
        commands="[aiscore]\nchunked = true\nfilename = aiscore.py\npython.required = 3.9,3.13\n",
        alert_actions="[note]\nis_custom = 1\npayload_format = json\npython.required = 3.13\nparam.code = 0\n",
        transforms="[people]\nfilename = people.csv\n",
        lookups__people="user,team\nann,red\n",
        bin__aiscore=COMMAND,
        bin__note=ACTION,
    )
    with Splunk(tmp_path / "home", origin, now_s=DAY, country={"1.1.1.1": "Freedonia"}.get) as running:
        yield running


def sign_ins(*rows: tuple[float, str, int]) -> pl.DataFrame:
    """(hours after midnight, user, n)."""
    return pl.DataFrame({"_time": [DAY + hours * HOUR for hours, _, _ in rows]}).with_columns(
        pl.Series("user", [user for _, user, _ in rows]), pl.Series("n", [n for _, _, n in rows])
    )


def told(reports: Iterator[RunReport]) -> list[tuple[str, float, int, int, int]]:
    found = []
    for report in reports:
        assert report.ok, report.error
        minutes = (report.scheduled_s - DAY) / 60
        found.append((report.name[0], minutes, report.rows_in, report.rows_out, report.risk_events + report.notables))
    return found


def test_from_events_to_a_notable(splunk: Splunk) -> None:
    splunk.add_events("auth", sign_ins((0.2, "ann", 6), (0.4, "bob", 1), (0.6, "PC$", 9), (1.5, "ann", 8)))
    splunk.enable("A - Score", "B - High - Rule", "C - Stack - Rule")
    assert told(splunk.run(DAY + 2.2 * HOUR)) == [
        ("B", 5, 0, 0, 0),
        ("C", 10, 0, 0, 0),
        ("A", 60, 3, 3, 0),
        ("B", 65, 3, 1, 1),
        ("C", 70, 1, 1, 1),
        ("A", 120, 1, 1, 0),
        # ann is silent for a day, the notable is not throttled
        ("B", 125, 4, 2, 0),
        ("C", 130, 1, 1, 1),
    ]
    (risk,) = splunk.search("index=risk").to_dicts()
    assert (risk["_time"], risk["source"], risk["orig_rid"]) == (DAY + 0.2 * HOUR, "B - High - Rule", "0")
    assert (risk["risk_object"], risk["risk_score"], risk["risk_message"]) == ("ann", "40", "ann got 12")
    assert risk["orig_source"] == "A - Score" and risk["orig_sid"].startswith("scheduler__")
    assert [notable.title for notable in splunk.desk.notables] == ["ann has 40", "ann has 40"]
    assert [notable["_time"] for notable in splunk.search("index=notable").to_dicts()] == [
        DAY + 130 * 60,
        DAY + 70 * 60,
    ]
    assert [(alert.name, alert.severity) for alert in splunk.desk.alerts] == [("B - High - Rule", 4)]


def test_an_outage_is_made_up_for_with_the_times_of_the_periods(splunk: Splunk) -> None:
    splunk.add_events("auth", sign_ins((0.2, "ann", 1), (1.2, "ann", 2), (2.2, "ann", 3)))
    splunk.enable("A - Score", "B - High - Rule")
    splunk.stand_still(DAY + 3.5 * HOUR)
    assert [(name, at, rows) for name, at, rows, _, _ in told(splunk.run(DAY + 3.6 * HOUR))] == [
        ("A", 60, 1),
        ("A", 120, 1),
        ("A", 180, 1),
    ]
    found = splunk.search("index=summary").to_dicts()
    assert {event["_indextime"] for event in found} == {DAY + 3.5 * HOUR}
    assert [event["score"] for event in found] == ["6", "4", "2"]
    # now() is the scheduled time, though the search runs later.
    assert [float(event["info_search_time"]) - DAY for event in found] == [3 * HOUR, 2 * HOUR, HOUR]
    assert [float(event["info_min_time"]) - DAY for event in found] == [2 * HOUR, HOUR, 0]


def test_a_value_never_becomes_anything_else(splunk: Splunk) -> None:
    splunk.add_events("auth", sign_ins((0.2, HOSTILE, 7)))
    splunk.enable("A - Score", "B - High - Rule", "C - Stack - Rule")
    assert all(report.ok for report in splunk.run(DAY + 1.5 * HOUR))
    (risk,) = splunk.search("index=risk").to_dicts()
    assert (risk["risk_object"], risk["score"]) == (HOSTILE, "14")
    assert splunk.desk.notables[0].entity == HOSTILE


def test_risk_of_a_row_without_a_time_is_of_the_run(splunk: Splunk) -> None:
    splunk.add_events("auth", sign_ins((0.2, "ann", 6)))
    splunk.app.set_local("savedsearches", "B - High - Rule", {"search": "index=auth | stats count BY user"})
    assert splunk.run_once("B - High - Rule", DAY + HOUR).risk_events == 1
    (risk,) = splunk.search("index=risk", latest="+1d").to_dicts()
    assert (risk["_time"], "orig_time" in risk, risk["count"]) == (DAY + HOUR, False, "1")


def test_results_on_their_own_and_conditions(splunk: Splunk) -> None:
    assert splunk.run_once("D - Each").alerts == 0
    splunk.add_events("auth", sign_ins((0.1, "ann", 1), (0.2, "bob", 2)))
    report = splunk.run_once("D - Each", DAY + HOUR)
    assert (report.rows_out, report.alerts) == (2, 2)
    assert [alert.results["user"].to_list() for alert in splunk.desk.alerts] == [["bob"], ["ann"]]
    assert splunk.run_once("H - Custom", DAY + HOUR).alerts == 0
    splunk.add_events("auth", sign_ins((0.3, "eve", 3)))
    assert splunk.run_once("H - Custom", DAY + HOUR).alerts == 1


def test_the_summary_action_keeps_results_under_the_search_s_name(splunk: Splunk) -> None:
    assert splunk.run_once("E - Kept").collected == 1
    (event,) = splunk.search('index=summary source="E - Kept"', latest="+1m").to_dicts()
    assert (event["n"], event["kind"], event["search_name"]) == ("7", "head", "E - Kept")


def test_a_failing_search_is_reported_and_the_next_goes_on(splunk: Splunk) -> None:
    splunk.add_events("auth", sign_ins((0.2, "ann", 666), (1.2, "ann", 1)))
    splunk.enable("A - Score")
    first, second = splunk.run(DAY + 2 * HOUR)
    assert not first.ok and first.error == "Error in 'aiscore' command: no {luck} with 666"
    assert ("ERROR", "no {luck} with 666") in first.messages
    assert second.ok and second.collected == 1 and ("INFO", "1 rows") in second.messages
    with pytest.raises(SplError, match="luck"):
        splunk.search("index=auth | aiscore", latest="+1d")
    assert "nothing" in splunk.run_once("F - Fails").error


def test_a_failing_action_is_reported(splunk: Splunk) -> None:
    splunk.add_events("auth", sign_ins((0.2, "ann", 1)))
    report = splunk.run_once("G - Act", DAY + HOUR)
    assert report.error == "action note: it ended with exit code 5: "
    assert splunk.send_alert("note", report.results).code == 0
    assert [ran.code for ran in splunk.desk.action_runs] == [5, 0]


def test_rows_come_in_chunks_and_in_order(splunk: Splunk) -> None:
    rows = 20_001
    events = pl.DataFrame({"_time": [DAY + n / 10 for n in range(rows)], "n": list(range(1000, 1000 + rows))})
    splunk.add_events("auth", events)
    splunk.stand_still(DAY + HOUR)
    found = splunk.search("index=auth | aiscore | table n score")
    assert found["score"].to_list() == [str(2 * n) for n in reversed(range(1000, 1000 + rows))]


def test_what_surrounds_a_search(splunk: Splunk) -> None:
    assert splunk.world.lookup("people").table.to_dicts() == [{"user": "ann", "team": "red"}]
    assert splunk.world.country("1.1.1.1") == "Freedonia" and splunk.world.country("10.0.0.1") is None
    assert "_raw" in splunk.world.events(("auth",), 0, 1).columns
    assert splunk.world.saved_search("B - High - Rule").count("$") == 1
    for wrong in ("none", "F"):
        with pytest.raises(SplError, match="Unable to find saved search"):
            splunk.world.saved_search(wrong)
    with pytest.raises(SplError, match="404"):
        splunk.world.rest("/services/no/such")


def test_a_wrong_stanza_is_an_error(splunk: Splunk) -> None:
    with pytest.raises(NotSupported, match="alert.supress"):
        splunk.enable("A - Score", alert__supress="1")
