"""The hour of the week: a smooth density, the time of day where history is short, and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import array_bytes, read_array
from models.errors import DataError
from models.features.baseline import Generation
from models.features.encode import encode
from models.features.hours import hours_of_week
from models.features.partition import learn
from models.features.spec import FeatureSpec, Field, Peers
from models.features.tally import Counts
from models.features.values import read_values
from models.features.week import WeekLevel
from models.plan import FitPlan
from models.training import fit
from tests.models.tables import sign_ins
from tests.models.test_fit_and_score import load

HOUR_S = 3600
MONDAY_S = 1_700_438_400
"""Midnight UTC of a Monday."""
EVERYONE = np.zeros(1, np.uint64)
SPEC = FeatureSpec((Field("_time", "week_hour", "hour of week"),), ("user",), "_time")
seen_hours = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 168)), min_size=1, max_size=60)


def density(hours: list[int]) -> list[float]:
    """The formula of the module, in plain Python; hours 0 to 167."""
    count, n = Counter(hours), len(hours)

    def smooth(at: Callable[[int], float]) -> float:
        return sum(weight * at(step) for step, weight in zip(range(-2, 3), (1, 2, 3, 2, 1), strict=True)) / 9

    found = []
    for hour in range(168):
        days = [5, 6] if hour >= 120 else [0, 1, 2, 3, 4]
        own = smooth(lambda step: count[(hour + step) % 168])  # noqa: B023
        usual = smooth(lambda step: sum(count[24 * day + (hour + step) % 24] for day in days)) / len(days)  # noqa: B023
        found.append((n * own + 168 * usual) / (n + 168))
    return found


def mass(hours: list[int], hour: int) -> float:
    dense = density(hours)
    return sum(each for each in dense if each <= dense[hour] * (1 + 1e-9))


@settings(max_examples=60, deadline=None)
@given(seen_hours, st.lists(st.tuples(st.integers(1, 4), st.integers(1, 168)), min_size=1, max_size=8))
def test_shares_are_those_of_the_reference(seen: list[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    counts = Counts.tally(*(np.array(each, np.uint64) for each in zip(*seen, strict=True)))
    owners, codes = (np.array(each, np.uint64) for each in zip(*asked, strict=True))
    roster = np.unique(counts.owners)
    at = np.array([int(np.searchsorted(roster, owner)) if owner in roster else -1 for owner in owners])
    above = WeekLevel.publish(counts.fold(), EVERYONE).look(np.zeros_like(at), owners, codes, None)
    found = WeekLevel.publish(counts, roster).look(at, owners, codes, above.share)
    everything = [code - 1 for _, code in seen]
    for place, (owner, code) in enumerate(asked):
        top = min(1.0, (mass(everything, code - 1) + 0.5) / (len(seen) + 1))
        assert above.share[place] == pytest.approx(top)
        own = [hour - 1 for who, hour in seen if who == owner]
        distinct = len(set(own))
        smooth = (mass(own, code - 1) + distinct * top) / max(len(own) + distinct, 1)
        assert found.share[place] == pytest.approx(min(1.0, smooth) if own else top)
        assert found.seen[place] == own.count(code - 1)


def shares(hours: list[int]) -> np.ndarray:
    """What an owner's own history says of each hour, 0 to 167."""
    codes = np.array(hours, np.uint64) + np.uint64(1)
    level = WeekLevel.publish(Counts.tally(np.zeros_like(codes), codes), EVERYONE)
    return level.look(np.zeros(168, np.int64), np.zeros(168, np.uint64), np.arange(1, 169, dtype=np.uint64), None).share


def test_a_density_sums_to_its_observations() -> None:
    assert sum(density([9, 9, 130, 167, 0])) == pytest.approx(5)


def test_neighbouring_hours_are_hardly_strange_around_the_end_of_the_week_too() -> None:
    """Sunday 23:00 is next to Monday 00:00."""
    found = shares([167] * 300)
    assert found[0] > found[1] > found[2] and found[166] > found[165] > found[164]
    assert found[2] == found[164] < 0.01


def test_a_short_history_speaks_of_the_time_of_day_and_a_long_one_of_the_day() -> None:
    """Five times on a Monday at nine say that Tuesday at nine is usual; a thousand say that it is not."""
    monday, tuesday, sunday, night = 9, 24 + 9, 6 * 24 + 9, 24 + 3
    short, long, longest = (shares([monday] * times) for times in (5, 100, 1000))
    assert short[tuesday] > 0.8 > long[tuesday] > 0.2 > longest[tuesday] and longest[monday] > 0.9
    assert short[night] == short[sunday] < short[tuesday]


def test_hours_are_called_by_their_day() -> None:
    times = MONDAY_S + HOUR_S * np.array([0, 6 * 24 + 3.5, -1, 7 * 24 * 100 + 33])
    found = hours_of_week(times)
    assert found.texts.gather(found.at).to_list() == ["Monday 00:00", "Sunday 03:00", "Sunday 23:00", "Tuesday 09:00"]
    assert found.codes.tolist() == [1, 148, 168, 34]
    assert hours_of_week(np.array([1e300, -1e18])).at.max() < 168


