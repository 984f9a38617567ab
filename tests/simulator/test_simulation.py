"""The simulated company: the same from the same seed, plausible, and honest about its attacks."""

import hashlib
from datetime import UTC, datetime
from functools import partial

import polars as pl
import pytest

from models.errors import DataError
from models.simulator import Simulation, simulate
from models.simulator.simulation import COLUMNS
from models.simulator.stories import insider_download


def _digest(simulation: Simulation) -> str:
    return hashlib.sha256(simulation.events.write_csv().encode()).hexdigest()


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate(seed=3, users=120, days=8)


def test_the_same_seed_gives_the_same_bytes(small: Simulation) -> None:
    assert _digest(simulate(seed=3, users=120, days=8)) == _digest(small)
    assert _digest(simulate(seed=4, users=120, days=8)) != _digest(small)


def test_the_table_has_the_documented_columns_and_no_gaps(small: Simulation) -> None:
    assert tuple(small.events.columns) == COLUMNS
    placed = small.events.select("src_lat", "src_lon", "prev_lat", "prev_lon", "prev_time")
    assert small.events.drop(placed.columns).null_count().sum_horizontal().item() == 0
    assert all(0 < count < len(placed) for count in placed.null_count().row(0)), "inside, nothing has a place"
    assert set(small.events["action"].unique()) == {"success", "failure"}


def test_times_strictly_ascend_in_whole_milliseconds_within_the_span(small: Simulation) -> None:
    time = small.events["_time"]
    assert time.diff().drop_nulls().min() > 0
    assert ((time * 1_000).round() - time * 1_000).abs().max() < 1e-3
    first = datetime(2026, 2, 19, tzinfo=UTC).timestamp()
    assert time[0] >= first and time[-1] <= first + 8 * 86_400 + 1


def test_attacks_lie_in_the_scored_days_only(small: Simulation) -> None:
    assert small.before()["label"].sum() == 0
    assert set(small.after()["story"].unique()) == {
        "", "stolen_credentials", "insider_download", "password_spray"
    }  # fmt: skip
    assert len(small.before()) + len(small.after()) == len(small.events)


def test_stories_tell_what_is_in_the_table(small: Simulation) -> None:
    for story in small.stories:
        rows = small.events.filter(pl.col("story") == story.name)
        assert len(rows) == story.events
        assert set(rows["user"]) == set(story.users)
        assert rows["_time"][0] == pytest.approx(story.begins_s, abs=0.01)
        assert rows["_time"][-1] == pytest.approx(story.ends_s, abs=0.01)
        assert (rows["label"] == 1).all()


def test_the_stolen_password_is_used_while_its_owner_works_elsewhere(small: Simulation) -> None:
    rows = small.events.filter(pl.col("story") == "stolen_credentials")
    victim = rows["user"][0]
    begin = rows["_time"][0]
    own = small.events.filter(
        pl.col("user") == victim, pl.col("label") == 0, (pl.col("_time") - begin).abs() < 6 * 3_600
    )
    assert len(own) > 0
    assert set(rows["src_country"]) - set(own["src_country"])


def test_other_stories_leave_the_background_as_it_is(small: Simulation) -> None:
    quiet = simulate(seed=3, users=120, days=8, stories=())
    kept = ["user", "src", "dest", "app", "action", "bytes_out"]
    background = small.events.filter(pl.col("label") == 0).select(kept)
    assert quiet.stories == () and quiet.events["label"].sum() == 0
    assert background.equals(quiet.events.select(kept))


def test_a_story_plays_at_the_strength_and_on_the_day_asked_for() -> None:
    plan = [(2, partial(insider_download, nights=1, gigabytes=1.0))]
    played = simulate(seed=3, users=120, days=8, stories=plan)
    rows = played.events.filter(pl.col("label") == 1)
    assert played.before()["label"].sum() == len(rows) > 0
    assert rows["bytes_out"].sum() < 1.1e9
    assert played.stories[0].parameters["gigabytes"] == 1.0


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"users": 3}, "users"), ({"days": 2}, "days"), ({"start": datetime(2026, 1, 1)}, "start")],
)
def test_an_impossible_company_is_refused_by_name(asked: dict[str, object], field: str) -> None:
    with pytest.raises(DataError) as caught:
        simulate(**asked)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_every_documented_noise_is_there() -> None:
    company = simulate(seed=7)
    events = company.events.filter(pl.col("label") == 0)

    def loudest(column: str, *where: pl.Expr) -> int:
        return int(events.filter(*where)[column].max() or 0)  # type: ignore[arg-type]

    day = (pl.col("_time") // 86_400).alias("day")
    scanned = events.filter(pl.col("src") == "scan01").select(day).n_unique()
    assert scanned == 5  # every third night
    assert loudest("users_per_src_10m", pl.col("src") == "scan01") >= 10
    assert loudest("failures_10m", pl.col("user") == "svc_reports") >= 10
    assert loudest("dests_1h", pl.col("user") == "svc_backup") > 50
    assert loudest("dests_1h", pl.col("user") == "svc_deploy") > 40
    assert loudest("dests_1h", pl.col("user_bunit") == "it") > 30
    assert loudest("bytes_1h", pl.col("user_bunit") == "marketing") > 1e10
    assert loudest("failures_10m", pl.col("user_bunit") == "sales") >= 8
    assert events.filter(pl.col("user") == "svc_batch")["_time"].min() >= company.scored_from_s
    assert "4740" in events["signature_id"].unique()
    countries = events.group_by("user").agg(pl.col("src_country").n_unique())
    assert countries.filter(pl.col("src_country") > 1).height > 40
    joined = events.group_by("user", "user_bunit").agg(pl.col("_time").min())
    late = joined.filter(pl.col("_time") > events["_time"][0] + 3 * 86_400, pl.col("user_bunit") != "service")
    assert late.height >= 5
