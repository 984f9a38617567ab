"""Reasons and contributions of whole tables equal those written row by row."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import polars as pl
import pytest

from models.explain import contribution_texts, reason_texts
from models.features.encode import examine
from models.features.values import read_values
from models.plan import FitPlan
from models.scoring import Model
from models.simulator import simulate
from models.trained import Inputs, inputs_of
from models.training import fit
from models.words import Witness
from tests.models import plain_reasons
from tests.models.tables import one, sign_ins
from tests.models.test_fit_and_score import load

LOUDER = 100.0
"""So many times its contributions, all that an ordinary row has to say is heard: less than a tenth is not."""
NASTY = (
    "x; y\n+9 (ai_score=1)",
    "u;\r\nv",
    'a"b,c',
    "ü" * 70,
    "日本" * 40,
    "-" * 64,
    "-" * 65,
    "\x00",
    "\x1b[2J\x9b31mgone",
    "invoice\u202efdp.exe\u2066",
    "one\u2028two\u061c\u200f",
    "$$;$",
    "=",
    "",
)


def odd(table: pl.DataFrame, seed: int = 3) -> pl.DataFrame:
    """A table with some cells missing, hostile, or of an owner that nobody knows."""
    rng = np.random.default_rng(seed)
    found = {}
    for name in table.columns:
        cells = table[name].to_list()
        for row in np.flatnonzero(rng.random(len(cells)) < 0.06):
            cells[row] = NASTY[rng.integers(len(NASTY))]
        found[name] = cells
    return pl.DataFrame(found)


@cache
def sign_in_model(
    *fields: str, entities: tuple[str, ...] = ("user",), time: str | None = "_time", peers: tuple[str, ...] = ()
) -> Model:
    return load(fit(tagged(sign_ins()), FitPlan("logon", entities=entities, fields=fields, time=time, peers=peers)))


@cache
def company() -> tuple[Model, pl.DataFrame]:
    """A simulated company's sign-ins: a model of the first days, and the later ones, odd cells and all."""
    found = simulate(users=60, days=8)
    model = load(fit(found.before().cast(pl.String), FitPlan("logon", recipe="authentication")))
    return model, odd(found.after().cast(pl.String).fill_null("").head(4000))


def tagged(table: pl.DataFrame) -> pl.DataFrame:
    """With a field of one to five values a row, in the two ways in which they come, and a field of odd values."""
    rng = np.random.default_rng(table.height)
    tags = [[f"t{n}" for n in rng.integers(0, 40, rng.integers(0, 6))] for _ in range(table.height)]
    split = ["\n".join(row) if at % 2 else (row[0] if row else "") for at, row in enumerate(tags)]
    encoded = ["" if at % 2 else ";".join(f"${value}$" for value in row) for at, row in enumerate(tags)]
    odd_ones = [NASTY[n] if n < len(NASTY) else f"v{n}" for n in rng.integers(0, 60, table.height)]
    named = pl.Series("na;me\r\nof: any^$kind", odd_ones)
    table = table.with_columns(
        team=pl.Series([f"team;{ord(user[-1]) % 2}" for user in table["user"]]),
        zone=pl.Series([f"zone{ord(host[-1]) % 3}" for host in table["dest"]]),
    )
    return table.with_columns(named, tag=pl.Series(split), __mv_tag=pl.Series(encoded), odd=pl.Series(odd_ones))


def witnessed(model: Model, table: pl.DataFrame) -> tuple[Inputs, Witness]:
    spec, generation = model.trained.spec, model.generation
    values = read_values(table, spec)
    encoded, facts = examine(values, spec, generation)
    inputs = inputs_of(encoded, values, spec)
    groups = generation.called(values, spec, encoded.groups)
    return inputs, Witness(values, facts, spec, generation.span, inputs.around, groups)


