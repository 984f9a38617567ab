"""A site that uses the app: the sidecar configured, recipes read from plain indexes, their searches switched on.

It sets what the setup page sets, in local/.
"""

from __future__ import annotations

from collections.abc import Sequence

from splunk_app.searches.definitions import definitions
from splunk_app.searches.rules import rule_name
from tests.splunkd.dispatch import RunReport
from tests.splunkd.splunk import Splunk

DAY_S = 86_400.0
STACKING = definitions().threshold.name
THRESHOLDS = "AIScore - Set thresholds from the alert budget"
HEALTH = "AIScore - Health"
_PATIENT = {"chunk_deadline_s": 90, "search_budget_s": 900}
"""A slow machine takes longer instead of leaving rows unscored."""


def connect(splunk: Splunk, url: str, secret: str, **settings: object) -> None:
    """Make the sidecar known."""
    splunk.splunkd.keep_secret(secret)
    splunk.splunkd.configure(url=url, **{**_PATIENT, **settings})


def read_from(splunk: Splunk, recipe: str, index: str, how: str = "index") -> None:
    """Let a recipe read plain events of an index; `raw`: events without fields."""
    splunk.define(f"aiscore_{recipe}_source", f"index={index}")
    splunk.define(f"aiscore_{recipe}", f"`aiscore_{recipe}_{how}`")


def go_live(splunk: Splunk) -> None:
    """Let rules reach people."""
    splunk.define("aiscore_release", "`aiscore_release_live`")


def first_fit(splunk: Splunk, recipe: str, days: int) -> list[RunReport]:
    """Fit the first model from so many days before today, and set the thresholds. Raises RuntimeError if it fails."""
    name = f"AIScore - First fit {recipe}"
    splunk.app.set_local("savedsearches", name, {"dispatch.earliest_time": f"-{days}d@d"})
    reports = []
    for search in (name, THRESHOLDS):
        reports.append(splunk.run_once(search))
        if reports[-1].error:
            raise RuntimeError(f"{search}: {reports[-1].error} {reports[-1].messages}")
    return reports


def risk_rules(recipe: str) -> list[str]:
    """The names of a recipe's risk rules."""
    found = definitions()
    return [rule_name(found.recipes[recipe], one, band) for one in found.of_recipe(recipe) for band in found.bands]


def searches_of(recipe: str) -> list[str]:
    """The names of a recipe's scheduled searches, risk rules apart."""
    return [s.name for s in definitions().searches if s.name.endswith(f" {recipe}") and s.cron_schedule]


def switch_on(splunk: Splunk, recipes: Sequence[str], *, rules: bool = True) -> None:
    """Enable the searches of these recipes, and those that serve all."""
    for recipe in recipes:
        splunk.enable(*searches_of(recipe), *(risk_rules(recipe) if rules else []))
    splunk.enable(STACKING, THRESHOLDS, HEALTH)
