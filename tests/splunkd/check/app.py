"""All checks of one app."""

from __future__ import annotations

from pathlib import Path

from tests.splunkd.check import knowledge, rules, searches, structure, views
from tests.splunkd.check.finding import Finding
from tests.splunkd.check.source import App


def findings(folder: Path) -> list[Finding]:
    """What is wrong with the app in this folder, each thing once."""
    app = App(folder)
    state = searches.follow(app)
    # Views and drilldowns first: a macro that only they use is used.
    found = [*views.findings(state), *rules.findings(state), *searches.findings(state)]
    return sorted(set(found + [*structure.findings(app), *knowledge.findings(app)]))
