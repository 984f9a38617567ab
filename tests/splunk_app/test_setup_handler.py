"""The setup page's other half, run as splunkd runs it: each action, each failure, and what must never come back."""

import json
import re
import shutil
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import trustme
from aiscore_kit import setup_probe, setup_source, setup_watched
from aiscore_kit.setup_recipes import RECIPES
from aiscore_kit.setup_searches import recipe_of
from aiscore_kit.setup_splunkd import Refused
from hypothesis import example, given
from hypothesis import strategies as st

from models.features.recipe import load_recipe
from sidecar import tickets
from splunk_app import package
from splunk_app.searches.definitions import definitions
from tests.splunk_app import scripted, setup_scene
from tests.splunk_app.conftest import SECRET
from tests.splunkd import site
from tests.splunkd.app import InstalledApp
from tests.splunkd.rest import Splunkd, User
from tests.splunkd.spl import tree
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.parse import parse

STEPS = ["settings", "dns", "tcp", "tls", "sidecar", "version", "clock", "secret"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> InstalledApp:
    return InstalledApp(tmp_path_factory.mktemp("setup"))


@pytest.fixture
def head(fresh: InstalledApp, python: str) -> Iterator[Splunkd]:
    """A search head on which the app was just installed."""
    shutil.rmtree(fresh.folder / "local", ignore_errors=True)
    with Splunkd(fresh, python=python) as splunkd:
        splunkd.confs.search = setup_scene.canned
        yield splunkd


@pytest.fixture
def admin(head: Splunkd) -> User:
    return head.log_in("ada", "admin", "aiscore_admin")


def call(head: Splunkd, user: User, method: str, form: dict[str, str] | None = None) -> tuple[int, Any]:
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(f"{head.uri}/servicesNS/nobody/aiscore/aiscore/setup", data, method=method)
    request.add_header("Authorization", f"Splunk {user.session_key}")
    try:
        with urllib.request.urlopen(request, timeout=40) as reply:
            return reply.status, json.load(reply)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def ask(head: Splunkd, user: User, action: str, **asked: Any) -> tuple[int, Any]:
    return call(head, user, "POST", {"request": json.dumps({"action": action, **asked})})


def probed(head: Splunkd, user: User) -> dict[str, Any]:
    status, found = ask(head, user, "test")
    assert status == 200 and [line["step"] for line in found["lines"]] == STEPS
    for line in found["lines"]:
        assert (line["state"] == "failed") == bool(line["mend"]) or line["state"] == "not_reached"
    return {line["step"]: line for line in found["lines"]}


def fails_at(lines: dict[str, Any], step: str, *words: str) -> None:
    """This step is the first that failed; those before are ok."""
    states = [lines[name]["state"] for name in STEPS[: STEPS.index(step) + 1]]
    assert states == ["ok"] * (len(states) - 1) + ["failed"], lines
    assert all(word in lines[step]["text"] + lines[step]["mend"] for word in words), lines[step]


# reading


def test_the_state_as_the_app_comes(head: Splunkd, admin: User) -> None:
    status, found = call(head, admin, "GET")
    assert status == 200
    assert found["settings"] == head.app.conf("aiscore")["sidecar"]
    assert (found["secret"], found["configured"], found["version"]) == ("not_stored", False, "0.1.0")
    assert [each["name"] for each in found["recipes"]] == list(RECIPES)
    assert {each["input"] for each in found["recipes"]} == {"cim"}
    assert (found["index"], found["release"]) == ("summary", "shadow")
    assert {each["name"] for each in found["searches"]} == head.app.conf("savedsearches").keys() - {"default"}
    assert not any(each["enabled"] for each in found["searches"])
    head.keep_secret(SECRET)
    assert call(head, admin, "GET")[1]["secret"] == "stored"


def test_a_definition_written_by_hand_is_told_as_such(head: Splunkd, admin: User) -> None:
    head.app.set_local("macros", "aiscore_release", {"definition": "search index=x"})
    head.app.set_local("macros", "aiscore_alerts", {"definition": "inputlookup y"})
    found = call(head, admin, "GET")[1]
    inputs = {each["name"]: each["input"] for each in found["recipes"]}
    assert found["release"] == "custom" and inputs == dict.fromkeys(RECIPES, "cim") | {"alerts": "custom"}


@pytest.mark.parametrize("roles", [("aiscore_engineer", "admin"), ("admin",), ("aiscore_analyst",), ()])
def test_only_who_may_set_up_gets_in(head: Splunkd, roles: tuple[str, ...]) -> None:
    guest = head.log_in("guest", *roles)
    assert call(head, guest, "GET")[0] == 403
    assert ask(head, guest, "release", release="live")[0] == 403
    assert call(head, User("stranger"), "GET")[0] == 401


def test_the_handler_checks_the_capability_itself(head: Splunkd, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if restmap.conf had been changed to let everybody in.
    asked = iter([["aiscore_admin"], []])
    monkeypatch.setattr(head, "capabilities", lambda user: next(asked))
    assert call(head, admin, "GET")[0] == 403


def test_what_splunkd_refuses_stays_as_it_was(head: Splunkd) -> None:
    """The capability opens the page; only a role that may write to the app can change it."""
    user = head.log_in("eve", "aiscore_admin")
    name = "AIScore - Health"
    for asked in (
        {"action": "settings", "settings": {"url": "https://elsewhere:1"}},
        {"action": "input", "recipe": "alerts", "input": "index", "source": "index=x"},
        {"action": "index", "index": "other"},
        {"action": "release", "release": "live"},
    ):
        status, found = ask(head, user, **asked)
        assert status == 403 and "admin" in found["mend"]
    failed = ask(head, user, "searches", names=[name], enabled=True)[1]["failed"]
    assert [each["name"] for each in failed] == [name]
    assert not (head.app.folder / "local").exists() and not head.overrides


# settings


def test_settings_are_saved_and_the_app_counts_as_set_up(head: Splunkd, admin: User) -> None:
    status, found = ask(head, admin, "settings", settings={"url": " https://sidecar:8765 ", "chunk_deadline_s": "20"})
    assert status == 200 and found["settings"]["url"] == "https://sidecar:8765"
    assert head.overrides == {"url": "https://sidecar:8765", "chunk_deadline_s": "20"}
    assert call(head, admin, "GET")[1]["configured"] is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "http://elsewhere:8765"),
        ("url", "ftp://h"),
        ("url", "https://user:pw@h:1"),
        ("url", "https://h:1\n[other]\nx = 1"),
        ("url", ""),
        ("connect_timeout_s", "0"),
        ("chunk_deadline_s", "101"),
        ("search_budget_s", "nan"),
        ("max_reply_mb", "many"),
        ("on_error", "ignore"),
        ("ca_file", "/a\x00b"),
        ("is_configured", "1"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_saved(head: Splunkd, admin: User, name: str, value: str) -> None:
    status, found = ask(head, admin, "settings", settings={"max_reply_mb": "128", name: value})
    assert (status, found["field"]) == (400, name)
    assert found["detail"] and found["mend"] and not head.overrides


@pytest.mark.parametrize("settings", [None, {}, [], "url", {"url": None}, {"url": ["https://h"]}])
def test_odd_settings_are_refused(head: Splunkd, admin: User, settings: Any) -> None:
    assert ask(head, admin, "settings", settings=settings)[0] == 400 and not head.overrides


# test connection


def test_all_is_well(head: Splunkd, admin: User, tmp_path: Path) -> None:
    head.keep_secret(SECRET)
    authority = trustme.CA()
    tls = setup_scene.served_by(authority, "127.0.0.1")
    with setup_scene.sidecar() as plain, setup_scene.sidecar(tls) as trusted:
        for url, ca_file in ((plain.url, ""), (trusted.url, setup_scene.kept(authority, tmp_path / "ca.pem"))):
            head.configure(url=url, ca_file=ca_file)
            lines = probed(head, admin)
            assert {line["state"] for line in lines.values()} == {"ok"}, lines
    assert "TLSv1.3" in lines["tls"]["text"]


@pytest.mark.parametrize(
    ("settings", "step", "words"),
    [
        ({"url": "http://elsewhere:1"}, "settings", ("https",)),
        ({"url": "https://127.0.0.1:99999"}, "settings", ("port",)),
        ({"ca_file": "/nowhere/ca.pem"}, "settings", ("No such file", "/nowhere/ca.pem")),
        ({"ca_file": __file__}, "settings", ("holds no certificate",)),
        ({"url": "https://nobody.invalid:8765"}, "dns", ("nobody.invalid",)),
    ],
)
def test_what_fails_before_anything_is_sent(
    head: Splunkd, admin: User, settings: dict[str, str], step: str, words: tuple[str, ...]
) -> None:
    head.configure(**settings)
    lines = probed(head, admin)
    fails_at(lines, step, *words)
    assert {lines[later]["state"] for later in STEPS[STEPS.index(step) + 1 :]} == {"not_reached"}


def test_nothing_listens(head: Splunkd, admin: User) -> None:
    head.configure(url=f"http://127.0.0.1:{setup_scene.closed_port()}")
    fails_at(probed(head, admin), "tcp", "nothing listens")


@pytest.mark.parametrize("fault", ["stranger", "no file", "expired", "early", "other name"])
def test_each_fault_of_a_certificate(head: Splunkd, admin: User, tmp_path: Path, fault: str) -> None:
    authority = trustme.CA()
    now = datetime.now(UTC)
    facts: dict[str, Any] = {
        "expired": {"not_before": now - timedelta(days=9), "not_after": now - timedelta(days=1)},
        "early": {"not_before": now + timedelta(days=1)},
    }.get(fault, {})
    tls = setup_scene.served_by(authority, "sidecar.example" if fault == "other name" else "127.0.0.1", **facts)
    told = {
        "stranger": ("not trusted here", "ca_file"),
        "no file": ("not trusted here", "ca_file"),
        "expired": ("expired",),
        "early": ("not valid yet", "clocks"),
        "other name": ("another name",),
    }[fault]
    ca_file = setup_scene.kept(trustme.CA() if fault == "stranger" else authority, tmp_path / "ca.pem")
    with setup_scene.sidecar(tls) as server:
        head.configure(url=server.url, ca_file="" if fault == "no file" else ca_file)
        fails_at(probed(head, admin), "tls", *told)
        assert not server.seen


def test_each_side_speaks_something_else(head: Splunkd, admin: User) -> None:
    tls = setup_scene.served_by(trustme.CA(), "127.0.0.1")
    with setup_scene.sidecar() as plain, setup_scene.sidecar(tls) as secured:
        head.configure(url=plain.url.replace("http:", "https:"))
        fails_at(probed(head, admin), "tls", "answers in plain http", "--tls-cert")
        head.configure(url=secured.url.replace("https:", "http:"))
        fails_at(probed(head, admin), "tls", "speaks TLS", "https://")


def test_somebody_else_answers(head: Splunkd, admin: User) -> None:
    with setup_scene.sidecar() as server:
        head.configure(url=server.url)
        for reply in (scripted.html(200), scripted.html(404), scripted.as_json({"status": "no"})):
            server.default = reply
            fails_at(probed(head, admin), "sidecar", "something else answers")


def test_nobody_answers(fresh: InstalledApp, any_python: str) -> None:
    with Splunkd(fresh, python=any_python) as head, socket.create_server(("127.0.0.1", 0)) as silent:
        head.configure(url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        fails_at(probed(head, head.user), "sidecar", "does not answer")


def test_another_version_is_told_and_the_rest_is_tried(head: Splunkd, admin: User) -> None:
    head.keep_secret(SECRET)
    with setup_scene.sidecar(version="9.9.9") as server:
        head.configure(url=server.url)
        lines = probed(head, admin)
    fails_at(lines, "version", "0.1.0", "9.9.9")
    assert lines["clock"]["state"] == lines["secret"]["state"] == "ok"


@pytest.mark.parametrize(
    ("ahead_s", "clock", "secret"),
    [(30, "ok", "ok"), (-30, "ok", "ok"), (300, "failed", "ok"), (-300, "failed", "failed"), (900, "failed", "failed")],
)
def test_clocks_that_differ(head: Splunkd, admin: User, ahead_s: int, clock: str, secret: str) -> None:
    head.keep_secret(SECRET)
    with setup_scene.sidecar(ahead_s=ahead_s) as server:
        head.configure(url=server.url)
        lines = probed(head, admin)
    assert (lines["clock"]["state"], lines["secret"]["state"]) == (clock, secret), lines
    assert ("ahead" if ahead_s > 0 else "behind") in lines["clock"]["text"]
    assert secret == "ok" or "clocks" in lines["secret"]["mend"]


def test_secrets_that_are_missing_or_differ(head: Splunkd, admin: User) -> None:
    with setup_scene.sidecar() as server:
        head.configure(url=server.url)
        fails_at(probed(head, admin), "secret", "no secret is stored", "step 2")
        head.keep_secret(SECRET[::-1])
        fails_at(probed(head, admin), "secret", "not the sidecar's", "aiscore token secret")


def test_the_page_and_its_document_name_the_same_lines() -> None:
    page = (package.HERE / "appserver" / "static" / "aiscore_setup_connect.js").read_text()
    names = dict(re.findall(r'(\w+): "(\w+)"', page.split("const PROBED = {")[1].split("}")[0]))
    assert list(names) == STEPS
    document = (package.ROOT / "docs" / "setup.md").read_text()
    table = document.split("## What a line of the test means")[1].split("## ")[0]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:] == list(names.values())
    assert f"more than {setup_probe.SKEW_S} seconds" in table and setup_probe.SKEW_S == tickets.TOLERANCE_S


# inputs


def test_a_recipe_reads_plain_indexes_and_the_data_model_again(head: Splunkd, admin: User) -> None:
    status, found = ask(head, admin, "input", recipe="alerts", input="index", source="(index=ids  OR index=av)")
    assert (status, found["recipe"]["input"], found["recipe"]["source"]) == (200, "index", "(index=ids OR index=av)")
    macros = head.app.conf("macros")
    assert macros["aiscore_alerts"]["definition"] == "`aiscore_alerts_index`"
    assert macros["aiscore_alerts_source"]["definition"] == "(index=ids OR index=av)"
    assert ask(head, admin, "input", recipe="alerts", input="cim")[1]["recipe"]["input"] == "cim"
    assert head.app.conf("macros")["aiscore_alerts"]["definition"] == "`aiscore_alerts_cim`"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"recipe": "other", "input": "cim"}, "recipe"),
        ({"recipe": None, "input": "cim"}, "recipe"),
        ({"recipe": ["alerts"], "input": "cim"}, "recipe"),
        ({"recipe": "alerts", "input": "`x`"}, "input"),
        ({"recipe": "alerts", "input": "index"}, "source"),
        ({"recipe": "alerts", "input": "index", "source": "index=a | delete"}, "source"),
        ({"recipe": "email", "input": "cim", "own": "a.example | delete"}, "own"),
        ({"recipe": "email", "input": "cim", "own": ","}, "own"),
        ({"recipe": "email", "input": "cim", "own": "a.example," * 300}, "own"),
        ({"recipe": "email", "input": "index", "source": "|", "own": "a.example"}, "source"),
        ({"recipe": "alerts", "input": "cim", "own": "a.example"}, "own"),
    ],
)
def test_an_input_that_makes_no_sense_changes_nothing(
    head: Splunkd, admin: User, asked: dict[str, Any], field: str
) -> None:
    status, found = ask(head, admin, "input", **asked)
    assert (status, found["field"]) == (400, field)
    assert not (head.app.folder / "local").exists()


