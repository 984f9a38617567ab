"""What the rows of a recipe are, from events and from the data model, and that a kept row comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.splunkd import site
from tests.splunkd.splunk import Splunk

NOW_S = 1_772_361_000.0


@pytest.fixture
def splunk(tmp_path: Path) -> Iterator[Splunk]:
    """A Splunk without a sidecar: rows need none."""
    with Splunk(tmp_path / "splunk", now_s=NOW_S) as running:
        yield running


def rows(splunk: Splunk, recipe: str, kind: str, events: list[dict[str, Any]], tags: list[str]) -> list[dict[str, Any]]:
    """The recipe's rows of events that happened a minute apart, before now."""
    table = [{"_time": NOW_S - 60.0 * (len(events) - at), "tag": tags, **event} for at, event in enumerate(events)]
    splunk.add_events(recipe, pl.DataFrame(table))
    site.read_from(splunk, recipe, recipe)
    if kind == "cim":
        splunk.define(f"aiscore_{recipe}", f"`aiscore_{recipe}_cim`")
    return splunk.search(f"| `aiscore_{recipe}` | `aiscore_{recipe}_rows`").to_dicts()


@pytest.mark.parametrize("kind", ["cim", "index"])
def test_accounts_that_every_machine_has_are_the_machines_own(splunk: Splunk, kind: str) -> None:
    names = [r"NT AUTHORITY\SYSTEM", "root", r"CORP\ann", "systemd-network"]
    events = [{"dest": "ws-1", "user": name, "process_name": "a", "process": "a"} for name in names]
    found = rows(splunk, "processes", kind, events, ["process", "report"])
    assert [row["user"] for row in found] == [rf"{names[0]}@ws-1", "root@ws-1", *names[2:]]


@pytest.mark.parametrize("kind", ["cim", "index"])
def test_no_path_has_a_backslash_and_no_command_a_line_end(splunk: Splunk, kind: str) -> None:
    event = {"dest": "ws-1", "user": "ann", "process_name": "a.exe", "process_path": r"C:\Temp\a.exe"}
    (row,) = rows(splunk, "processes", kind, [event | {"process": '"C:\\Temp\\a.exe"\r\n/x'}], ["process", "report"])
    assert (row["process_path"], row["process"]) == ("C:/Temp/a.exe", '"C:/Temp/a.exe" /x')


@pytest.mark.parametrize("kind", ["cim", "index"])
def test_an_event_that_lacks_a_field_of_the_key_is_a_row_all_the_same(splunk: Splunk, kind: str) -> None:
    process = rows(splunk, "processes", kind, [{"dest": "ws-1", "process": "a b"}], ["process", "report"])
    message = rows(splunk, "email", kind, [{"src_user": "ann@a.example", "recipient": "bob@b.example"}], ["email"])
    request = rows(splunk, "web", kind, [{"src": "ws-1", "url": "https://u@files.a.example:8443/x"}], ["web", "proxy"])
    assert len(process) == len(message) == len(request) == 1
    assert request[0]["url_domain"] == "files.a.example" and request[0].get("user") is None


@pytest.mark.parametrize("kind", ["cim", "index"])
def test_the_version_of_a_client_makes_no_row_of_its_own(splunk: Splunk, kind: str) -> None:
    clients = ["Chrome/120.0.1", "Chrome/121.5.22"]
    events = [
        {"_time": NOW_S - 30, "src": "ws-1", "user": "ann", "url": "http://a.example/", "url_domain": "a.example"}
        | {"http_user_agent": client, "http_method": "GET", "status": "200", "bytes_out": "5"}
        for client in clients
    ]
    (row,) = rows(splunk, "web", kind, events, ["web", "proxy"])
    assert (row["http_user_agent"], row["requests"], row["bytes_out"]) == ("Chrome/#", 2, 10)


@pytest.mark.parametrize("kind", ["cim", "index"])
def test_a_message_is_one_row_with_the_types_of_its_files(splunk: Splunk, kind: str) -> None:
    message = {"src_user": "ann@a.example", "message_id": "m1", "src": "ws-1", "action": "delivered", "size": "70"}
    events = [
        message | {"_time": NOW_S - 600 + at, "recipient": f"{name}@b.example", "file_name": file}
        for at, (name, file) in enumerate([("bob", "Plan.2.PDF"), ("eve", "notes"), ("joe", "b.pdf")])
    ]
    (row,) = rows(splunk, "email", kind, events, ["email"])
    assert sorted(row["file_type"]) == ["none", "pdf"]
    assert (row["recipients"], row["recipients_1h"], row["messages_1h"], row["size"]) == (3, 3, 1, 70)


def test_only_own_mailboxes_are_watched(splunk: Splunk) -> None:
    splunk.define("aiscore_email_own", 'search src_user="*@a.example"')
    events = [{"src_user": f"ann@{domain}.example", "recipient": "bob@b.example"} for domain in "ab"]
    assert [row["src_user"] for row in rows(splunk, "email", "index", events, ["email"])] == ["ann@a.example"]


def test_what_is_packed_comes_back(splunk: Splunk) -> None:
    made = '| makeresults | eval recipient=split("a@x b@y", " "), file_type="pdf", process="a || b"'
    (message,) = splunk.search(f"{made} | `aiscore_email_pack` | `aiscore_email_unpack`").to_dicts()
    assert (message["recipient"], message["file_type"]) == (["a@x", "b@y"], "pdf")
    (packed,) = splunk.search(f"{made} | `aiscore_email_pack`").to_dicts()
    assert packed["recipient"] == "a@x||b@y"
    (process,) = splunk.search(f"{made} | `aiscore_processes_pack` | `aiscore_processes_unpack`").to_dicts()
    assert process["process"] == "a || b"
