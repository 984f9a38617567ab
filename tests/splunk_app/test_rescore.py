"""The alert action aiscore_rescore, run as splunkd runs it: a child process, the payload on its input."""

import csv
import gzip
import io
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiscore_kit import alert, entity_events, rescore
from hypothesis import example, given
from hypothesis import strategies as st

from splunk_app import package
from splunk_app.searches.definitions import definitions
from splunk_app.searches.stanzas import stanzas
from tests.splunk_app import scripted
from tests.splunk_app.conftest import SECRET
from tests.splunk_app.scripted import Sidecar
from tests.splunk_app.test_confs import conf
from tests.splunk_app.test_hostile_values import BEGIN
from tests.splunk_app.test_hostile_values import rows as scored_rows
from tests.splunkd import results_file
from tests.splunkd.check import inputs
from tests.splunkd.check.searches import follow
from tests.splunkd.check.source import App
from tests.splunkd.rest import Splunkd
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.world import RunningSearch
from tests.splunkd.splunk import Splunk

CONTRACT = [("user", "entity"), ("_time", "time"), ("src", "input"), ("signature", "input"), ("_time", "id")]
HOSTILE = (
    "x\" OR 1=1 | delete [search *] $user$ \\ ' `m` ,;"
    '\r\n2026 ERROR sendmodaction - action_status="success" \x00\u2028ü'
)
EVENT_ID = "0123456789abcdef0123456789abcdef"
Row = dict[str, str]


@dataclass
class Outcome:
    """What a call left behind."""

    code: int
    stderr: str
    log: str
    events: list[dict[str, Any]]

    def statuses(self) -> list[str]:
        return re.findall(r'action_status="(\w+)"', self.log)


