"""What the setup page shows and writes, with searches that are really run: previews, inputs, shadow and live."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from aiscore_kit.setup_recipes import RECIPES

from tests.searches import estate
from tests.splunk_app.test_setup_handler import ask, call
from tests.splunkd.rest import User
from tests.splunkd.splunk import Splunk

NOW_S = 1_767_225_600.0 + 36_000
COUNT = 30


@pytest.fixture(scope="module")
def splunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunk]:
    with Splunk(Path(tmp_path_factory.mktemp("splunk")), now_s=NOW_S) as found:
        for name in RECIPES:
            made = estate.made(name)
            tags, fields = list(made.TAGS), made.SAMPLE
            # More than a day back; two in three lack an action.
            times = [NOW_S - 1 - 3_000 * at for at in range(COUNT)]
            columns: dict[str, Any] = {name: [value] * COUNT for name, value in fields.items()}
            columns["action"] = [None if at % 3 else "success" for at in range(COUNT)]
            found.add_events(name, pl.DataFrame({"_time": times, "tag": [tags] * COUNT, **columns}))
        yield found


@pytest.fixture
def admin(splunk: Splunk) -> User:
    return splunk.splunkd.log_in("ada", "admin", "aiscore_admin")


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("kind", ["cim", "index"])
def test_the_preview_is_what_the_recipe_would_read(splunk: Splunk, admin: User, name: str, kind: str) -> None:
    fields = estate.made(name).SAMPLE
    assert ask(splunk.splunkd, admin, "input", recipe=name, input=kind, source=f"(index={name} OR index=x)")[0] == 200
    status, counts = ask(splunk.splunkd, admin, "preview", recipe=name, part="counts")
    assert status == 200, counts
    # 3,000 s apart, the last 24 hours hold 29 of them.
    assert counts["count"] == 29
    filled = dict(counts["filled"])
    assert {filled[field] for field in fields if field in filled} == {29}
    # What a data model fills up with "unknown" is empty all the same.
    assert filled.get("action", 10) == 10 and filled.get("src_country", 0) == 0
    status, rows = ask(splunk.splunkd, admin, "preview", recipe=name, part="rows")
    assert status == 200 and len(rows["rows"]) == 10 and rows["fields"][0] == "_time"
    for field, value in fields.items():
        if field in rows["fields"]:
            assert {str(row[rows["fields"].index(field)]) for row in rows["rows"]} <= {value, f"['{value}']"}
    assert all(row[0].startswith(("2026-01-01T", "2025-12-31T")) for row in rows["rows"])


def test_an_input_without_events_is_an_empty_preview(splunk: Splunk, admin: User) -> None:
    ask(splunk.splunkd, admin, "input", recipe="alerts", input="index", source="index=alerts tag=nothing")
    assert ask(splunk.splunkd, admin, "preview", recipe="alerts", part="counts")[1]["count"] == 0
    assert ask(splunk.splunkd, admin, "preview", recipe="alerts", part="rows")[1]["rows"] == []


def test_only_the_mailboxes_that_are_named_are_read(splunk: Splunk, admin: User) -> None:
    mailbox = estate.made("email").SAMPLE["src_user"]
    for own, count in ((mailbox.split("@")[1], 29), (mailbox, 29), ("elsewhere.example", 0), ("*", 29)):
        asked = {"recipe": "email", "input": "index", "source": "index=email", "own": own}
        assert ask(splunk.splunkd, admin, "input", **asked)[0] == 200
        assert ask(splunk.splunkd, admin, "preview", recipe="email", part="counts")[1]["count"] == count, own


def test_shadow_mode_keeps_what_live_lets_through(splunk: Splunk, admin: User) -> None:
    raised = '| makeresults | eval ai_event_id="e1", model="alerts" | `aiscore_release`'
    kept = 'index=kept_here source="AIScore - Shadow"'
    splunk.create_indexes("kept_here")
    assert ask(splunk.splunkd, admin, "index", index="kept_here")[0] == 200
    assert call(splunk.splunkd, admin, "GET")[1]["release"] == "shadow"
    assert splunk.search(raised).height == 0 and splunk.search(kept, latest="+1m").height == 1
    assert ask(splunk.splunkd, admin, "release", release="live")[0] == 200
    assert splunk.search(raised).height == 1 and splunk.search(kept, latest="+1m").height == 1
    assert ask(splunk.splunkd, admin, "release", release="shadow")[0] == 200
    assert splunk.search(raised).height == 0 and splunk.search(kept, latest="+1m").height == 2


def test_raw_events_are_read_and_what_is_left_out_is_counted(splunk: Splunk, admin: User) -> None:
    record = '{"eventName": "CreateUser", "eventSource": "%s.amazonaws.com", "userIdentity": {"userName": "ann"}}'
    texts = [record % "iam"] * 3 + [record % "signin"] * 2 + ["something else"] + ['{"time": "20'] * 4
    events = {"_time": [NOW_S - 60 - at for at in range(len(texts))], "_raw": texts}
    splunk.create_indexes("trails")
    splunk.add_events("trails", pl.DataFrame(events))
    status, found = ask(splunk.splunkd, admin, "input", recipe="change", input="raw", source="index=trails")
    assert (status, found["recipe"]["input"]) == (200, "raw")
    counts = ask(splunk.splunkd, admin, "preview", recipe="change", part="counts")[1]
    assert counts["count"] == 3 and dict(counts["filled"])["command"] == 3
    left = ask(splunk.splunkd, admin, "preview", recipe="change", part="left_out")[1]
    assert [[form, int(float(number))] for form, _, number in left["rows"]] == [
        ["unknown", 4],
        ["cloudtrail", 3],
        ["cloudtrail", 2],
        ["unknown", 1],
    ]
    assert [what.partition(":")[0] for _, what, _ in left["rows"]] == [
        "JSON that was cut short",
        "read",
        "a sign-in",
        "in none of the known forms",
    ]


def test_a_recipe_that_knows_no_raw_form_refuses_it(splunk: Splunk, admin: User) -> None:
    status, found = ask(splunk.splunkd, admin, "input", recipe="alerts", input="raw", source="index=alerts")
    assert (status, found["field"]) == (400, "input")
    assert ask(splunk.splunkd, admin, "preview", recipe="alerts", part="left_out")[1]["rows"] == []
