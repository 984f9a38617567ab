"""Names that nobody would give: groups of letters tell random names from new ordinary ones, short or long."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from models.features.baseline import Generation
from models.features.encode import encode
from models.features.partition import learn
from models.features.spec import FeatureSpec, Field
from models.features.values import Floats, read_values

WORDS = re.findall(
    r"\w+",
    """
    mail shop news bank cloud photo travel market forum weather music video game book sport health food home
    garden bike train ticket hotel flight map city school learn code data web host server store online digital
    media press art design print paper office work job career money card credit insure law legal tax trade stock
    green solar water power soft smart fast easy best first one global world euro asia north south river stone
    bright blue red silver gold star moon sun light fresh open free safe secure trust key lock gate bridge tower
    castle king queen lion wolf bear
    """,
)
ENDINGS = (".com", ".net", ".org", ".de", ".co.uk")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def ordinary(rng: np.random.Generator, words: list[str], count: int) -> list[str]:
    """One to three words, together or with hyphens."""
    joints = rng.choice(["", "-"], count)
    return [joint.join(rng.choice(words, rng.integers(1, 4))) + rng.choice(ENDINGS) for joint in joints]


def random(rng: np.random.Generator, letters: str, count: int) -> list[str]:
    """Eight to twenty letters, as many as ordinary names have."""
    return ["".join(rng.choice(list(letters), rng.integers(8, 20))) + rng.choice(ENDINGS) for _ in range(count)]


def surprises(kind: str, learned: list[str], *asked: list[str]) -> list[Floats]:
    """The surprise of names against a baseline of others, in bits beyond the clip."""
    spec = FeatureSpec((Field("name", kind, how="letters", of=("query",)),))  # type: ignore[arg-type]
    past = read_values(pl.DataFrame({"query": learned}), spec)
    generation = Generation.publish(learn(past, spec, np.ones(past.count, np.bool_)).fold(spec), spec)
    tables = [read_values(pl.DataFrame({"query": names}), spec) for names in asked]
    return [encode(values, spec, generation).surprise[:, 0] for values in tables]


def auroc(low: Floats, high: Floats) -> float:
    return float((high[:, None] > low[None, :]).mean() + 0.5 * (high[:, None] == low[None, :]).mean())


@pytest.mark.parametrize("letters", [LETTERS, "0123456789abcdef", LETTERS + "0123456789"])
def test_random_names_are_stranger_than_new_ordinary_ones(letters: str) -> None:
    rng = np.random.default_rng(3)
    shuffled = list(rng.permutation(WORDS))
    learned = ordinary(rng, shuffled[:70], 3000)
    asked = ordinary(rng, shuffled[70:], 400), random(rng, letters, 400)
    mean, total = (auroc(*surprises(kind, learned, *asked)) for kind in ("ngrams", "multivalue"))
    assert mean > 0.9 and mean > total, (mean, total)