@dataclass
class Call:
    """How the action is called; `run` calls it."""

    splunkd: Splunkd
    folder: Path
    python: str

    def results(self, rows: list[Row], name: str = "results.csv.gz") -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
            names = list(dict.fromkeys(field for row in rows for field in row))
            writer = csv.DictWriter(file, names, restval="", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        return str(path)

    def payload(self, rows: list[Row], **changed: Any) -> dict[str, Any]:
        return {
            "app": "search",
            "owner": self.splunkd.user.name,
            "results_file": self.results(rows),
            "results_link": "http://splunk:8000/app/search/@go?sid=1",
            "server_host": "splunk",
            "server_uri": self.splunkd.uri,
            "session_key": self.splunkd.user.session_key,
            "sid": "scheduler__ana__search__RMD5_at_1767225600_1",
            "search_name": "AIScore - Sign-ins - Rule",
            "configuration": {"action_name": "aiscore_rescore"},
            "result": rows[0] if rows else {},
            **changed,
        }

    def run(self, rows: list[Row], **changed: Any) -> Outcome:
        return self.send(json.dumps(self.payload(rows, **changed)))

    def send(self, text: str, *arguments: str) -> Outcome:
        app = self.splunkd.app
        folder = app.home / "var" / "log" / "splunk"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "aiscore_rescore_modalert.log"
        log.unlink(missing_ok=True)
        self.splunkd.received.clear()
        done = subprocess.run(
            [self.python, str(app.folder / "bin" / "aiscore_rescore.py"), *(arguments or ("--execute",))],
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=app.environment(),
            timeout=60,
        )
        told = log.read_text(encoding="utf-8") if log.exists() else ""
        assert not done.stdout and "Traceback" not in done.stderr and SECRET not in told + done.stderr
        assert self.splunkd.user.session_key not in told + done.stderr
        events = [json.loads(event["_raw"]) for event in self.splunkd.received]
        return Outcome(done.returncode, done.stderr, told, events)


@pytest.fixture
def call(splunkd: Splunkd, sidecar: Sidecar, tmp_path: Path, python: str) -> Call:
    sidecar.contract = CONTRACT
    return Call(splunkd, tmp_path, python)


def row(**changed: str) -> Row:
    return {
        "_time": "1767225600.250",
        "user": "ann",
        "src": "10.0.0.1",
        "signature": "odd",
        "ai_event_id": EVENT_ID,
        "ai_score": "0.71",
        "ai_severity": "medium",
        "ai_model": "logon@aaaabbbbcccc/ddddeeeeffff",
        **changed,
    }


def test_each_row_becomes_an_event_with_both_scores(call: Call, sidecar: Sidecar) -> None:
    done = call.run([row(), row(user="bob", ai_model="", model="logon"), row(user="cy", ai_model="vpn@a/b")])
    assert (done.code, done.stderr, done.statuses()) == (0, "", ["success"] * 3)
    assert {(event["index"], event["source"], event["sourcetype"]) for event in call.splunkd.received} == {
        ("summary", "AIScore - Rescored", "aiscore:rescore")
    }
    first = done.events[0]
    (wanted, *_) = scripted.lines(sidecar.scored[0])
    assert first["ai_score"] == wanted[1] != first["ai_score_before"] == "0.71"
    assert (first["ai_event_id"], first["same_input"], first["model"]) == (EVENT_ID, "false", "logon")
    assert first["ai_reasons"].startswith('user="ann"') and first["ai_model_before"] != first["ai_model"]
    assert (first["orig_sid"], first["orig_rid"]) == ("scheduler__ana__search__RMD5_at_1767225600_1", "0")
    assert not {"risk_object", "risk_score", "risk_object_type"} & set(first)
    assert [request.query["model"] for request in sidecar.scored] == ["logon", "vpn"]
    assert [len(request.rows()) for request in sidecar.scored] == [2, 1]
    assert all(request.headers["Authorization"].startswith("Bearer t1.") for request in sidecar.seen)
    assert list(sidecar.scored[0].rows()[0]) == ["user", "_time", "src", "signature"]


def test_the_time_of_an_event_is_where_props_look_for_it(call: Call) -> None:
    call.run([row()])
    stanza = conf("props")["aiscore:rescore"]
    assert re.match(stanza["TIME_PREFIX"] + r"\d{10}\.\d{3}\"", call.splunkd.received[0]["_raw"])
    assert stanza["KV_MODE"] == "json"


def test_no_results_are_no_failure(call: Call, sidecar: Sidecar) -> None:
    for payload in ({}, {"results_file": ""}):
        done = call.run([], **payload)
        assert (done.code, done.events, done.statuses()) == (0, [], ["success"])
        assert "no results" in done.log and not sidecar.seen


def test_one_result_of_a_notable_event(call: Call, sidecar: Sidecar) -> None:
    found = row(
        orig_time="1767220000", _time="1767225660", orig_sid="scheduler_x", orig_rid="7", search_name="R - Rule"
    )
    done = call.run([found], sid="1767230000.12", search_name="")
    assert done.code == 0 and 'action_mode="adhoc"' in done.log and 'digest_mode="1"' in done.log
    assert done.events[0]["orig_sid"] == "scheduler_x" and done.events[0]["orig_rid"] == "7"
    assert done.events[0]["orig_search_name"] == "R - Rule"
    assert sidecar.scored[0].rows()[0]["_time"] == "1767220000"


def test_an_event_is_scored_again_as_of_its_own_millisecond(call: Call, sidecar: Sidecar) -> None:
    found = row(orig_time="1767220000", ai_time="1767220000.123", _time="1767225660")
    assert call.run([found]).code == 0
    assert sidecar.scored[0].rows()[0]["_time"] == "1767220000.123"


@pytest.mark.parametrize("known", ["result_id", "folder", "no file"])
def test_a_call_for_each_result(call: Call, known: str) -> None:
    changed: dict[str, Any] = {"result_id": "4"}
    if known == "folder":
        changed = {"results_file": call.results([row()], "per_result_alert/tmp_4.csv.gz")}
    if known == "no file":
        changed |= {"results_file": str(call.folder / "gone" / "results.csv.gz"), "result": row()}
    done = call.run([row()], **changed)
    assert done.code == 0 and len(done.events) == 1 and done.events[0]["orig_rid"] == "4"
    assert 'digest_mode="0"' in done.log and 'rid="4"' in done.log


def test_the_set_model_is_used_for_every_row(call: Call, sidecar: Sidecar) -> None:
    done = call.run([row(), row(ai_model="x@y", model="z")], configuration={"model": "vpn"})
    assert done.code == 0 and [request.query["model"] for request in sidecar.scored] == ["vpn"]


def test_values_of_a_multivalue_field_stay_values(call: Call, sidecar: Sidecar) -> None:
    many = row(signature="a\nb$", __mv_signature="$a$;$b$$$")
    assert call.run([many, row(signature="c||d", ai_recipe="alerts"), row(signature="e||f")]).code == 0
    assert [found["__mv_signature"] for found in sidecar.scored[0].rows()] == ["$a$;$b$$$", "$c$;$d$", ""]


def test_hostile_values_stay_values(call: Call, sidecar: Sidecar) -> None:
    done = call.run([{**row(), **dict.fromkeys(("user", "src", "ai_event_id", "ai_score", "orig_sid"), HOSTILE)}])
    assert done.code == 0 and len(done.events) == 1
    sent = sidecar.scored[0].rows()[0]["user"]
    assert sent == HOSTILE.replace("\x00", "\ufffd")
    assert done.events[0]["ai_event_id"] == sent and done.events[0]["ai_score_before"] == sent
    assert len(call.splunkd.received[0]["_raw"].splitlines()) == 1
    # One line a message, and none that the values wrote.
    lines = done.log.splitlines()
    assert len(lines) == 2 and done.statuses() == ["success"]
    assert all(re.fullmatch(r'\S+ \S+ INFO sendmodaction - worker="[^"]*"( \w+="[^"]*")+', line) for line in lines)


@pytest.mark.parametrize("name", ["", HOSTILE, "../../etc", "-x", "a" * 65, "Dell Inspiron 15"])
def test_what_is_no_models_name_is_never_asked_for(call: Call, sidecar: Sidecar, name: str) -> None:
    done = call.run([row(ai_model="", model=name), row()])
    assert done.code == 1 and len(done.events) == 1 and done.statuses() == ["failure", "success"]
    assert "names no model" in done.log and "ERROR sendmodaction" in done.stderr
    assert [request.query["model"] for request in sidecar.seen] == ["logon", "logon"]


@pytest.mark.parametrize("lacking", ["user", "_time"])
def test_a_row_without_what_a_score_needs_gets_none(call: Call, sidecar: Sidecar, lacking: str) -> None:
    done = call.run([row(**{lacking: ""}), row(src="")])
    assert done.code == 1 and done.statuses() == ["failure", "success"]
    assert f"The result lacks {lacking}" in done.log
    assert done.events[0]["missing_fields"] == "src" and len(sidecar.scored[0].rows()) == 1


def test_a_sidecar_that_is_away_is_told_and_nothing_is_written(call: Call) -> None:
    call.splunkd.configure(url="http://127.0.0.1:9")
    done = call.run([row(), row()])
    assert (done.code, done.events, done.statuses()) == (1, [], ["failure"] * 2)
    assert "sidecar_down" in done.log and "To mend" in done.stderr


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (scripted.problem(404, "no_model"), "no_model"),
        (scripted.problem(422, "bad_features"), "bad_features"),
        (scripted.cut, "bad_response"),
        (scripted.html(200), "sidecar_error"),
        (scripted.changed(lambda table: table[:-1]), "bad_response"),
        (
            scripted.changed(lambda table: [table[0], ["0", *[""] * 9, "unscored", "bad_row"]]),
            "stayed unscored: bad_row",
        ),
    ],
)
def test_no_score_is_invented(call: Call, sidecar: Sidecar, reply: scripted.Reply, told: str) -> None:
    sidecar.default = reply
    done = call.run([row()])
    assert (done.code, done.events, done.statuses()) == (1, [], ["failure"]) and told in done.log


