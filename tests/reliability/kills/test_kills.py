"""Servers are killed while clients write: what was acknowledged stays, once, and nothing is half made."""

from tests.reliability.kills import lane
from tests.reliability.kills.lane import AIMS

KILLS = 22
"""In each of two lanes, beside one kill of each aim."""


def test_a_kill_of_each_kind() -> None:
    found = lane.run("each", 1, AIMS)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["kills"] == len(AIMS) and found.counts["writes_acknowledged"] > 20, found.counts


def test_kills_at_random() -> None:
    found = lane.side_by_side("ci", 1, KILLS)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["kills"] == 2 * KILLS and found.counts["kills_idle"] < KILLS, found.counts
    assert found.counts["writes_acknowledged"] > 2 * KILLS, found.counts
