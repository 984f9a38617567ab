"""Values never change a search: with quotes, brackets, `$`, pipes or SPL in them the same rows, risk and notables come.

Rows are collected as the scoring searches collect them, once with harmless values and once with others, one for one;
then the shipped rules and the stacking run over both.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from splunk_app import package
from splunk_app.searches.definitions import Definitions, definitions
from splunk_app.searches.rules import rule_names
from tests.splunkd import confs
from tests.splunkd.check.rules import SAFE_IN_SPL
from tests.splunkd.dispatch import RunReport
from tests.splunkd.spl import tree
from tests.splunkd.spl.parse import parse
from tests.splunkd.spl.world import RunningSearch
from tests.splunkd.splunk import Splunk

BEGIN = 1_767_225_600.0
DAY_S = 86_400.0
STACKING = definitions().threshold.name
HARMLESS = ("ann", "bob", "web1", "db2", "odd thing", "Utopia")
NASTY = (
    'a" OR 1=1 | delete',
    "x'] | collect index=risk [ search *",
    "$user$ $info_max_time$ $$",
    "`aiscore_release_live` ```c``` | outputlookup aiscore_thresholds",
    'line\nfeed\t| where true() \\" \\\\',
    '", risk_object="root", risk_score="100',
)
SCORES = {"low": "0.35", "medium": "0.55", "high": "0.7"}
TEXTS = ("user", "src", "dest", "app", "action", "transport", "src_country", "signature", "ai_reasons")
"""Fields whose values come from events."""

pieces = st.sampled_from(
    [*"\"'`[]()|$\\%*,;=<> \n\t-", "$$", "||", '\\"', "ann", "| delete", "index=*", "NOT ", "ü", "`x`"]
)
values = st.lists(pieces, min_size=1, max_size=8).map("".join).filter(str.strip)
sixes = st.lists(values, min_size=len(HARMLESS), max_size=len(HARMLESS), unique_by=str.lower)


@pytest.fixture(scope="module")
def splunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunk]:
    with Splunk(tmp_path_factory.mktemp("hostile"), package.HERE, now_s=BEGIN) as running:
        running.define("aiscore_release", "`aiscore_release_live`")
        yield running


@dataclass
class Played:
    """What the rules made of the rows, values put back to the harmless ones they stand for."""

    rules: dict[str, list[dict[str, str]]]
    risk: list[tuple[str, str, str, str]]
    stacked: list[dict[str, str]]
    notables: int


def rows(found: Definitions, now_s: float, value: Callable[[str], str]) -> pl.DataFrame:
    """A row for each behaviour, band and pair of entities, as collected."""
    made = []
    ann, bob, web, db, odd, land = map(value, HARMLESS)
    for number, (behaviour, band, first) in enumerate(itertools.product(found.behaviours, SCORES, (True, False))):
        made.append(
            {
                "_time": now_s - 1800 + number,
                "user": ann if first else bob,
                "src_user": ann if first else bob,
                "src": web if first else db,
                "dest": db if first else web,
                "signature": odd,
                "src_country": land,
                "app": odd,
                "action": odd,
                "transport": odd,
                "ai_key": hashlib.md5(f"k{number}".encode()).hexdigest(),
                "ai_event_id": hashlib.md5(str(number).encode()).hexdigest(),
                "ai_score": SCORES[band],
                "ai_status": "scored",
                "ai_reasons": odd,
                "ai_behaviour": behaviour.name,
                "ai_techniques": ",".join(behaviour.techniques),
                "ai_recipe": behaviour.recipe,
                "model": behaviour.recipe,
                "ai_model": f"{behaviour.recipe}@aaaabbbbcccc/ddddeeeeffff",
                "ai_record": "event",
            }
        )
    return pl.DataFrame(made)


def play(splunk: Splunk, chosen: Sequence[str]) -> Played:
    """Three days on, so that nothing of an earlier play is seen, the rows are collected and the searches run."""
    splunk.stand_still(splunk.now_s + 3 * DAY_S)
    there, back = dict(zip(HARMLESS, chosen, strict=True)), dict(zip(chosen, HARMLESS, strict=True))
    search = RunningSearch(splunk.world, 0.0, splunk.now_s, splunk.now_s, "1.1", name="AIScore - Score")
    splunk.world.collect(
        rows(definitions(), splunk.now_s, there.__getitem__), {"index": "summary", "source": "AIScore - Scores"}, search
    )
    before = len(splunk.desk.notables)
    rules = {name: _ran(splunk, name, back) for name in rule_names(definitions())}
    found = splunk.search("search index=risk", "-1h", "+1h").to_dicts()
    risk = [
        (event["source"], back[event["risk_object"]], event["risk_object_type"], event["risk_score"]) for event in found
    ]
    stacked = _ran(splunk, STACKING, back)
    return Played(rules, sorted(risk), stacked, len(splunk.desk.notables) - before)


def _ran(splunk: Splunk, name: str, back: dict[str, str]) -> list[dict[str, str]]:
    report: RunReport = splunk.run_once(name)
    assert report.ok, f"{name}: {report.error}"
    kept = {"ai_event_id", "ai_behaviour", "ai_band", "entity_type", "severity", "ai_risk_sum", "ai_events"}
    found = []
    for row in report.results.to_dicts():
        shown = {key: str(value) for key, value in row.items() if key in kept}
        shown |= {key: back[row[key]] for key in ("user", "src", "dest", "entity") if row.get(key) is not None}
        found.append(shown)
    return sorted(found, key=str)


@pytest.fixture(scope="module")
def harmless(splunk: Splunk) -> Played:
    """The same rows with values nobody minds."""
    played = play(splunk, HARMLESS)
    assert all(played.rules.values()), [name for name, found in played.rules.items() if not found]
    assert played.notables and played.stacked and played.risk
    return played


@settings(max_examples=3)
@given(sixes)
@example(list(NASTY))
@example(["*", "%", "$", "\\", '"', "'"])
@example(["ann,", "ann;", "ann|", "ann||ann", "ann\nann", "user|user|ann"])
def test_the_same_rows_risk_and_notables_come_out(splunk: Splunk, harmless: Played, chosen: list[str]) -> None:
    played = play(splunk, chosen)
    assert played.rules == harmless.rules
    assert played.risk == harmless.risk
    assert played.stacked == harmless.stacked
    assert played.notables == harmless.notables


def shape(found: Any) -> Any:
    """A search's tree without the texts in it."""
    return re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "_", repr(found))


