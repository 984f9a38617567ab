"""Servers are killed while clients write: what was acknowledged stays, once, and nothing is half made."""

import pytest

from tests.reliability.kills import lane

KILLS = 22
"""In each of two lanes, at random. Each lane ends with one more, so that with those that are aimed it is 52."""


@pytest.mark.parametrize("aim", ["part", "fit", "change"])
def test_a_kill_that_is_aimed(aim: str) -> None:
    found = lane.run(aim, 1, [known for known in lane.AIMS if known.name == aim])
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["kills"] == 2 and found.counts["writes_acknowledged"] > 5, found.counts


def test_kills_at_random() -> None:
    found = lane.side_by_side("ci", 1, KILLS)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["kills"] == 2 * KILLS + 2 and found.counts["kills_idle"] < KILLS, found.counts
    assert found.counts["writes_acknowledged"] > 2 * KILLS, found.counts
