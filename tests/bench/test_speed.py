"""The speed benchmark compares like with like: both designs give every row the same output."""

from collections.abc import Iterator

import polars as pl
import pytest

from bench import speed
from bench.speed_designs import Design, chunks, designs, fitted
from models.simulator import simulate


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """A small company with its attacks and their labels."""
    company = simulate(users=50, days=6).events
    few = company.filter(pl.col("label") == 0).gather_every(12)
    return pl.concat([few, company.filter(pl.col("label") == 1)]).sort("_time").drop("story")


@pytest.fixture(scope="module")
def pair(events: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Design, Design]]:
    """Both designs on a model that has all three voices."""
    folder = tmp_path_factory.mktemp("speed")
    model = fitted(events, folder, recipe="authentication", label="label")
    with designs(model, folder, None) as found:
        yield found


def test_both_designs_say_the_same_of_every_row(pair: tuple[Design, Design], events: pl.DataFrame) -> None:
    asked = events.tail(400).drop("label")
    bodies = chunks(asked, 150)
    ours, theirs = (design.run(bodies) for design in pair)
    speed.equal_scores(ours.replies, theirs.replies, len(asked))
    said = b"".join(ours.replies)
    assert b"unsupervised_only" not in said and b",scored," in said
    assert len(ours.chunk_s) == len(theirs.chunk_s) == 3


REPLY = b"user,ai_score,ai_note\na,0.500000,x\nb,0.25,\n"


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (b"ai_note,ai_score,user\nx,0.5,a\n,0.250001,b\n", "row 1: ai_score"),
        (b"ai_note,ai_score,user\nx,0.5,a\ny,0.25,b\n", "row 1: ai_note"),
        (b"ai_score,user\n0.5,a\n0.25,b\n", "other fields"),
        (b"ai_note,ai_score,user\nx,0.5,a\n", "2 and 1 rows"),
    ],
)
def test_a_difference_is_told(other: bytes, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        speed.equal_scores([REPLY], [other], 2)


def test_numbers_are_compared_at_six_decimals() -> None:
    speed.equal_scores([REPLY], [b"ai_note,ai_score,user\nx,0.5000000001,a\n,0.25,b\n"], 2)