def assert_same_texts(model: Model, table: pl.DataFrame) -> None:
    spec, (inputs, witness) = model.trained.spec, witnessed(model, table)
    phi = model.trained.contributions(inputs).phi
    rows = np.random.default_rng(1).permutation(table.height)
    plain = plain_reasons.Witness(table, spec, model.generation, inputs.around)
    loud, expected = (plain_reasons.reason_texts(times * phi, spec.sources(), plain) for times in (LOUDER, 1.0))
    assert reason_texts(LOUDER * phi[rows], rows, witness).to_list() == [loud[row] for row in rows]
    assert reason_texts(phi[rows], rows, witness).to_list() == [expected[row] for row in rows]
    assert contribution_texts(phi, spec.sources()).to_list() == plain_reasons.contribution_texts(phi, spec.sources())
    scored = model.score(table, explain="all", nthread=2).table
    known = scored["ai_status"] != "unscored"
    assert scored.filter(known)["ai_reasons"].to_list() == pl.Series(expected).filter(known).to_list()


@pytest.mark.parametrize(
    "model",
    [
        lambda: sign_in_model("dest", "app", "bytes"),
        lambda: sign_in_model("tag:multivalue", "odd:category", "bytes:number", "_time:hour"),
        lambda: sign_in_model("dest", "tag:category", "app", entities=("user", "dest")),
        lambda: sign_in_model("dest", "bytes", entities=(), time=None),
        lambda: sign_in_model("odd", "user", entities=("user", "odd")),
        lambda: sign_in_model("na;me\r\nof: any^$kind:category", "dest"),
        lambda: sign_in_model("dest", "_time:week_hour", "app", "tag:multivalue", "bytes", peers=("user:team",)),
        lambda: sign_in_model("dest", "app", "bytes", entities=("user", "dest"), peers=("dest:zone", "user:team")),
    ],
    ids=[
        "plain",
        "every kind",
        "two entities",
        "no entity and no clock",
        "odd owners",
        "an odd name",
        "peers",
        "two kinds of peers",
    ],
)
def test_texts_equal_those_written_row_by_row(model: object) -> None:
    found: Model = model()  # type: ignore[operator]
    table = tagged(sign_ins(days=2, seed=5))
    assert_same_texts(found, odd(table))
    assert_same_texts(found, table.head(1))
    assert_same_texts(found, odd(pl.concat([tagged(one(user="stranger", dest="new", bytes="1e12"))] * 3)))


def test_texts_of_a_simulated_company_equal_those_written_row_by_row() -> None:
    model, table = company()
    assert_same_texts(model, table)


def said(model: Model, table: pl.DataFrame | None = None) -> list[str]:
    """The reasons of odd rows, as they are and LOUDER."""
    table = odd(tagged(sign_ins(seed=5))) if table is None else table
    inputs, witness = witnessed(model, table)
    phi, rows = model.trained.contributions(inputs).phi, np.arange(table.height)
    return [*reason_texts(phi, rows, witness), *reason_texts(LOUDER * phi, rows, witness)]


def test_every_form_of_sentence_is_met() -> None:
    """So that the texts compared above hold all that there is to say."""
    peers = sign_in_model("dest", "_time:week_hour", "app", "tag:multivalue", "bytes", peers=("user:team",))
    found = "\n".join(
        [
            *said(*company()),
            *said(sign_in_model("tag:multivalue", "odd:category", "bytes:number", "_time:hour")),
            *said(peers),
            *said(peers, tagged(one(user="stranger", dest="new", bytes="1e12"))),
        ]
    )
    forms = (
        r"country=\w\w never seen for [\w.]+ in 4 days \(\+\d+\.\d\)",
        r"never seen for user\d in \w+ days, none of 3 peers",
        r"=\S+ (never )?seen (\d+x )?for anyone in",
        r"source=[\w.]+ seen \d+x for \w+",
        r"bytes in an hour=[\d,e+.]+ (never )?reached",
        r"reached \d+x for",
        r"hour of day=\d\d:00 ",
        r"_time=(Fri|Sun|Satur)day \d\d:00 (never )?seen",
        r"=\S+ in this combination \(",
        r"tag=t\d+ (never )?seen[^;]*?, tag=t\d+ (never )?seen",
        r"tag=t\d+, t\d+ (never seen|seen \d+x) for",
        r"tag=t\d+ (never seen|seen \d+x) for [^;(]*, tag=t\d+, t\d+ (never seen|seen \d+x) for",
        r"\w is missing \(",
        r"never seen for user\d in \w+ days, \d+% of 3 peers \(team,[01]\)",
        r"of 3 peers \(team,[01]\).*; [^;]*of 3 peers \(\+",
        r" for stranger's peers \(team,[01]\) in \w+ days",
        r" for peers \(team,[01]\) in \w+ days",
        r"=x, y \+9 \(ai_score=1\) ",
        "=" + "ü" * 63 + "…",
        r"\d bits of surprise in what else",
        r"\b1 bit of surprise in what else",
    )
    assert [form for form in forms if not re.search(form, found)] == []
    same = r"tag=t\d+( (?:never )?seen[^;(]*), tag=t\d+(?:, t\d+)*\1(?:,| \(\+)"
    assert not re.search(same, found)
    assert max(line.count("(team,") for line in found.splitlines()) == 1
    assert "(+0.0)" not in found and "quiet" not in found


