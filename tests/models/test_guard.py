"""What may teach: each guard, and that it hangs on nothing but the rows and the frozen reference."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import md5

import numpy as np
import polars as pl

from models.features.hashing import code_of
from models.features.spec import Peers
from models.guard import Guard, _withheld, scores_alone, teaches
from models.history import read_in_order
from models.learning import learn_days
from models.plan import FitPlan
from models.scoring import Model
from models.training import fit
from tests.models.tables import DAY_S, START_S, sign_ins

OPEN = Guard(below=2.0, bits=np.inf, alarm=2.0)
"""Lets everything teach."""
NEXT_S = START_S + 6 * DAY_S


@cache
def reference(*entities: str) -> Model:
    made = fit(sign_ins(), FitPlan("m", entities=entities or ("user",), fields=("dest", "app", "bytes")))
    return Model.load("m", made.bundle, "b" * 64, made.generation, "a" * 64)


def later(**cells: str) -> pl.DataFrame:
    """An ordinary day; the row of user1 in the middle of it with some cells changed."""
    table = sign_ins(days=1, seed=5).with_columns(
        (pl.col("_time").cast(pl.Float64) + 6 * DAY_S).round(3).cast(pl.String)
    )
    table = table.with_columns(pl.when(pl.col("user") == "user1").then(pl.lit("host4")).otherwise("dest").alias("dest"))
    middle = table.with_row_index("at").filter(pl.col("user") == "user1")["at"][6]
    changed = pl.int_range(pl.len()) == middle
    return table.with_columns(
        pl.when(changed).then(pl.lit(value)).otherwise(name).alias(name) for name, value in cells.items()
    )


def shown(guard: Guard, table: pl.DataFrame, field: str, value: str) -> int:
    """How often the learned day knows a value."""
    (day,) = learn_days(table, reference(), guard).days.values()
    counts = day.tables[field]
    return int(counts.counts[counts.codes == np.uint64(code_of(value))].sum())


def test_a_row_as_strange_as_the_limit_teaches_nothing() -> None:
    table = later(dest="never-seen", app="telnet", bytes="900000000")
    values = read_in_order(table, reference().trained.spec)
    scores = scores_alone(values, reference())
    strange = float(scores.max())
    for below, kept in ((strange, False), (strange + 1e-6, True)):
        verdict = teaches(values, reference(), replace(OPEN, below=below))
        assert verdict.teaches[scores.argmax()] == kept and verdict.withheld["strange"] == (not kept)


def test_a_strange_value_is_not_taught_with_an_ordinary_row() -> None:
    """The row counts, and so do its other fields; without the guard of values it is learned."""
    table = later(dest="never-seen")
    assert shown(OPEN, table, "dest", "never-seen") == 1
    assert shown(replace(OPEN, bits=3.0), table, "dest", "never-seen") == 0
    learned = learn_days(table, reference(), replace(OPEN, bits=3.0))
    (day,) = learned.days.values()
    assert learned.taught == table.height == day.rows == int(day.tables["app"].counts.sum())
    assert learned.withheld["values"] == table.height - int(day.tables["dest"].counts.sum())


def test_a_strange_number_is_not_taught() -> None:
    table = later(bytes="900000000000")
    counts = [
        int(next(iter(learn_days(table, reference(), guard).days.values())).tables["bytes"].counts.sum())
        for guard in (OPEN, replace(OPEN, bits=1.0))
    ]
    assert counts[0] == table.height > counts[1] > 0.8 * counts[0]


def test_who_was_high_teaches_nothing_that_day_and_others_do() -> None:
    table = later(dest="never-seen", app="telnet", bytes="900000000")
    values = read_in_order(table, reference().trained.spec)
    high = float(scores_alone(values, reference()).max())
    verdict = teaches(values, reference(), replace(OPEN, alarm=high))
    own = values.entities["user"] == np.uint64(code_of("user1"))
    assert np.array_equal(verdict.teaches, ~own) and verdict.withheld["alarmed"] == own.sum() > 1
    tomorrow = table.with_columns((pl.col("_time").cast(pl.Float64) + DAY_S).cast(pl.String))
    both = learn_days(pl.concat([table, later().pipe(lambda t: tomorrow.with_columns(t["dest", "app", "bytes"]))]),
                      reference(), replace(OPEN, alarm=high))  # fmt: skip
    assert both.withheld["alarmed"] == own.sum(), "only that day"


def test_the_alarm_is_where_high_begins_unless_such_rows_may_teach() -> None:
    table = later(dest="never-seen", app="telnet", bytes="900000000")
    values, model = read_in_order(table, reference().trained.spec), reference()
    high = float(scores_alone(values, model).max())
    strict = replace(model, trained=replace(model.trained, thresholds=(0.1, 0.2, high, 0.99)))
    assert teaches(values, strict, Guard(below=high, bits=np.inf)).withheld["alarmed"] > 1
    assert teaches(values, strict, Guard(below=1.0, bits=np.inf)).withheld["alarmed"] == 0


def test_entities_are_withheld_by_name_in_any_entity_field() -> None:
    values = read_in_order(later(), reference("user", "dest").trained.spec)
    verdict = teaches(values, reference("user", "dest"), replace(OPEN, withhold=("user2", "host4")))
    named = (values.entities["user"] == np.uint64(code_of("user2"))) | (
        values.entities["dest"] == np.uint64(code_of("host4"))
    )
    assert np.array_equal(verdict.teaches, ~named) and verdict.withheld["entity"] == named.sum() > 0


def test_a_name_is_withheld_by_its_hash_whatever_it_holds() -> None:
    odd = 'x", )(|\\'
    table = later().with_columns(user=pl.col("user").replace("user2", odd))
    values = read_in_order(table, reference().trained.spec)
    hashed = "md5:" + md5(odd.encode(), usedforsecurity=False).hexdigest()
    named = values.entities["user"] == np.uint64(code_of(odd))
    for name in (odd, hashed, "md5:" + hashed[4:].upper()):
        assert (
            np.array_equal(teaches(values, reference(), replace(OPEN, withhold=(name,))).teaches, ~named)
            and named.any()
        )
    assert teaches(values, reference(), replace(OPEN, withhold=("md5:", hashed[:-1]))).teaches.all()


def test_who_stands_beside_another_in_an_event_is_withheld() -> None:
    """Of a field of several values all are one owner."""
    table = later().with_columns(user=pl.col("user").replace("user2", "user2\nzed"))
    values = read_in_order(table, reference().trained.spec)
    both = values.entities["user"] == np.uint64(code_of("user2\nzed"))
    for name in ("user2", "zed", "user2\nzed", "md5:" + md5(b"zed", usedforsecurity=False).hexdigest()):
        verdict = teaches(values, reference(), replace(OPEN, withhold=(name,)))
        assert np.array_equal(verdict.teaches, ~both) and both.any()


def test_a_group_of_the_name_is_not_withheld() -> None:
    """A department may be called as somebody is."""
    table = later().with_columns(team=pl.lit("user2"))
    model = reference()
    spec = replace(model.trained.spec, peers=(Peers("user", "team"),))
    assert np.array_equal(
        _withheld(read_in_order(table, spec), spec, Guard(withhold=("user2",))), (table["user"] == "user2").to_numpy()
    )


def test_what_a_row_teaches_hangs_on_its_own_cell_only() -> None:
    """Without other cells' rows a day teaches the same: what unlearning rests on."""
    table, guard = later(dest="never-seen", app="telnet", bytes="900000000"), Guard(below=0.6, bits=3.0, alarm=0.4)
    for entities in (("user",), ("user", "dest")):
        (whole,) = learn_days(table, reference(*entities), guard).days.values()
        for gone in ("user1", "user2"):
            (part,) = learn_days(table.filter(pl.col("user") != gone), reference(*entities), guard).days.values()
            assert part.files() == whole.without(whole.holds(code_of(gone), "user")).files()
    (part,) = learn_days(table.filter(pl.col("dest") != "never-seen"), reference("user", "dest"), guard).days.values()
    assert part.files() == whole.without(whole.holds(code_of("never-seen"), "dest")).files()


