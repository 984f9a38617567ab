"""Fields that cannot be read: who fits on them, or scores with them, is told which, and what to do."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from models.errors import DataError
from sidecar.house import House
from sidecar.tasks import quality, score
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from tests.models.tables import sign_ins
from tests.sidecar.conftest import Api
from tests.sidecar.test_fit_sessions import finished, row
from tests.sidecar.test_learn import house_with
from tests.sidecar.test_run import rows, run

__all__ = ["run"]

ONE = {"entity": ("user",), "fields": ("dest",)}
TIMED = sign_ins().with_columns(seen=pl.col("_time"), odd=pl.lit("no time, no number"), void=pl.lit(""))
UNREAD = TIMED.with_columns(seen="odd")


def fitted(house: House, *fields: str, table: pl.DataFrame = TIMED) -> str:
    """What is said of a fit on these fields."""
    return fit(table, FitOptions(model="seen", entity=("user",), fields=fields), house).told


def told(house: House, table: pl.DataFrame) -> str:
    """What is said of scoring."""
    reply = score.run(table, score.ScoreOptions(model="seen"), house)
    assert ("AIScore-Told" in reply.headers) == bool(reply.told)
    return reply.told


@pytest.mark.parametrize(
    ("field", "words", "mend"),
    [
        ("odd:hour", "a time that can be read", "give odd as epoch seconds or ISO 8601"),
        ("void:hour", "a time that can be read", "give void as epoch seconds or ISO 8601"),
        ("odd:week_hour", "a time that can be read", "give odd as epoch seconds or ISO 8601"),
        ("odd:number", "a number", "give odd as a number"),
        ("odd:band", "a number", "give odd as a number"),
        ("void:category", "a value", "extract it, or leave it out"),
        ("made=domain(void)", "void of which domain can be computed", "look at what void holds"),
        ("made=entropy(void)", "void of which entropy can be computed", "look at what void holds"),
    ],
)
def test_a_fit_on_a_field_that_cannot_be_read_is_refused_by_its_name(
    tmp_path: Path, field: str, words: str, mend: str
) -> None:
    with pytest.raises(DataError, match=f"no row has {words}") as caught:
        fitted(house_with(tmp_path, ONE), field)
    assert caught.value.field == field.split(":")[0].split("=")[0] and caught.value.mend.startswith(mend)


def test_the_hour_of_the_events_themselves_is_no_such_field(tmp_path: Path) -> None:
    assert not fitted(house_with(tmp_path, ONE), "_time:hour")


def test_a_fit_whose_rows_would_not_be_scored_is_refused(tmp_path: Path) -> None:
    """One of three fields says something."""
    house = house_with(tmp_path, ONE)
    with pytest.raises(DataError, match="576 of 576 rows have values in fewer than half") as caught:
        fitted(house, "odd:hour", "void:number", "dest")
    assert "(odd, void)" in caught.value.mend
    often = TIMED.with_columns(odd=pl.when(pl.int_range(pl.len()) % 3 == 0).then("seen").otherwise("odd"))
    said = fitted(house, "odd:hour", "void:number", "dest", table=often)
    assert said == (
        "void: no row has a number; 384 of 576 rows have values in fewer than half of the fields, and are not scored"
    )


def test_a_field_that_says_nothing_is_told_beside_the_fit(tmp_path: Path) -> None:
    house = house_with(tmp_path, ONE)
    assert fitted(house, "odd:hour", "dest") == "odd: no row has a time that can be read"
    assert fitted(house, "seen:hour", "dest", "bytes") == ""
    listed = quality.run(UNREAD, quality.QualityOptions(fields=("seen:hour", "dest")), house).table
    by_field = {row["field"]: row for row in listed.to_dicts()}
    assert (by_field["seen"]["grade"], by_field["seen"]["found"]) == ("F", "empty,unread")
    well = quality.run(TIMED, quality.QualityOptions(fields=("seen:hour", "dest")), house).table
    assert well.filter(pl.col("field") == "seen")["grade"].to_list() == ["A"]
    absent = quality.run(TIMED.drop("seen"), quality.QualityOptions(model="seen"), house).table
    assert absent.filter(pl.col("field") == "seen")["found"].to_list() == ["absent"]


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (UNREAD, "seen without a time that can be read (give seen as epoch seconds or ISO 8601)"),
        (TIMED.with_columns(seen=pl.lit("")), "seen empty"),
        (TIMED.drop("seen"), "seen not in the events (alias, eval or lookup)"),
    ],
)
def test_a_score_that_is_none_says_which_field_was_missing(tmp_path: Path, spoilt: pl.DataFrame, words: str) -> None:
    house = house_with(tmp_path, ONE)
    fitted(house, "seen:hour")
    assert told(house, TIMED) == ""
    said = told(house, spoilt)
    assert said.startswith("576 of 576 rows are not scored") and said.endswith(f"say nothing in them: {words}")


def test_a_few_rows_without_a_score_are_told_but_raise_no_warning(tmp_path: Path) -> None:
    house = house_with(tmp_path, ONE)
    fitted(house, "seen:hour")
    few = pl.concat([TIMED.head(20), UNREAD.head(1)])
    reply = score.run(few, score.ScoreOptions(model="seen"), house)
    assert reply.told.startswith("1 of 21 rows are not scored") and "AIScore-Told" not in reply.headers


def test_names_of_fields_make_no_header_of_their_own(tmp_path: Path) -> None:
    house, name = house_with(tmp_path, ONE), "s\r\nX-Evil \u00e9"
    fitted(house, name, table=TIMED.rename({"dest": name}))
    header = score.run(TIMED, score.ScoreOptions(model="seen"), house).headers["AIScore-Told"]
    assert header.isascii() and header.isprintable() and "X-Evil ?" in header and len(header) <= 500


def csv_of(table: pl.DataFrame) -> bytes:
    return table.write_csv().encode()


def test_at_the_command_line(run) -> None:  # type: ignore[no-untyped-def]
    code, _, said = run("fit", "model=seen", "entity=user", "fields=seen:hour", body=csv_of(UNREAD))
    assert code == 2 and "no row has a time that can be read" in said and "(seen): give seen as" in said
    assert run("fit", "model=seen", "entity=user", "fields=seen:hour", body=csv_of(TIMED))[0] == 0
    code, out, said = run("score", "model=seen", body=csv_of(UNREAD))
    assert code == 0 and {row["ai_note"] for row in rows(out)} == {"bad_features"}
    assert said.startswith("aiscore: 576 of 576 rows are not scored") and "seen without a time" in said
    assert run("score", "model=seen", body=csv_of(TIMED))[2] == ""


def test_over_http(api: Api) -> None:
    jobs = []
    for table in (UNREAD, TIMED):
        reply = api.post("/v1/fit?model=seen&entity=user&fields=seen:hour", csv_of(table))
        jobs.append(finished(api, row(reply.data)["job"]))
    assert [job["state"] for job in jobs] == ["failed", "done"]
    assert "no row has a time that can be read" in jobs[0]["message"] and "(seen): give seen" in jobs[0]["message"]
    api.service.house.ledger.append("promote", promotion(api), by="ann")
    reply = api.post("/v1/score?model=seen", csv_of(UNREAD))
    assert {row["ai_note"] for row in rows(reply.data)} == {"bad_features"}
    assert reply.headers["AIScore-Told"].startswith("576 of 576 rows are not scored")
    assert "AIScore-Told" not in api.post("/v1/score?model=seen", csv_of(TIMED)).headers


def promotion(api: Api) -> dict[str, str]:
    (bundle,) = api.service.house.shelf.line("seen").versions
    return {"model": "seen", "bundle": bundle}