def own_macro(head: Splunkd) -> str:
    return str(head.app.conf("macros")["aiscore_email_own"]["definition"])


def test_whose_mail_is_watched(head: Splunkd, admin: User) -> None:
    known = {each["name"]: each["own"] for each in call(head, admin, "GET")[1]["recipes"]}
    assert known == dict.fromkeys(RECIPES) | {"email": "*"}
    asked = {"recipe": "email", "input": "index", "source": "index=mail"}
    status, found = ask(head, admin, "input", **asked, own=" Example.com, *.example.org,ann@b.example,example.com ")
    assert (status, found["recipe"]["own"]) == (200, "example.com, *.example.org, ann@b.example")
    assert own_macro(head) == (
        'search (src_user="*@example.com" OR src_user="*@*.example.org" OR src_user="ann@b.example")'
    )
    assert ask(head, admin, "input", **asked, own="")[1]["recipe"]["own"] == found["recipe"]["own"]
    assert ask(head, admin, "input", **asked, own="*")[1]["recipe"]["own"] == "*"
    assert own_macro(head) == 'search src_user="*"'


def test_what_was_written_by_hand_stays_beside_the_mailboxes(head: Splunkd, admin: User) -> None:
    head.app.set_local("macros", "aiscore_email", {"definition": "inputlookup y"})
    head.app.set_local("macros", "aiscore_email_own", {"definition": "lookup staff src_user OUTPUT x | where x=1"})
    status, found = ask(head, admin, "input", recipe="email", input="custom")
    assert (status, found["recipe"]["own"], found["recipe"]["input"]) == (200, "", "custom")
    assert own_macro(head).startswith("lookup staff")
    status, found = ask(head, admin, "input", recipe="email", input="custom", own="a.example")
    assert (status, found["recipe"]["own"], found["recipe"]["input"]) == (200, "a.example", "custom")
    assert head.app.conf("macros")["aiscore_email"]["definition"] == "inputlookup y"


