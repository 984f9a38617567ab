"""Places: an address has one, a machine inside has none, and the place before is the last that was signed in from."""

import numpy as np
import pytest

from models.features.recipe import load_recipe
from models.features.values import read_values
from models.simulator import Simulation, simulate
from models.simulator.habits import COUNTRIES
from models.simulator.places import PLACES, with_places

ADDED = ("src_lat", "src_lon", "prev_lat", "prev_lon", "prev_time")


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate(seed=3, users=120, days=8)


def test_every_country_has_a_place() -> None:
    assert {*PLACES} == {*COUNTRIES}


def test_the_columns_are_those_of_a_loop_over_rows(small: Simulation) -> None:
    events = small.events.drop(ADDED).tail(20_000)
    last: dict[str, tuple[float, float, float]] = {}
    wanted = []
    for row in events.iter_rows(named=True):
        time, user = row["_time"], row["user"]
        here = PLACES[row["src_country"]] if row["src"].replace(".", "").isdigit() else None
        before = last.get(user)
        before = before if before and time - before[2] <= 3600 else None
        wanted.append((*(here or (None, None)), *(before or (None, None, None))))
        if here and row["action"] == "success":
            last[user] = (*here, time)
    assert with_places(events).select(ADDED).rows() == wanted


def test_a_password_guessed_from_abroad_travels_faster_than_anybody(small: Simulation) -> None:
    speed = read_values(small.events, load_recipe("authentication").spec).numbers["speed"]
    story = small.events["story"].to_numpy()
    assert np.nanmax(speed[story == "password_spray"]) > 2_000
    ordinary = speed[(story == "") & ~np.isnan(speed)]
    assert (ordinary == 0).mean() > 0.9 and len(ordinary) > 1_000
