"""A change asked for twice is done once, and answered the second time as the first."""

import threading
import time
from typing import Any

import pytest
from werkzeug.test import TestResponse

from sidecar.api.intent import of_change, of_request, of_session
from sidecar.changes import Changes
from sidecar.store.base import Entry
from sidecar.store.memory import MemoryLedger
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.sidecar.conftest import Api, code_of, events
from tests.sidecar.test_fit_sessions import row

SEARCH = {"AIScore_Search": "1700000000.1/2/0"}


@pytest.fixture
def versions(api: Api) -> list[str]:
    """Three versions of `ait`, the oldest being champion."""
    house = api.service.house
    for seed in (2, 3):
        fit(read_csv(events(seed=seed), Limits()), FitOptions(model="ait", entity=("user",)), house)
    return [name[:12] for name in house.shelf.line("ait").versions]


def change(api: Api, words: str, **headers: str) -> TestResponse:
    return api.post(f"/v1/models?model=ait&{words}", **headers)


def kinds(api: Api) -> list[str]:
    return [entry.kind for entry in api.service.house.ledger.entries() if entry.kind not in ("fit", "job", "job_done")]


def test_a_rollback_sent_again_goes_back_once(api: Api, versions: list[str]) -> None:
    for version in versions[1:]:
        assert change(api, f"action=promote&version={version}").status_code == 200
    first, again = (change(api, "action=rollback", **SEARCH) for _ in range(2))
    assert row(first.data)["champion"] == versions[1]
    assert (again.status_code, again.data) == (200, first.data)
    assert kinds(api) == ["promote", "promote", "rollback"]
    later = change(api, "action=rollback", AIScore_Search="1700000099.1/2/0")
    assert row(later.data)["champion"] == versions[0]


def test_a_rollback_sent_again_is_done_though_nothing_is_left_to_go_back_to(api: Api, versions: list[str]) -> None:
    change(api, f"action=promote&version={versions[1]}")
    first, again = (change(api, "action=rollback", **SEARCH) for _ in range(2))
    assert row(first.data)["champion"] == versions[0]
    assert (again.status_code, again.data) == (200, first.data)


def test_the_answer_is_that_of_the_first_time(api: Api, versions: list[str]) -> None:
    first = change(api, f"action=promote&version={versions[1]}", **SEARCH)
    assert change(api, f"action=retire&version={versions[1]}", **SEARCH).status_code == 200
    assert change(api, f"action=promote&version={versions[1]}", **SEARCH).data == first.data
    assert kinds(api) == ["promote", "retire"]


def test_it_holds_over_a_restart(make_api: Any, versions: list[str]) -> None:
    first = change(make_api(), f"action=promote&version={versions[2]}", **SEARCH)
    again = make_api()
    assert change(again, f"action=promote&version={versions[2]}", **SEARCH).data == first.data
    assert kinds(again) == ["promote"]


def test_who_asks_and_what_is_asked_belong_to_it(api: Api, versions: list[str]) -> None:
    change(api, f"action=promote&version={versions[1]}", **SEARCH)
    change(api, f"action=promote&version={versions[2]}", **SEARCH)
    api.user = "bob"
    change(api, f"action=promote&version={versions[1]}", **SEARCH)
    assert kinds(api) == ["promote"] * 3


@pytest.mark.parametrize("name", ["", "/1/0", "1700000000.1/2", "a b/1/0", "x" * 500 + "/1/0"])
def test_without_the_name_of_a_search_the_request_id_names_it(api: Api, versions: list[str], name: str) -> None:
    given = {"AIScore_Search": name} if name else {}
    for request in ("a" * 32, "a" * 32, "b" * 32, ""):
        change(api, f"action=retire&version={versions[2]}", **given, AIScore_Request_Id=request)
    assert kinds(api) == ["retire"] * 3


def test_a_change_that_failed_may_be_asked_for_again(api: Api, versions: list[str]) -> None:
    assert code_of(change(api, "action=rollback", **SEARCH)) == (400, "bad_request")
    change(api, f"action=promote&version={versions[1]}")
    assert row(change(api, "action=rollback", **SEARCH).data)["champion"] == versions[0]


def test_asked_for_twice_at_the_same_time_it_is_made_once() -> None:
    ledger = MemoryLedger()
    body = {"model": "m", "bundle": "b" * 64, "bundle_signature": "", "generation": "g" * 64, "card": "c" * 64}
    rest = {"generation_signature": "", "rows": 9, "positives": 0, "entities": [], "voices": []}
    ledger.append("fit", body | rest, by="ann")
    changes, made, lines = Changes(ledger), [], []

    def make() -> Entry:
        made.append(threading.current_thread())
        time.sleep(0.1)  # time for the other one to come in here too
        return ledger.append("retire", {"model": "m", "bundle": "b" * 64}, by="ann", key="intent")

    both = [threading.Thread(target=lambda: lines.append(changes.once("intent", make))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(made) == 1 and lines[0] == lines[1]


def test_names_with_spaces_make_no_other_key() -> None:
    assert of_session("ann s", "1") != of_session("ann", "s 1")
    assert of_request("ann s", "1") != of_request("ann", "s 1")
    assert of_change("a", "1/2/3", "", [("x", "y z")]) != of_change("a", "1/2/3", "", [("x", "y"), ("z", "")])
