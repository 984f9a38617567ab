"""The company is hard: within the same budget no one-line rule finds more than half of the stories."""

import polars as pl
import pytest

from models.simulator import Simulation, simulate
from models.simulator.rule import ALERTS_A_DAY, RULES, found, queue


@pytest.fixture(scope="module", params=[7, 8, 9])
def company(request: pytest.FixtureRequest) -> Simulation:
    return simulate(seed=request.param)


def test_the_company_is_as_large_as_documented(company: Simulation) -> None:
    people = company.events.filter(pl.col("user_bunit") != "service")["user"].n_unique()
    assert 450_000 < len(company.events) < 550_000
    assert 985 <= people <= 1_000


@pytest.mark.parametrize("people_only", [False, True])
def test_no_rule_finds_more_than_half_of_the_stories(company: Simulation, people_only: bool) -> None:
    before, after = company.before(), company.after()
    if people_only:  # the first thing an analyst would do to any of the rules
        after = after.filter(pl.col("user_bunit") != "service")
    for rule in RULES:
        alerts = queue(after.with_columns(loud=rule.value(before, after)), "loud")
        assert len(found(alerts)) <= len(company.stories) / 2, rule.name


def test_every_rule_finds_its_attack_when_the_noise_is_taken_away(company: Simulation) -> None:
    """The rules are not straw men: without the honest noise each would see what it is made for."""
    before, after = company.before(), company.after()
    attacks = after.filter(pl.col("label") == 1)
    calm = after.filter((pl.col("_time") % 86_400 > 43_200) & (pl.col("dests_1h") < 6) & (pl.col("bytes_1h") < 1e8))
    quiet = pl.concat([attacks, calm.filter(pl.col("label") == 0)]).sort("_time")
    wanted = {"hosts": "stolen_credentials", "volume": "insider_download"}
    for rule in RULES:
        if rule.name in wanted:
            alerts = queue(quiet.with_columns(loud=rule.value(before, quiet)), "loud")
            assert wanted[rule.name] in found(alerts), rule.name


def test_the_queue_takes_one_event_a_user_and_day_and_ten_a_day(company: Simulation) -> None:
    alerts = queue(company.after(), "dests_1h")
    day = (alerts["_time"] // 86_400).alias("day")
    assert set(day.value_counts()["count"]) == {ALERTS_A_DAY}
    assert alerts.select("user", day).is_unique().all()
    assert alerts["dests_1h"].is_sorted(descending=True)


def test_a_perfect_score_finds_every_story(company: Simulation) -> None:
    after = company.after()
    alerts = queue(after.with_columns(truth=pl.col("label").cast(pl.Float64)), "truth")
    assert len(found(alerts)) == len(company.stories)
