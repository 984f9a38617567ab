"""Sign-ins of the simulated company; on the last day a password is stolen."""

from __future__ import annotations

from models.simulator import simulate
from models.simulator.stories import stolen_credentials
from tests.searches.part import Days, Part

TAGS = ("authentication",)
SAMPLE = {"user": "ann", "src": "10.0.0.1", "dest": "db", "app": "ssh"}


def part(days: Days) -> Part:
    """The sign-ins lack what a recipe's searches compute, as Splunk's events would."""
    company = simulate(
        seed=days.seed, users=days.users, days=days.count, stories=[(days.count - 1, stolen_credentials)]
    )
    events = company.events.select("_time", "user", "src", "src_country", "dest", "app", "action", "bytes_out")
    return Part(events, tuple(("user", name) for story in company.stories for name in sorted(story.users)))
