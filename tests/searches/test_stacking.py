"""What becomes a notable, and what does not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from sidecar.demo.service import Service
from tests.searches.conftest import kept_rows, settled
from tests.searches.estate import Estate
from tests.splunkd import site
from tests.splunkd.splunk import Splunk

HOUR_S = 3600.0


def stacked(splunk: Splunk, after_s: float = 1800) -> pl.DataFrame:
    """What the stacking rule finds so long after the rows were kept."""
    report = splunk.run_once(site.STACKING, splunk.now_s + after_s)
    assert not report.error, report.error
    return report.results


def kept_over_time(splunk: Splunk, rows: int, step_s: float) -> None:
    """Low anomalies of one user on as many hosts, one after each step."""
    for number in range(rows):
        splunk.stand_still(splunk.now_s + step_s)
        own = {"dest": f"host-{number}", "ai_event_id": f"{number:032x}", "ai_key": f"{number:032x}"}
        kept_rows(splunk, [own], splunk.now_s)


def test_five_low_anomalies_on_one_user_within_an_hour_become_one_notable(splunk: Splunk) -> None:
    kept_rows(splunk, [{}] * 5, splunk.now_s)
    found = stacked(splunk).filter(pl.col("entity_type") == "user").to_dicts()
    assert [(row["entity"], row["ai_hour"], row["ai_events"]) for row in found] == [("ana", 100.0, 5.0)]
    (notable,) = [one for one in splunk.desk.notables if "user ana" in one.title]
    assert notable.severity == "medium" and notable.description.startswith("5 unusual events (reach)")
    assert [alert.name for alert in splunk.desk.alerts] == [site.STACKING]


def test_the_same_news_five_times_is_one_piece_of_news(splunk: Splunk) -> None:
    kept_rows(splunk, [{"dest": "host-1", "src": f"ws-{number}"} for number in range(5)], splunk.now_s)
    assert stacked(splunk).is_empty() and not splunk.desk.notables


def test_five_over_a_working_day_do_not_add_up(splunk: Splunk) -> None:
    kept_over_time(splunk, 5, 2 * HOUR_S)
    assert stacked(splunk).is_empty()


def test_one_behaviour_is_capped_over_the_day_and_two_are_not(splunk: Splunk) -> None:
    kept_over_time(splunk, 9, 1.5 * HOUR_S)
    (found,) = stacked(splunk).filter(pl.col("entity_type") == "user").to_dicts()
    assert (found["ai_day"], found["ai_hour"]) == (120.0, 20.0)


def test_the_highest_band_of_a_piece_of_news_counts(splunk: Splunk) -> None:
    same = [{"dest": "host-1", "ai_score": score} for score in ("0.4", "0.9", "0.55")]
    kept_rows(splunk, [*same, {"ai_score": "0.55"}], splunk.now_s)
    (found,) = stacked(splunk).filter(pl.col("entity_type") == "user").to_dicts()
    assert found["ai_hour"] == 100.0 and found["ai_score"] == 0.9


def test_a_source_that_tries_five_accounts_is_told_and_none_of_the_accounts(splunk: Splunk) -> None:
    kept_rows(splunk, [{"user": f"user{number}", "ai_behaviour": "guessing"} for number in range(5)], splunk.now_s)
    assert [(row["entity_type"], row["entity"]) for row in stacked(splunk).to_dicts()] == [("system", "ws-1")]


def test_an_event_of_two_behaviours_counts_for_both(splunk: Splunk) -> None:
    kept_rows(splunk, [{"ai_behaviour": "place,reach", "src_country": "RO", "ai_score": "0.9"}], splunk.now_s)
    (found,) = stacked(splunk).filter(pl.col("entity_type") == "user").to_dicts()
    assert (found["ai_hour"], found["ai_behaviours"], found["ai_events"]) == (120.0, "place, reach", 2.0)


def test_a_place_that_is_strange_and_too_far_away_is_one_piece_of_news(splunk: Splunk) -> None:
    both = {"ai_behaviour": "place,travel", "ai_techniques": "T1078"}
    rows = [{**both, "src_country": country} for country in ("RO", "IE", "SG", "US")]
    kept_rows(splunk, rows, splunk.now_s)
    assert stacked(splunk).is_empty()
    fifth = {**both, "src_country": "BR", "ai_event_id": "f" * 32, "ai_key": "f" * 32}
    kept_rows(splunk, [fifth], splunk.now_s - 60)
    (found,) = stacked(splunk).filter(pl.col("entity_type") == "user").to_dicts()
    assert (found["ai_hour"], found["ai_events"], found["ai_behaviours"]) == (100.0, 10.0, "place, travel")


def test_an_entity_is_told_once_a_day(splunk: Splunk) -> None:
    kept_rows(splunk, [{}] * 5, splunk.now_s)
    for _ in range(2):
        assert not stacked(splunk).is_empty()
    assert len([one for one in splunk.desk.notables if "user ana" in one.title]) == 1


def test_what_has_not_grown_is_not_told_again(splunk: Splunk) -> None:
    kept_rows(splunk, [{}] * 5, splunk.now_s)
    assert stacked(splunk, 2 * HOUR_S).is_empty()


@pytest.mark.parametrize("name", ["AIScore - Authentication Unusual Reach Low - Rule", site.STACKING])
def test_no_rule_gives_out_a_risk_object(splunk: Splunk, name: str) -> None:
    kept_rows(splunk, [{}] * 5, splunk.now_s)
    columns = splunk.run_once(name, splunk.now_s + 1800).results.columns
    assert columns and not {"risk_object", "risk_object_type"} & set(columns)


def test_enterprise_securitys_own_rule_stacks_our_risk(splunk: Splunk) -> None:
    """The documented search of Risk Threshold Exceeded For Object Over 24 Hour Period, without its ES macros."""
    kept_rows(
        splunk,
        [{"ai_behaviour": "place,reach", "src_country": f"C{n}", "ai_score": "0.9"} for n in range(2)],
        splunk.now_s,
    )
    for name in site.risk_rules("authentication"):
        assert not splunk.run_once(name, splunk.now_s + 1800).error
    found = splunk.search(
        "| tstats sum(All_Risk.calculated_risk_score) as risk_score, count(All_Risk.calculated_risk_score) as events, "
        "dc(source) as source_count from datamodel=Risk.All_Risk by All_Risk.risk_object, All_Risk.risk_object_type "
        "| rename All_Risk.* AS * | where risk_score > 100",
        latest="+1d",
    )
    assert {(row["risk_object"], row["risk_score"], row["source_count"]) for row in found.to_dicts()} == {
        ("ana", 240.0, 2.0),
        ("ws-1", 240.0, 2.0),
    }


@pytest.mark.parametrize("digest_fields", ["results", "alert"])
def test_one_entity_told_does_not_hide_the_next(
    tmp_path: Path, service: Service, company: Estate, digest_fields: str
) -> None:
    """Whatever throttling by fields means in digest mode: the stacking rule does not need it."""
    with settled(tmp_path / "splunk", service, company, digest_fields=digest_fields) as splunk:
        kept_rows(splunk, [{}] * 5, splunk.now_s)
        stacked(splunk)
        splunk.stand_still(splunk.now_s + 1800)
        others = [{"user": "bob", "src": f"ws-{n}", "ai_event_id": f"b{n:031x}", "ai_key": f"b{n}"} for n in range(5)]
        kept_rows(splunk, others, splunk.now_s)
        stacked(splunk)
        assert {one.row["entity"] for one in splunk.desk.notables} == {"ana", "bob"}