def test_an_unreadable_contract_is_told(call: Call, sidecar: Sidecar) -> None:
    sidecar.contract = [("user", "sorcerer")]
    done = call.run([row()])
    assert done.code == 1 and "bad_response" in done.log and not sidecar.scored


def test_an_event_that_cannot_be_written_is_told(call: Call, sidecar: Sidecar) -> None:
    local = call.splunkd.app.folder / "local"
    local.mkdir()
    try:
        for definition, told in (("index=gone", "index gone: status 400"), ("index=a OR index=b", "no single index")):
            (local / "macros.conf").write_text(f"[aiscore_index]\ndefinition = {definition}\n")
            done = call.run([row()])
            assert (done.code, done.events) == (1, []) and told in done.log
    finally:
        (local / "macros.conf").unlink()
        local.rmdir()


def test_more_results_than_one_call_takes(call: Call, sidecar: Sidecar) -> None:
    done = call.run([row()] * 501)
    assert done.code == 1 and "501 results, at most 500" in done.log and not sidecar.seen


@pytest.mark.parametrize("data", [b"no gzip", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9]])
def test_a_broken_results_file_is_told(call: Call, data: bytes) -> None:
    path = call.folder / "broken.csv.gz"
    path.write_bytes(data)
    done = call.run([row()], results_file=str(path))
    assert (done.code, done.events) == (1, []) and "cannot be read" in done.log


def test_a_call_that_is_not_understood(call: Call) -> None:
    for text in ("", "{", "[]", "{}", '{"sid": 1, "session_key": "k", "server_uri": "u", "configuration": []}'):
        done = call.send(text)
        assert done.code == 2 and done.stderr.startswith("FATAL ") and not done.log
    assert call.send("{}", "--run").code == 2


