"""What follows an alert: summary index, risk, notables, the list of triggered alerts, and the app's own actions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from tests.splunkd import custom_action, notables, results_file, risk, stash, summary
from tests.splunkd.alerts import TriggeredAlert
from tests.splunkd.app_world import AppWorld
from tests.splunkd.custom_action import ActionRun
from tests.splunkd.notables import Notable
from tests.splunkd.savedsearches import SavedSearch
from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.values import number
from tests.splunkd.spl.world import RunningSearch

MOST_RESULTS = 50_000
"""max_action_results of limits.conf."""
MOST_ALERTS = 500
"""max_per_result_alerts: what one run tells result by result."""


@dataclass
class Followed:
    """What one run led to."""

    risk_events: int = 0
    notables: int = 0
    alerts: int = 0
    summary_events: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass
class Desk:
    """Where it ends up, beside the indexes: the queue, the triggered alerts, the runs of the app's own actions."""

    notables: list[Notable] = field(default_factory=list)
    alerts: list[TriggeredAlert] = field(default_factory=list)
    action_runs: list[ActionRun] = field(default_factory=list)


class Actions:
    """Performs the actions of saved searches."""

    def __init__(self, world: AppWorld, desk: Desk, several: stash.Several) -> None:
        self._world, self._desk, self._several = world, desk, several

    def perform(self, saved: SavedSearch, rows: pl.DataFrame, search: RunningSearch) -> Followed:
        """All actions over the results: at once in digest mode, else result by result. A failed one stops no other."""
        done = Followed()
        rows = rows.head(MOST_RESULTS)
        if saved.digest:
            self._each(saved, rows, search, done, None)
        else:
            for place in range(min(rows.height, MOST_ALERTS)):
                self._each(saved, rows.slice(place, 1), search, done, place)
        return done

    def _each(
        self, saved: SavedSearch, rows: pl.DataFrame, search: RunningSearch, done: Followed, result_id: int | None
    ) -> None:
        for name, params in saved.actions.items():
            try:
                self._one(name, params, saved, rows, search, done, result_id)
            except SplError as error:
                done.errors.append(f"action {name}: {error}")
        if saved.track:
            self._desk.alerts.append(TriggeredAlert(saved.name, search.now_s, saved.severity, rows))
            done.alerts += 1

    def _one(
        self, name: str, params: Mapping[str, str], saved: SavedSearch, rows: pl.DataFrame, search: RunningSearch,
        done: Followed, result_id: int | None,
    ) -> None:  # fmt: skip
        if name == "risk":
            done.risk_events += self._risk(saved, rows, search)
        elif name == "notable":
            done.notables += self._notable(saved, rows, search)
        elif name == "summary_index":
            done.summary_events += self._summary(params, rows, search)
        else:
            own = {key.removeprefix("param."): value for key, value in params.items() if key.startswith("param.")}
            self.send(name, rows, own, search.sid, saved.name, result_id)

    def send(
        self, name: str, rows: pl.DataFrame, params: dict[str, str], sid: str, search_name: str, result_id: int | None
    ) -> ActionRun:
        """Run an action of the app's own, as an alert does and as a person does from the queue."""
        ran = custom_action.run(
            self._world.splunkd, name, rows, params, sid=sid, search_name=search_name, result_id=result_id
        )
        self._desk.action_runs.append(ran)
        self._receive()
        if ran.failed:
            raise SplError(f"it ended with exit code {ran.code}: {ran.stderr.strip()[-500:]}")
        return ran

    def _risk(self, saved: SavedSearch, rows: pl.DataFrame, search: RunningSearch) -> int:
        found = risk.events(saved, results_file.records(rows))
        if not found:
            return 0
        table = results_file.from_records([event.fields for event in found])
        times = number(columns.column(table, "_time")).fill_null(search.now_s)
        origin = _origin(search, [event.row for event in found])
        return self._write("risk", table, times, search, origin)

    def _notable(self, saved: SavedSearch, rows: pl.DataFrame, search: RunningSearch) -> int:
        info = summary.info(search)
        places, found = [], []
        for place, row in enumerate(results_file.records(rows)):
            made = notables.make(saved, row, search.now_s, info)
            places += [place] * len(made)
            found += made
        if not found:
            return 0
        table = results_file.from_records([notable.fields for notable in found])
        times = pl.Series([search.now_s] * len(found), dtype=pl.Float64)
        self._write("notable", table, times, search, _origin(search, places))
        self._desk.notables += found
        return len(found)

    def _write(
        self, index: str, table: pl.DataFrame, times: pl.Series, search: RunningSearch, origin: list[pl.Series]
    ) -> int:
        constants = {"search_name": search.name} | summary.info(search)
        return summary.keep(
            self._world.indexes, index, table, times, constants, self._world.now_s, source=search.name, internal=True,
            beside=origin,
        )  # fmt: skip

    def _summary(self, params: Mapping[str, str], rows: pl.DataFrame, search: RunningSearch) -> int:
        marker = ", ".join(f'{name}="{value}"' for name, value in params.items() if name not in ("_name", "inline"))
        options = {"index": params.get("_name", "summary"), "marker": marker}
        now_s = self._world.now_s
        return summary.collect(self._world.indexes, rows, options, search, now_s, self._several)

    def _receive(self) -> None:
        """Events that came over receivers/simple: one JSON object each, as KV_MODE = json reads it."""
        for event in self._world.splunkd.received:
            found = json.loads(event["_raw"])
            fields = {name: value if isinstance(value, list) else str(value) for name, value in found.items()}
            shown = {name: event[name] for name in ("source", "sourcetype", "host", "_raw") if name in event}
            table = results_file.from_records([fields | shown])
            stamped = table.with_columns(pl.lit(self._world.now_s).alias("_time"))
            self._world.indexes.add(event["index"], stamped, self._world.now_s)
        self._world.splunkd.received.clear()


def _origin(search: RunningSearch, places: list[int]) -> list[pl.Series]:
    """orig_sid and orig_rid, which stand in the event's header and not in its text."""
    sids = pl.Series("orig_sid", [search.sid] * len(places), dtype=pl.String)
    return [sids, pl.Series("orig_rid", [str(place) for place in places], dtype=pl.String)]