@given(
    st.lists(st.sampled_from(["a.example", "ann@", "*", "@", ".", '"', "|", " OR ", ",", "x=", "`", "[", "$", "\\"]))
)
@example(["a.example", '" | delete'])
def test_mailboxes_are_search_terms_or_nothing(pieces: list[str]) -> None:
    try:
        text = setup_watched.search("".join(pieces), "src_user")
    except Refused as refused:
        assert refused.status == 400 and refused.field == "own" and refused.mend
        return
    (stage,) = parse(text, NoWorld()).stages  # type: ignore[arg-type]
    assert isinstance(stage, tree.Search)
    assert {leaf.name for leaf in leaves(stage.filter) if isinstance(leaf, tree.Compare)} == {"src_user"}
    again = setup_watched.read(text, "src_user")
    assert again is not None and setup_watched.search(again, "src_user") == text


PIECES = ["index", "tag", "source", "=", "==", "a", "b-1", "*", '"', "'", " ", "\n", "(", ")", "OR", "AND", "NOT", "or"]
PIECES += [
    "|",
    "`",
    "[",
    "]",
    "$",
    "$x$",
    "\\",
    "```",
    ",",
    ":",
    "delete",
    "index=a",
    'tag="b c"',
    "IN",
    "::",
    "\x00",
    "é",
]
hostile = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=40)


