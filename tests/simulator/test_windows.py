"""The batch windows against a reading of the definition, event by event."""

import polars as pl

from models.simulator import simulate
from models.simulator.windows import with_windows


def test_windows_see_the_event_itself_and_only_the_past() -> None:
    events = simulate(seed=5, users=60, days=6).events
    rows = events.to_dicts()
    for at in range(0, len(rows), len(rows) // 60):
        row, past = rows[at], rows[max(0, at - 4_000) : at + 1]
        hour = [r for r in past if r["user"] == row["user"] and r["_time"] > row["_time"] - 3_600]
        ten = [r for r in hour if r["_time"] > row["_time"] - 600]
        shared = [r for r in past if r["src"] == row["src"] and r["_time"] > row["_time"] - 600]
        assert row["failures_10m"] == sum(r["action"] == "failure" for r in ten)
        assert row["dests_1h"] == len({r["dest"] for r in hour})
        assert row["users_per_src_10m"] == len({r["user"] for r in shared})
        assert row["bytes_1h"] == sum(r["bytes_out"] for r in hour)


def test_windows_keep_rows_and_order() -> None:
    events = simulate(seed=5, users=60, days=6).events
    plain = events.drop("failures_10m", "dests_1h", "users_per_src_10m", "bytes_1h")
    again = with_windows(plain)
    assert again.select(plain.columns).equals(plain)
    assert again.select(events.columns).equals(events)


def test_an_event_leaves_the_window_when_it_is_as_old_as_the_window() -> None:
    at = [1_000_000.0, 1_000_600.0, 1_003_600.0, 1_004_199.999]
    same = {"user": "a", "src": "s", "action": "failure", "bytes_out": 5}
    events = pl.DataFrame([{"_time": t, "dest": f"d{n}"} | same for n, t in enumerate(at)])
    found = with_windows(events)
    assert found["failures_10m"].to_list() == [1, 1, 1, 2]
    assert found["dests_1h"].to_list() == [1, 2, 2, 3]
    assert found["bytes_1h"].to_list() == [5, 10, 10, 15]