def told(model: Model, table: pl.DataFrame, phi: list[float]) -> list[str]:
    """The reasons of each row, had its sources these contributions."""
    _, witness = witnessed(model, table)
    return reason_texts(np.array([phi] * table.height), np.arange(table.height), witness).to_list()


def test_values_of_which_the_same_is_told_share_it() -> None:
    """Of which another is told, they do not."""
    first = pl.int_range(pl.len()) == pl.arg_where(pl.col("user") == "user1").first()
    tags = pl.when(first).then(pl.lit("once")).otherwise("tag"), pl.when(first).then(pl.lit("")).otherwise("__mv_tag")
    table = tagged(sign_ins()).with_columns(tag=tags[0], __mv_tag=tags[1])
    model = load(fit(table, FitPlan("logon", entities=("user",), fields=("tag:multivalue", "dest"), time="_time")))
    new = one(user="user1").with_columns(tag=pl.lit("new1\nnew2\nnew3"), __mv_tag=pl.lit(""))
    old = one(user="user1").with_columns(tag=pl.lit("once\nnew1\nnew2"), __mv_tag=pl.lit(""))
    end = f"for user1 in {model.generation.span}"
    assert told(model, new, [2.0, 0.0, 0.0]) == [f"tag=new1, new2, new3 never seen {end} (+2.0)"]
    (mixed,) = told(model, old, [2.0, 0.0, 0.0])
    assert re.fullmatch(
        rf"tag=new1, new2 never seen {end}, tag=once seen 1x for anyone in {model.generation.span} \(\+2.0\)", mixed
    )


def test_what_would_read_as_nothing_is_no_reason() -> None:
    model, table = sign_in_model("app", "dest"), one(dest="secret1")
    (found,) = told(model, table, [0.06, 0.05, 0.0])
    assert found.count("(+0.1)") == 2
    (found,) = told(model, table, [0.06, float(np.nextafter(0.05, 0.0)), 0.0])
    assert found.startswith("app=") and "dest=" not in found
    assert told(model, table, [0.04, 0.03, 0.0]) == [""]


def test_a_quiet_moment_is_no_reason_and_makes_place_for_another() -> None:
    names = ("user", "dest", "app", "bytes", "odd")
    model = sign_in_model(*names)
    alone = tagged(one(user="user1", dest="secret1"))
    phi = [0.5, 0.4, 0.3, 0.2, 0.15, 9.0]
    (shares,) = told(model, alone, phi)
    assert shares == ""  # next to 9, which counts all the same, the others are below 5%
    (found,) = told(model, alone, [*phi[:-1], 0.45])
    assert [part.partition("=")[0] for part in found.split("; ")] == list(names)
    (unknown,) = told(model, alone.with_columns(_time=pl.lit("")), phi)
    assert unknown == "no time, so that what happened around this row is unknown (+9.0)"