def leaves(found: tree.Filter) -> Iterator[tree.Filter]:
    if isinstance(found, tree.And | tree.Or):
        for part in found.parts:
            yield from leaves(part)
    elif isinstance(found, tree.Not):
        yield from leaves(found.value)
    else:
        yield found


class NoWorld:
    """A world in which nothing may be looked up."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the text reached for {name}")


@given(hostile)
@example('index="a" tag=b) | delete (')
@example('index="a\\" | delete"')
@example("index=a```x``` | delete")
@example("index=$a$ [ search x ]")
@example("(" * 30 + "index=a" + ")" * 30)
def test_a_source_is_search_terms_or_nothing(text: str) -> None:
    try:
        cleaned = setup_source.clean(text)
    except Refused as refused:
        assert refused.status == 400 and refused.field == "source" and refused.mend
        return
    assert not set(cleaned) & set("|`[]$\\'\n\x00") and cleaned.isascii()
    assert setup_source.clean(cleaned) == cleaned
    (stage,) = parse(f"search {cleaned}", NoWorld()).stages  # type: ignore[arg-type]
    assert isinstance(stage, tree.Search)
    for leaf in leaves(stage.filter):
        assert isinstance(leaf, tree.Compare) and leaf.name in setup_source.FIELDS, leaf


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (5, "is empty"),
        (" \n", "is empty"),
        ("index=" + "a" * setup_source._LONGEST, "is longer than"),
        ("index=a user=b", "cannot be read: user=b"),
        ("index=a)", "has no opening one"),
        ("index=a) OR (tag=b", "has no opening one"),
        ("index=a OR", "missing at the end"),
        ("index=a AND OR tag=b", "missing before OR"),
        ("NOT )", "missing before )"),
        ("(index=a", "is not closed"),
        ("(" * 40 + "index=a" + ")" * 40, "too deep"),
    ],
)
def test_a_source_that_is_refused_is_told_why(text: Any, said: str) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        setup_source.clean(text)


good_terms = st.sampled_from(["index=a", "index=*", "tag=authentication", 'sourcetype="linux:auth x"', "eventtype=b-1"])
good_sources = st.recursive(
    good_terms,
    lambda inner: st.one_of(
        inner.map("({})".format),
        inner.map("NOT {}".format),
        st.tuples(inner, st.sampled_from([" ", " OR ", " AND "]), inner).map("".join),
    ),
    max_leaves=6,
)


@given(good_sources)
def test_an_honest_source_is_taken_as_it_is(text: str) -> None:
    assert setup_source.clean(text) == text


@pytest.mark.parametrize("index", ["ai_scores", "s1", "summary"])
def test_the_index_of_the_scores(head: Splunkd, admin: User, index: str) -> None:
    assert ask(head, admin, "index", index=f" {index} ") == (200, {"index": index})
    assert head.app.conf("macros")["aiscore_index"]["definition"] == f"index={index}"


@pytest.mark.parametrize("index", ["", None, "_internal", "A", "a b", "a | delete", "`x`", "a" * 81, "akvstore", 'a"'])
def test_what_is_no_index_is_refused(head: Splunkd, admin: User, index: Any) -> None:
    status, found = ask(head, admin, "index", index=index)
    assert (status, found["field"]) == (400, "index") and not (head.app.folder / "local").exists()


# preview


@pytest.mark.parametrize("name", RECIPES)
def test_a_preview_shows_the_fields_of_the_recipe(head: Splunkd, admin: User, name: str) -> None:
    spec = load_recipe(name).spec
    wanted = {*spec.entities, *spec.ids, *spec.inputs()} - {"_time", "_bkt", "_cd"}
    assert set(RECIPES[name].fields) == wanted
    asked: list[str] = []

    def search(text: str, form: dict[str, str]) -> list[dict[str, Any]]:
        asked.append(text)
        return setup_scene.canned(text, form)

    head.confs.search = search
    status, found = ask(head, admin, "preview", recipe=name, part="counts")
    assert (status, found["count"]) == (200, 1200)
    assert dict(found["filled"]).keys() == wanted and dict(found["filled"])[RECIPES[name].fields[-1]] == 0
    status, rows = ask(head, admin, "preview", recipe=name, part="rows")
    assert status == 200 and len(rows["rows"]) == 3 and rows["fields"] == ["_time", *RECIPES[name].fields]
    assert all(text.startswith(f"| `aiscore_{name}` | `aiscore_{name}_rows` | ") for text in asked)


def test_a_preview_that_fails_says_what_splunkd_said(head: Splunkd, admin: User) -> None:
    def search(text: str, form: dict[str, str]) -> list[dict[str, Any]]:
        raise SplError("Error in 'DataModelCache': Invalid or unaccelerable root object for datamodel")

    head.confs.search = search
    status, found = ask(head, admin, "preview", recipe="alerts", part="counts")
    assert status == 400 and "datamodel" in found["detail"]
    head.confs.search = lambda text, form: []
    assert ask(head, admin, "preview", recipe="alerts", part="counts")[1]["count"] == 0
    assert ask(head, admin, "preview", recipe="alerts", part="rows")[1]["rows"] == []


# searches and release


def test_searches_are_switched_on_and_off(head: Splunkd, admin: User) -> None:
    names = [each["name"] for each in call(head, admin, "GET")[1]["searches"] if each["recipe"] == "alerts"]
    assert len(names) >= 6
    status, found = ask(head, admin, "searches", names=names, enabled=True)
    assert (status, found["failed"]) == (200, [])
    assert {each["name"] for each in found["searches"] if each["enabled"]} == set(names)
    assert ask(head, admin, "searches", names=names, enabled=False)[1]["failed"] == []
    assert not any(each["enabled"] for each in call(head, admin, "GET")[1]["searches"])


@pytest.mark.parametrize(
    "asked",
    [
        {"names": ["Errors in the last 24 hours"], "enabled": True},
        {"names": ["../../apps/local/aiscore"], "enabled": True},
        {"names": ["AIScore - Health", 7], "enabled": True},
        {"names": [{}], "enabled": True},
        {"names": [], "enabled": True},
        {"names": "AIScore - Health", "enabled": True},
        {"names": ["AIScore - Health"], "enabled": "yes"},
    ],
)
def test_no_other_search_is_touched(head: Splunkd, admin: User, asked: dict[str, Any]) -> None:
    assert ask(head, admin, "searches", **asked)[0] == 400
    assert not (head.app.folder / "local").exists()


def test_every_search_of_the_app_has_its_place(head: Splunkd) -> None:
    found = {
        name: recipe_of(stanza["search"])
        for name, stanza in head.app.conf("savedsearches").items()
        if name != "default"
    }
    for recipe in definitions().recipes:
        named = {name for name in found if name.endswith(f" {recipe}")}
        assert len(named) >= 6
        assert {name for name, its in found.items() if its == recipe} == named | set(site.risk_rules(recipe))


def test_going_live_and_back(head: Splunkd, admin: User) -> None:
    for release in ("live", "shadow"):
        assert ask(head, admin, "release", release=release) == (200, {"release": release})
        definition = head.app.conf("macros")["aiscore_release"]["definition"]
        assert definition == f"`aiscore_release_{release}`" and definition.strip("`") in head.app.conf("macros")
    for odd in (None, "", "on", "live`", ["live"]):
        assert ask(head, admin, "release", release=odd)[0] == 400


# odd requests, and what never comes back


def test_odd_requests_are_refused(head: Splunkd, admin: User) -> None:
    for form in ({}, {"request": ""}, {"request": "[]"}, {"request": "{"}, {"request": '"x"'}, {"action": "test"}):
        assert call(head, admin, "POST", form)[0] == 400
    action: Any
    for action in ("", "state", "__class__", None, [], {}):
        assert ask(head, admin, action)[0] == 400


def test_secrets_and_tickets_never_come_back(head: Splunkd, admin: User, capfd: pytest.CaptureFixture[str]) -> None:
    head.keep_secret(SECRET)
    head.configure(url="http://127.0.0.1:1")
    with setup_scene.sidecar(secret=SECRET[::-1]) as server:
        told = [call(head, admin, "GET"), ask(head, admin, "test"), ask(head, admin, "secret")]
        head.configure(url=server.url)
        told += [ask(head, admin, "test"), ask(head, admin, "settings", secret=SECRET, settings={"secret": SECRET})]
        told += [ask(head, admin, SECRET), ask(head, admin, "release", release=SECRET)]
    log = capfd.readouterr()
    everything = json.dumps(told) + log.out + log.err
    assert server.scored == [] and any(request.path == "/v1/models" for request in server.seen)
    for hidden in (SECRET, SECRET[::-1], "t1.", admin.session_key, head.system_token):
        assert hidden not in everything
    # The handler is not even handed splunkd's own authority.
    assert "passSystemAuth" not in head.app.conf("restmap")["script:aiscore_setup"]
