"""The power may fail at any point of a workload: what was acknowledged is there, and nothing is half there."""

import pytest

from tests.reliability.disk import power


@pytest.mark.parametrize(
    ("workload", "count", "least"), [("ledger", 12, 250), ("home", 3, 180)], ids=["ledger", "home"]
)
def test_nothing_is_lost_at_any_crash_point(workload: str, count: int, least: int) -> None:
    found = power.tried(workload, count, "ci", drawn=1)
    assert list(found.wrong) == []
    assert found.counts["writes_lost"] == 0
    assert found.counts["crash_points"] >= least <= found.counts["crash_states"]
    assert found.counts["writes_acknowledged"] >= count
