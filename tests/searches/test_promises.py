"""What the searches promise when runs repeat, events are late, and parts are away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from models.features.recipe import recipe_names
from sidecar.demo.service import Service
from tests.searches.conftest import RECIPE, kept_rows, raised, settled
from tests.searches.estate import Estate
from tests.splunkd import cron, site, times
from tests.splunkd.dispatch import RunReport
from tests.splunkd.splunk import Splunk

SCORE = f"AIScore - Score {RECIPE}"
LATE = f"AIScore - Score late {RECIPE}"
BACKFILL = f"AIScore - Backfill {RECIPE}"
LOW_REACH = "AIScore - Authentication Unusual Reach Low - Rule"
HOUR_S = 3600.0
NOWHERE = "http://127.0.0.1:9"
"""The discard port: nothing answers."""


def ran(splunk: Splunk, name: str, at_s: float) -> RunReport:
    """One run, which must not fail."""
    report = splunk.run_once(name, at_s)
    assert not report.error, f"{name}: {report.error}"
    return report


def morning(company: Estate) -> pl.DataFrame:
    """The events of the last day from eight to eleven."""
    begins_s = company.last_day_s + 8 * HOUR_S
    return company.events(RECIPE).filter(pl.col("_time").is_between(begins_s, begins_s + 3 * HOUR_S))


def kept(splunk: Splunk) -> pl.DataFrame:
    """Every event that has a score, once."""
    return splunk.search('| `aiscore_rows("*")`', "-10d", "+10d")


def everything_counts(splunk: Splunk) -> None:
    """Keep every score, and begin the lowest band where nearly all lie."""
    splunk.define("aiscore_floor", "0")
    splunk.search(
        f'| makeresults | eval _key="{RECIPE}", model="{RECIPE}", low=0.02, medium=0.6, high=0.9, set_by="analyst" '
        "| table _key model low medium high set_by | outputlookup append=true key_field=_key aiscore_thresholds"
    )


def rules_run(splunk: Splunk, at_s: float) -> None:
    """All risk rules once."""
    for name in site.risk_rules(RECIPE):
        ran(splunk, name, at_s)


@contextmanager
def away(splunk: Splunk) -> Iterator[None]:
    """The sidecar is away for a while."""
    url = splunk.splunkd.overrides["url"]
    splunk.splunkd.configure(url=NOWHERE)
    yield
    splunk.splunkd.configure(url=url)


def test_a_second_run_over_one_window_adds_no_risk(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company))
    everything_counts(splunk)
    at_s = company.last_day_s + 10 * HOUR_S + 300
    ran(splunk, SCORE, at_s)
    rules_run(splunk, at_s + 300)
    once, risk = kept(splunk), raised(splunk)
    assert not once.is_empty() and not risk.is_empty()
    ran(splunk, SCORE, at_s)
    rules_run(splunk, at_s + 300)
    assert kept(splunk).height == once.height and raised(splunk).height == risk.height


def test_the_risk_index_keeps_a_rule_from_repeating_itself_where_throttling_does_not(splunk: Splunk) -> None:
    kept_rows(splunk, [{}] * 3, splunk.now_s)
    splunk.app.set_local("savedsearches", LOW_REACH, {"alert.suppress": "0"})
    ran(splunk, LOW_REACH, splunk.now_s + 600)
    assert raised(splunk).height == 6
    assert ran(splunk, LOW_REACH, splunk.now_s + 1200).rows_out == 0


def test_an_event_that_arrives_late_is_met_by_the_next_run_or_the_daily_one(splunk: Splunk, company: Estate) -> None:
    events = morning(company)
    half_past, at_s = company.last_day_s + 9.5 * HOUR_S, company.last_day_s + 10 * HOUR_S + 300
    late, very_late = pl.col("user") == events["user"][0], pl.col("user") == events["user"][-1]
    splunk.define("aiscore_floor", "0")
    splunk.add_events(RECIPE, events.filter(~late & ~very_late))
    ran(splunk, SCORE, at_s)
    splunk.add_events(RECIPE, events.filter(late))
    ran(splunk, SCORE, at_s + 1800)
    splunk.add_events(RECIPE, events.filter(very_late))
    scored = kept(splunk)
    arrived = events.filter(late & pl.col("_time").is_between(half_past, at_s - 300))
    assert not arrived.is_empty() and arrived["_time"].is_in(scored["_time"].implode()).all()
    ran(splunk, LATE, company.last_day_s + 26 * HOUR_S)
    after = kept(splunk)
    assert set(after["_time"].to_list()) == set(events["_time"].to_list())
    first = scored.select("ai_event_id", "ai_score").sort("ai_event_id")
    assert after.join(first, on="ai_event_id").sort("ai_event_id").select("ai_event_id", "ai_score").equals(first)


def test_a_sidecar_away_for_three_runs_is_made_good_once(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company))
    everything_counts(splunk)
    first_s = company.last_day_s + 9.5 * HOUR_S + 300
    with away(splunk):
        unscored = [ran(splunk, SCORE, first_s + 1800 * number) for number in range(3)]
    assert all(report.collected > 1 for report in unscored) and kept(splunk).is_empty()
    (told,) = ran(splunk, site.HEALTH, first_s + 4000).results.to_dicts()
    assert told["ai_state"] == "unscored" and "Test connection" in told["told"]
    assert [alert.name for alert in splunk.desk.alerts] == [site.HEALTH]
    ran(splunk, BACKFILL, first_s + 5400)
    made_good = kept(splunk)
    window = pl.col("_time").is_between(first_s - 300 - HOUR_S, first_s + 3600 - 300, closed="left")
    events = morning(company).filter(window)
    assert sorted(made_good["_time"].to_list()) == sorted(events["_time"].to_list())
    assert made_good["ai_event_id"].n_unique() == events.height
    assert ran(splunk, BACKFILL, first_s + 9000).collected == 0
    # A run that sees the same events again finds the same ids.
    ran(splunk, SCORE, first_s + 3600)
    assert kept(splunk)["ai_event_id"].n_unique() == events.height
    rules_run(splunk, first_s + 9000)
    risk = raised(splunk)
    assert not risk.is_empty() and risk.group_by("ai_event_id", "risk_object", "ai_rule").len()["len"].max() == 1


def test_without_a_model_rules_raise_nothing_and_health_says_what_to_do(splunk: Splunk, company: Estate) -> None:
    splunk.add_events("alerts", company.events("alerts"))
    site.read_from(splunk, "alerts", "alerts")
    at_s = company.last_day_s + 10 * HOUR_S + 300
    report = ran(splunk, "AIScore - Score alerts", at_s)
    assert report.collected > 1
    for name in [*site.risk_rules("alerts"), site.STACKING]:
        assert ran(splunk, name, at_s + 600).rows_out == 0
    (told,) = ran(splunk, site.HEALTH, at_s + 1200).results.to_dicts()
    assert "no model named alerts" in told["told"] and "First fit alerts" in told["told"]


def test_health_notices_that_scoring_has_stopped(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company))
    at_s = company.last_day_s + 10 * HOUR_S + 300
    ran(splunk, SCORE, at_s)
    assert ran(splunk, site.HEALTH, at_s + 1200).rows_out == 0
    (told,) = ran(splunk, site.HEALTH, at_s + 3 * HOUR_S).results.to_dicts()
    assert told["ai_state"] == "silent" and f"AIScore - Score {RECIPE}" in told["told"]


def test_the_kv_store_down_delays_risk_and_loses_none(splunk: Splunk) -> None:
    kept_rows(splunk, [{}] * 3, splunk.now_s)
    splunk.kvstore.available = False
    report = splunk.run_once(LOW_REACH, splunk.now_s + 600)
    assert "aiscore_thresholds" in report.error and raised(splunk).is_empty()
    splunk.kvstore.available = True
    assert ran(splunk, LOW_REACH, splunk.now_s + 2400).risk_events == 6


def test_scoring_does_not_need_the_kv_store(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company))
    splunk.kvstore.available = False
    assert ran(splunk, SCORE, company.last_day_s + 10 * HOUR_S + 300).collected > 0


def test_a_lookup_that_is_missing_is_told_and_raises_nothing(splunk: Splunk) -> None:
    kept_rows(splunk, [{}] * 3, splunk.now_s)
    conf = splunk.app.folder / "default" / "transforms.conf"
    conf.write_text(conf.read_text(encoding="utf-8").replace("[aiscore_thresholds]", "[gone]"), encoding="utf-8")
    report = splunk.run_once(LOW_REACH, splunk.now_s + 600)
    assert "aiscore_thresholds" in report.error and raised(splunk).is_empty()


def test_in_shadow_mode_nothing_reaches_anybody_and_going_live_raises_it_not_again(splunk: Splunk) -> None:
    splunk.define("aiscore_release", "`aiscore_release_shadow`")
    kept_rows(splunk, [{}] * 5, splunk.now_s)
    at_s = splunk.now_s + 600
    assert ran(splunk, LOW_REACH, at_s).rows_out == 0 and ran(splunk, site.STACKING, at_s).rows_out == 0
    assert raised(splunk).is_empty() and not splunk.desk.notables and not splunk.desk.alerts
    shadow = splunk.search('| search index=summary source="AIScore - Shadow"', "-10d", "+10d")
    assert set(shadow["QA"].to_list()) == {"1"} and shadow["ai_rule"].drop_nulls().len() == 5
    site.go_live(splunk)
    assert ran(splunk, LOW_REACH, at_s + 600).rows_out == 0


def test_an_exception_raises_no_risk(splunk: Splunk) -> None:
    kept_rows(splunk, [{"user": "svc_scan" if number else "ana"} for number in range(4)], splunk.now_s)
    splunk.define("aiscore_exceptions", 'search NOT (user="svc_scan")')
    ran(splunk, LOW_REACH, splunk.now_s + 600)
    assert set(raised(splunk)["user"].to_list()) == {"ana"}


def test_every_search_runs_where_there_is_nothing(splunk: Splunk, company: Estate) -> None:
    splunk.create_indexes(*recipe_names())
    for recipe in recipe_names():
        site.read_from(splunk, recipe, recipe)
    for name in splunk.saved_searches():
        if "fit" not in name.lower() and "ledger" not in name:
            report = ran(splunk, name, company.last_day_s + 5 * HOUR_S)
            # A run is counted and a lesson told of, though there was nothing.
            assert report.rows_out == int(name.startswith(("AIScore - Score", "AIScore - Learn"))), name
    assert raised(splunk).is_empty() and not splunk.desk.notables


def test_events_that_lack_fields_are_scored_and_raise_risk_on_what_they_have(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company).drop("src_country", "bytes_out").with_columns(src=None))
    everything_counts(splunk)
    at_s = company.last_day_s + 10 * HOUR_S + 300
    assert ran(splunk, SCORE, at_s).collected > 1
    rules_run(splunk, at_s + 300)
    assert set(raised(splunk)["risk_object_type"].to_list()) == {"user"}


def test_half_a_million_rows_are_stacked(splunk: Splunk) -> None:
    rows = 500_000
    row = kept_one(splunk)
    many = pl.concat([row] * rows).with_columns(
        ai_event_id=pl.int_range(rows).cast(pl.String).str.zfill(32),
        user=pl.format("user{}", pl.int_range(rows) % 1000),
        dest=pl.format("host-{}", pl.int_range(rows) % 7),
        _time=splunk.now_s + pl.int_range(rows) % 3000,
    )
    splunk.add_events("summary", many.with_columns(ai_key=pl.col("ai_event_id")))
    report = ran(splunk, site.STACKING, splunk.now_s + 3300)
    assert (report.rows_in, report.rows_out) == (rows, 1001)
    # Splunk tells at most 500 results of a run one by one; the highest come first.
    told = [float(str(one.row["ai_risk_sum"])) for one in splunk.desk.notables]
    assert len(told) == 500 and told == sorted(told, reverse=True) and told[0] == 20_000.0


def kept_one(splunk: Splunk) -> pl.DataFrame:
    """One kept row, as a table."""
    kept_rows(splunk, [{}], splunk.now_s - 30 * 86_400)
    return splunk.search("| search index=summary", "-40d").drop("_indextime", "index", "host", "_raw")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_when_the_clocks_change_every_minute_is_scored(day: str) -> None:
    """Central European time loses and gains an hour; the schedule is in it, the windows are not."""
    zone = ZoneInfo("Europe/Berlin")
    midnight_s = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=zone).timestamp()
    schedule = cron.parse("5,35 * * * *")
    due = [at for at in range(int(midnight_s), int(midnight_s) + 30 * 3600, 60) if schedule.due(at, zone)]
    covered = {
        minute
        for at in due
        for minute in range(int(times.relative("-65m@m", at, zone)), int(times.relative("-5m@m", at, zone)), 60)
    }
    first, last = min(covered), max(covered)
    assert covered == set(range(first, last + 60, 60)) and last - first > 28 * 3600


def test_what_was_strange_does_not_teach_and_a_new_fit_waits_for_a_person(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company))
    splunk.define("aiscore_floor", "0")
    night_s = company.last_day_s + 86_400 + 3.2 * HOUR_S
    ran(splunk, LATE, night_s)
    limit = kept(splunk)["ai_score"].cast(pl.Float64).quantile(0.98)
    splunk.define("aiscore_teach_below", f"{limit}")
    ran(splunk, f"AIScore - Keep {RECIPE}", night_s)
    learned = splunk.search('| search index=summary source="AIScore - Learned"', "-10d", "+10d")
    strange = kept(splunk).filter(pl.col("ai_score").cast(pl.Float64) >= limit)
    ordinary = kept(splunk).filter(pl.col("ai_score").cast(pl.Float64) < limit)
    assert not strange.is_empty() and set(learned["ai_key"].to_list()) == set(ordinary["ai_key"].to_list())
    before = splunk.search(f"| aimodels model={RECIPE}")
    fit = splunk.app.conf("savedsearches")[f"AIScore - Fit {RECIPE}"]["search"]
    (job,) = splunk.search(f"{fit} wait=120", "-10d", "+10d").to_dicts()
    assert (job["state"], job["rows"]) == ("done", str(ordinary.height))
    after = splunk.search(f"| aimodels model={RECIPE}")
    assert after.height == before.height + 1
    champion = pl.col("state") == "champion"
    assert before.filter(champion).height == 1
    assert after.filter(champion)["version"].to_list() == before.filter(champion)["version"].to_list()


def test_what_was_not_scored_does_not_teach(splunk: Splunk, company: Estate) -> None:
    splunk.add_events(RECIPE, morning(company))
    with away(splunk):
        ran(splunk, f"AIScore - Keep {RECIPE}", company.last_day_s + 86_400 + 3.2 * HOUR_S)
    assert splunk.search('| search index=summary source="AIScore - Learned"', "-10d", "+10d").is_empty()


@pytest.mark.parametrize("several", ["repeated", "joined"])
def test_a_backfill_scores_a_field_of_several_values_as_it_was(
    tmp_path: Path, service: Service, company: Estate, several: str
) -> None:
    """However a summary event holds several values: what is kept holds none."""
    with settled(tmp_path / "splunk", service, company, several=several) as splunk:
        splunk.add_events("alerts", company.events("alerts"))
        site.read_from(splunk, "alerts", "alerts")
        at_s = company.last_day_s + 10 * HOUR_S + 300
        splunk.define("aiscore_floor", "0")
        with away(splunk):
            ran(splunk, "AIScore - Score alerts", at_s)
        rows = splunk.search("| `aiscore_unscored(alerts)` | `aiscore_alerts_unpack`", "-10d", "+10d")
        whole = splunk.search("| `aiscore_alerts` | `aiscore_alerts_rows`", f"{at_s - 3900:.0f}", f"{at_s - 300:.0f}")
        assert any(len(values) > 1 for values in rows["signature"].to_list())
        assert rows.sort("ai_key")["signature"].to_list() == whole.sort("ai_key")["signature"].to_list()
        assert rows.sort("ai_key")["_time"].to_list() == whole.sort("ai_key")["_time"].to_list()