def test_rows_of_nobody_are_judged_one_by_one() -> None:
    """They are many people's: that one of them is high says nothing of the others."""
    nobody = pl.when(pl.col("user").is_in(["user1", "user2"])).then(pl.lit("")).otherwise("user").alias("user")
    values = read_in_order(
        later(dest="never-seen", app="telnet", bytes="900000000").with_columns(nobody), reference().trained.spec
    )
    high = float(scores_alone(values, reference()).max())
    assert values.entities["user"][scores_alone(values, reference()).argmax()] == 0
    assert teaches(values, reference(), replace(OPEN, alarm=high)).withheld["alarmed"] == 0


def test_values_that_are_weighed_together_are_taught_together() -> None:
    """One group of letters, or one command of many, says little: a field of them is taught whole."""
    spelt = sign_ins().with_columns(
        name=pl.col("dest") + pl.col("user"), done=pl.col("app") + "\n" + pl.col("dest") + "\n" + pl.col("app")
    )
    fields = ("app", "name=letters(name):ngrams", "done:sequence")
    made = fit(spelt, FitPlan("m", entities=("user",), fields=fields))
    model = Model.load("m", made.bundle, "b" * 64, made.generation, "a" * 64)
    strange = spelt.tail(12).with_columns(name=pl.lit("qzxjkv"), done=pl.lit("nmap\nnmap\nnc"))
    learned = learn_days(strange, model, replace(OPEN, bits=0.5))
    (day,) = learned.days.values()
    assert int(day.tables["name"].counts.sum()) == 6 * strange.height
    assert int(day.tables["done"].counts.sum()) == 3 * strange.height
