"""Alert actions as child processes, with a script that writes down what it was given."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.splunkd import custom_action, small_app
from tests.splunkd.app import InstalledApp
from tests.splunkd.rest import Splunkd
from tests.splunkd.spl.errors import SplError

SCRIPT = """
import gzip, json, sys, time
assert sys.argv[1:] == ["--execute"], sys.argv
payload = json.load(sys.stdin)
payload["rows"] = gzip.open(payload["results_file"], "rt", encoding="utf-8", newline="").read()
payload["python"] = list(sys.version_info[:2])
print(json.dumps(payload))
time.sleep(float(payload["configuration"].get("sleep_s", 0)))
print("INFO it ran", file=sys.stderr)
sys.exit(int(payload["configuration"]["code"]))
"""
CONF = """
[note]
is_custom = 1
payload_format = json
python.required = 3.9,3.13
param.code = 0
param.color = red
maxtime = 2s
[scriptless]
is_custom = 1
payload_format = json
python.required = 3.9
[xml]
is_custom = 1
"""
ROWS = pl.DataFrame({"user": ['a"b', None], "n": [1.0, 2.5], "several": [["x", "y"], ["z"]]})


@pytest.fixture
def splunkd(tmp_path: Path) -> Iterator[Splunkd]:
    origin = small_app.folder(tmp_path / "origin", alert_actions=CONF, bin__note=SCRIPT)
    with Splunkd(InstalledApp(tmp_path / "home", origin)) as running:
        yield running


def test_what_an_action_is_given(splunkd: Splunkd) -> None:
    ran = custom_action.run(splunkd, "note", ROWS, {"color": "blue"}, sid="1.2", search_name="A - Rule")
    assert (ran.code, ran.failed, ran.stderr) == (0, False, "INFO it ran\n")
    payload: dict[str, Any] = json.loads(ran.stdout)
    assert payload["configuration"] == {"code": "0", "color": "blue"}
    assert payload["result"] == {"user": 'a"b', "n": "1", "several": ["x", "y"]}
    assert payload["rows"] == 'user,n,several,__mv_several\n"a""b",1,"x\ny",$x$;$y$\n,2.5,z,\n'
    assert (payload["sid"], payload["search_name"], payload["app"]) == ("1.2", "A - Rule", "aiscore")
    assert payload["search_uri"] == "/servicesNS/nobody/aiscore/saved/searches/A%20-%20Rule"
    assert payload["server_uri"] == splunkd.uri and payload["session_key"] in splunkd.users
    assert payload["python"] == [3, 13] and "result_id" not in payload
    assert not Path(payload["results_file"]).exists()


def test_no_rows_and_one_row_of_several(splunkd: Splunkd) -> None:
    ran = custom_action.run(splunkd, "note", ROWS.clear(), {}, sid="1", search_name="A")
    assert json.loads(ran.stdout)["result"] == {}
    ran = custom_action.run(splunkd, "note", ROWS.head(1), {}, sid="1", search_name="A", result_id=4)
    assert json.loads(ran.stdout)["result_id"] == 4


def test_an_exit_code_is_a_failure(splunkd: Splunkd) -> None:
    assert custom_action.run(splunkd, "note", ROWS, {"code": "3"}, sid="1", search_name="A").failed


@pytest.mark.parametrize(("action", "said"), [("none", "not found"), ("scriptless", "script"), ("xml", "json")])
def test_an_action_that_is_not_there(splunkd: Splunkd, action: str, said: str) -> None:
    with pytest.raises(SplError, match=said):
        custom_action.run(splunkd, action, ROWS, {}, sid="1", search_name="A")


def test_an_action_that_takes_too_long_is_ended(splunkd: Splunkd) -> None:
    with pytest.raises(SplError, match="maxtime, 2 s"):
        custom_action.run(splunkd, "note", ROWS, {"sleep_s": "60"}, sid="1", search_name="A")