@pytest.fixture(scope="module")
def splunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunk]:
    with Splunk(tmp_path_factory.mktemp("rescore"), now_s=BEGIN) as running:
        running.define("aiscore_release", "`aiscore_release_live`")
        running.splunkd.keep_secret(SECRET)
        yield running


def test_a_notable_of_the_stacking_is_scored_event_by_event(splunk: Splunk, sidecar: Sidecar) -> None:
    splunk.splunkd.configure(url=sidecar.url)
    sidecar.contract = [(name, "input") for name in sorted(inputs.recipes()["authentication"] - {"user", "_time"})]
    sidecar.contract += [("user", "entity"), ("_time", "time")]
    search = RunningSearch(splunk.world, 0, splunk.now_s, splunk.now_s, "1.1", name="AIScore - Score")
    kept = scored_rows(definitions(), splunk.now_s, lambda value: value + HOSTILE.replace("\x00", ""))
    kept = kept.filter(ai_recipe="authentication")
    splunk.world.collect(kept, {"index": "summary", "source": "AIScore - Scores"}, search)
    assert splunk.run_once(definitions().threshold.name).ok
    notable = next(one for one in splunk.desk.notables if one.row["entity_type"] == "user")
    ran = splunk.send_alert("aiscore_rescore", results_file.from_records([notable.fields]))
    assert ran.code == 0, ran.stderr
    mine = kept.filter(user=notable.row["entity"])
    found = splunk.search('search index=summary source="AIScore - Rescored"', "-1h", "+1h")
    assert sorted(found["ai_event_id"]) == sorted(mine["ai_event_id"])
    assert [request.query["model"] for request in sidecar.scored] == ["authentication"]
    sent = sidecar.scored[0].rows()
    assert {row["user"] for row in sent} == {notable.row["entity"]}
    assert sorted(row["_time"] for row in sent) == sorted(f"{at:.0f}" for at in mine["_time"])


def test_every_rule_gives_out_what_its_model_reads() -> None:
    ends = follow(App(package.HERE)).ends
    for name, keys in stanzas(definitions()).items():
        recipe = re.search(r"aiscore_rows\((\w+)\)", keys["search"])
        if name.endswith(" - Rule") and recipe:
            lacking = {one for one in inputs.recipes()[recipe[1]] - inputs.MAY_LACK if not ends[name].has(one)}
            assert not lacking and ends[name].has("ai_model"), name


def test_an_entity_without_events_is_told(splunk: Splunk, sidecar: Sidecar) -> None:
    splunk.splunkd.configure(url=sidecar.url)
    with pytest.raises(SplError, match="No events of this entity are left"):
        splunk.send_alert("aiscore_rescore", results_file.from_records([{"entity_key": "0" * 32, "entity": "ann"}]))
    assert not sidecar.seen


@pytest.mark.parametrize("key", ["", "0" * 31, '0" | delete', "0" * 32 + "\n"])
def test_only_a_hash_goes_into_the_search(key: str) -> None:
    assert not entity_events.is_entity({"entity_key": key})


@given(st.text(max_size=80))
@example(HOSTILE)
def test_logged_text_stays_in_its_quotes(value: str) -> None:
    found = alert.plain(value)
    assert '"' not in found and "\\" not in found and len(found.splitlines()) <= 1


@given(st.lists(st.dictionaries(st.sampled_from(["user", "src"]), st.text(max_size=20)), min_size=1, max_size=4))
def test_the_body_reads_back(rows: list[dict[str, str]]) -> None:
    filled = [{"user": "", "src": "", **found} for found in rows]
    text = rescore.body_of(["user", "src"], filled).decode("utf-8")
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == filled


def test_the_action_is_declared_as_enterprise_security_wants_it() -> None:
    stanza = conf("alert_actions")["aiscore_rescore"]
    assert (stanza["is_custom"], stanza["payload_format"]) == ("1", "json")
    assert (stanza["python.version"], stanza["python.required"]) == ("python3", "3.9,3.13")
    assert stanza["command"].startswith("sendalert $action_name$ results_file=")
    card = json.loads(stanza["param._cam"])
    assert card["supports_adhoc"] is True and card["category"] == ["Information Gathering"]
    spec = (Path(alert.__file__).parents[2] / "README" / "alert_actions.conf.spec").read_text()
    assert set(re.findall(r"^(param\.\w+) =", spec, re.MULTILINE)) == {n for n in stanza if n.startswith("param.")}