def office(weeks: int = 4) -> pl.DataFrame:
    """Six users, three of whom work by day and three by night, Monday to Friday."""
    rng = np.random.default_rng(0)
    rows = []
    for day in range(7 * weeks):
        for user in range(6):
            for _ in range(4 if day % 7 < 5 else 0):
                hour = (9 if user % 2 else 21) + rng.random() * 3
                rows.append(
                    (f"{MONDAY_S + day * 86_400 + hour * HOUR_S:.0f}", f"user{user}", "day" if user % 2 else "night")
                )
    return pl.DataFrame(rows, schema=["_time", "user", "shift"], orient="row").sort("_time")


def at(day: int, hour: float, user: str = "user1", **cells: str) -> pl.DataFrame:
    row = {"_time": str(MONDAY_S + 35 * 86_400 + day * 86_400 + hour * HOUR_S), "user": user, **cells}
    return pl.DataFrame({name: [cell] for name, cell in row.items()})


def test_reasons_say_the_hour_of_the_week() -> None:
    plan = FitPlan("m", entities=("user",), fields=("_time:week_hour",), peers=("user:shift",))
    model = load(fit(office(), plan))

    def said(event: pl.DataFrame) -> str:
        return str(model.score(event, explain="all").table["ai_reasons"][0])

    assert "_time=Sunday 03:00 never seen for anyone in 20 days" in said(at(6, 3.2, "new"))
    assert "_time=Tuesday 22:00 never seen for user1 in 20 days, none of 2 peers" in said(at(1, 22))
    assert "_time=Tuesday 10:00 never seen for new's peers (night) in" in said(at(1, 10, "new", shift="night"))
    assert model.score(at(2, 10)).table["ai_score"][0] < model.score(at(2, 22)).table["ai_score"][0]


def test_a_time_that_is_shifted_by_the_search_shifts_the_week() -> None:
    """Nobody but the search knows the time zone: `eval local=_time+36000` makes Sunday evening a Monday."""
    spec = FeatureSpec((Field("local", "week_hour"),), ("user",), "_time")
    event = at(6, 20).with_columns(local=pl.col("_time").cast(pl.Float64) + 10 * HOUR_S)
    tokens = read_values(event, spec).tokens["local"]
    assert tokens.values.texts.gather(tokens.values.at).to_list() == ["Monday 06:00"]
    assert spec.inputs() == ("local",) and len(read_values(at(1, 1), spec).tokens["local"].rows) == 0


def test_the_hour_of_the_week_needs_no_clock() -> None:
    spec = FeatureSpec((Field("when", "week_hour"),))
    assert read_values(pl.DataFrame({"when": ["2026-01-05T09:30:00Z", "", "soon"]}), spec).tokens[
        "when"
    ].codes.tolist() == [10]


def test_a_sealed_week_comes_back() -> None:
    spec = FeatureSpec(SPEC.fields, ("user",), "_time", peers=(Peers("user", "shift"),))
    values = read_values(office(), spec)
    found = Generation.publish(learn(values, spec, np.ones(values.count, np.bool_)).fold(spec), spec, "4 weeks")
    again = Generation.from_files(found.files(spec), spec)
    first, second = (encode(values, spec, each).matrix for each in (found, again))
    assert np.array_equal(first, second, equal_nan=True) and np.isfinite(first).all(axis=0).any()


@pytest.mark.parametrize(
    ("name", "break_it"),
    [
        ("keys", lambda array: array[::-1].copy()),
        ("keys", lambda array: array + 168),
        ("keys", lambda array: np.r_[array[:1] - array[:1], array[1:]]),
        ("keys", lambda array: array + 100 * (1 << 16)),
        ("keys", lambda array: array.astype(np.uint64)),
        ("count", lambda array: array * 0),
        ("count", lambda array: array * 1e6),
        ("count", lambda array: array[1:]),
        ("total", np.zeros_like),
    ],
)
def test_a_week_that_does_not_agree_is_refused(name: str, break_it: Callable[[np.ndarray], np.ndarray]) -> None:
    """Compiled code writes to the place of an hour."""
    values = read_values(office(1), SPEC)
    files = Generation.publish(learn(values, SPEC, np.ones(values.count, np.bool_)).fold(SPEC), SPEC).files(SPEC)
    Generation.from_files(files, SPEC)
    files[f"week.{name}.npy"] = array_bytes(break_it(read_array(files[f"week.{name}.npy"])))
    with pytest.raises(DataError):
        Generation.from_files(files, SPEC)


def test_a_model_that_knows_no_weeks_has_no_file_of_them() -> None:
    model = load(fit(sign_ins(), FitPlan("m", entities=("user",), fields=("dest", "_time:hour"))))
    assert not any(name.startswith("week") for name in model.generation.files(model.trained.spec))