def test_a_drilldown_stays_the_search_it_was_and_finds_its_events(splunk: Splunk, harmless: Played) -> None:
    shapes = set()
    for chosen in (HARMLESS, NASTY):
        begun = len(splunk.desk.notables)
        play(splunk, chosen)
        notables = splunk.desk.notables[begun:]
        assert len(notables) == harmless.notables
        for notable in notables:
            (drilldown,) = notable.drilldowns
            shapes.add(shape(parse(drilldown.search, splunk.world)))
            found = splunk.search(drilldown.search, drilldown.earliest, drilldown.latest)
            assert found.height
            for row in found.to_dicts():
                assert notable.row["entity"] in (row["user"], row["src"], row["dest"])
    assert len(shapes) == 1


def test_no_raw_value_goes_into_a_search() -> None:
    """Titles and messages are text. A drilldown is SPL: only hashes and times of ours go into it."""
    for name, stanza in _shipped().items():
        for key, text in stanza.items():
            if "drilldown" in key:
                assert set(re.findall(r"\$([\w.]+)\$", text)) <= SAFE_IN_SPL, name


def test_a_verdict_page_takes_a_token_as_one_text(splunk: Splunk) -> None:
    """What a quoted token holds is one literal, whatever somebody typed."""
    for value in NASTY:
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        (stage, assigned) = parse(f"| makeresults | eval comment={quoted}", splunk.world).stages
        assert isinstance(stage, tree.Makeresults) and isinstance(assigned, tree.Eval)
        assert assigned.assignments == (("comment", tree.Literal(value)),)


def _shipped() -> confs.Conf:
    return confs.parse((package.HERE / "default" / "savedsearches.conf").read_text())
