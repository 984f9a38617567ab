"""The way through everything that is shipped: fit, schedule, the rest of the app, and what must have come of it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from xml.etree import ElementTree

import polars as pl

from sidecar.demo.service import Service
from tests.searches.estate import Estate
from tests.searches.runs import Sheet
from tests.splunkd import knowledge, site
from tests.splunkd.dispatch import RunReport
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.world import Macro
from tests.splunkd.splunk import Splunk

COUNTRIES = {"198.19.": "RO", "198.18.": "NL", "203.0.": "VN"}


class Tour:
    """One pass through the app, in a Splunk of its own."""

    def __init__(self, home: Path, around: Estate, service: Service, sheet: Sheet) -> None:
        self._around, self._service, self._sheet = around, service, sheet
        self.splunk = Splunk(home, now_s=around.last_day_s, country=_country)
        self._expanded = _watched(self.splunk)

    def begin(self) -> None:
        """Events in, models fitted, everything switched on."""
        splunk = self.splunk
        site.connect(splunk, self._service.url, self._service.secret.read_text(encoding="utf-8").strip())
        site.go_live(splunk)
        for recipe, part in self._around.parts.items():
            splunk.add_events(recipe, self._around.events(recipe))
            site.read_from(splunk, recipe, recipe, part.input)
            first = f"AIScore - First fit {recipe}"
            splunk.app.set_local("savedsearches", first, {"dispatch.earliest_time": "-10d@d"})
            self._once(first)
        self._once(site.THRESHOLDS)
        site.switch_on(splunk, tuple(self._around.parts))
        splunk.enable(*(name for name in splunk.saved_searches() if "ledger" in name))

    def end(self, *, whole: bool) -> None:
        """What the schedule did not run, the rest of the app, and what must have come of the day."""
        for name in self.splunk.saved_searches():
            if not self._sheet.line(name).runs:
                self._once(name)
        for recipe in self._around.parts:
            for way in ("cim", "index", "raw"):
                name = f"aiscore_{recipe}_{way}"
                if name in self.splunk.app.conf("macros"):
                    self._typed(f"macro {name}", f"| `{name}` | `aiscore_{recipe}_rows` | head 50")
            if f"aiscore_{recipe}_left_out" in self.splunk.app.conf("macros"):
                self._typed(f"macro aiscore_{recipe}_left_out", f"| `aiscore_{recipe}_left_out`")
        self._typed("macro aiscore_release_shadow", "| makeresults | `aiscore_release_shadow`")
        self._typed("macro aiscore_egress_lookup", '| makeresults | eval src="192.0.2.9" | `aiscore_egress_lookup`')
        self._views()
        if whole:
            self._queue()
            self._came_of_it()
        for name in self.splunk.app.conf("macros"):
            line = self._sheet.line(f"macro {name}", "macro")
            line.runs = line.runs or self._expanded.count(name.partition("(")[0])

    def _once(self, name: str) -> None:
        self._sheet.line(name).add(self.splunk.run_once(name))

    def _typed(self, name: str, text: str, kind: str = "macro", earliest: str = "-24h") -> pl.DataFrame:
        """Run a search as somebody types it; its line fails where it does."""
        line, begun = self._sheet.line(name, kind), time.perf_counter()
        read, found, fault = self.splunk.world.rows_read, pl.DataFrame(), ""
        try:
            found = self.splunk.search(text, earliest)
        except SplError as error:
            fault = str(error)
        seconds = time.perf_counter() - begun
        rows_in = self.splunk.world.rows_read - read
        line.add(RunReport(name, self.splunk.now_s, rows_in, found.height, seconds=seconds, error=fault))
        return found

    def _views(self) -> None:
        """Every search of every view, its tokens set to an event that was scored."""
        scored = self.splunk.search('| search index=summary source="AIScore - Scores" ai_status=scored | head 1')
        values = {"id": scored["ai_event_id"][0], "verdict": "expected", "comment": 'said "so"', "env:user": "ana"}
        for path in sorted((self.splunk.app.folder / "default" / "data" / "ui" / "views").glob("*.xml")):
            queries = [query.text or "" for query in ElementTree.parse(path).getroot().iter("query")]
            for number, query in enumerate(queries, start=1):
                found = self._typed(f"view {path.stem} {number}", _with_tokens(query, values), "view", "-2d")
                self._sheet.expect(f"view {path.stem} {number}", not found.is_empty(), "a row")

    def _queue(self) -> None:
        """What an analyst does with the first notable: its drilldowns, and scoring it again."""
        notable = self.splunk.desk.notables[0]
        for drilldown in notable.drilldowns:
            found = self._typed(f"drilldown {drilldown.name}", drilldown.search, "drilldown", "-2d")
            self._sheet.expect(f"drilldown {drilldown.name}", not found.is_empty(), "the events behind it")
        begun = time.perf_counter()
        run = self.splunk.send_alert("aiscore_rescore", pl.DataFrame([dict(notable.row)]))
        fault = "" if not run.failed else f"exit code {run.code}: {run.stderr}"
        report = RunReport("", self.splunk.now_s, 1, 1, seconds=time.perf_counter() - begun, error=fault)
        self._sheet.line("aiscore_rescore", "action").add(report)

    def _came_of_it(self) -> None:
        """The day's attacks must have been raised, on the right entities."""
        raised = {(one.row["entity_type"], one.row["entity"]) for one in self.splunk.desk.notables}
        wanted = {one for part in self._around.parts.values() for one in part.attacked}
        for kind, entity in sorted(wanted - raised):
            self._sheet.expect(site.STACKING, False, f"a notable on the {kind} {entity}")
        many = len(self.splunk.desk.notables)
        self._sheet.expect(site.STACKING, many <= 3 * len(wanted), f"few notables, not {many}")
        for recipe in self._around.parts:
            score = f"AIScore - Score {recipe}"
            self._sheet.expect(score, self._sheet.line(score).rows_out > 0, "rows kept")
            found = sum(self._sheet.line(name).risk_events for name in site.risk_rules(recipe))
            self._sheet.expect(site.risk_rules(recipe)[0], found > 0, f"risk events of {recipe}")
        models = self._typed("command aimodels", "| aimodels", "command")
        self._sheet.expect("command aimodels", models.height == len(self._around.parts), "a model for each recipe")


def _watched(splunk: Splunk) -> list[str]:
    """The names of the macros that searches ask for, from now on."""
    asked: list[str] = []
    find = splunk.world.macro

    def macro(name: str, args: int) -> Macro:
        asked.append(name)
        return find(name, args)

    splunk.world.macro = macro  # type: ignore[method-assign]
    return asked


def _country(address: str) -> str | None:
    return next((code for start, code in COUNTRIES.items() if address.startswith(start)), None)


def _with_tokens(query: str, values: dict[str, str]) -> str:
    filled = knowledge.filled(query, values)
    return re.sub(r"\$\$", "$", filled)
