"""Who is champion after which facts."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DataError
from models.registry import Line, fold


@dataclass(frozen=True)
class Fact:
    kind: str
    body: dict[str, Any]
    at: str = "2026-01-01T00:00:00.000Z"
    by: str = "ann"


def bundle(letter: str) -> str:
    return letter * 64


def fit(letter: str, model: str = "ait") -> Fact:
    body = {"model": model, "bundle": bundle(letter), "bundle_signature": "s", "generation": "9" * 64}
    rest = {"generation_signature": "s", "card": "c" * 64, "rows": 9, "positives": 0, "entities": ["u"], "voices": []}
    return Fact("fit", body | rest)


def change(kind: str, letter: str) -> Fact:
    return Fact(kind, {"model": "ait", "bundle": bundle(letter)})


def states(line: Line) -> str:
    """Letter and state of each version: `a:champion b:challenger`."""
    return " ".join(f"{version.bundle[0]}:{line.state(version)}" for version in line.versions.values())


def test_a_second_fit_of_a_bundle_replaces_nothing_of_the_first() -> None:
    changed = Fact("fit", fit("a").body | {"generation": "8" * 64, "card": "d" * 64}, by="eve")
    assert fold([fit("a"), changed]) == fold([fit("a")])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ("fit a", "a:champion"),
        ("fit a, fit b", "a:champion b:challenger"),
        ("fit a, fit b, promote b", "a:former b:champion"),
        ("fit a, fit b, promote b, rollback a", "a:champion b:challenger"),
        ("fit a, fit b, promote b, retire b", "a:former b:retired"),
        ("fit a, fit b, promote b, retire b, rollback a", "a:champion b:retired"),
        ("fit a, retire a", "a:retired"),
        ("fit a, retire a, fit b", "a:retired b:challenger"),
        ("fit a, retire a, promote a", "a:champion"),
        ("fit a, fit b, retire b", "a:champion b:retired"),
        ("fit a, fit b, promote b, retire a", "a:retired b:champion"),
        ("fit a, fit b, promote b, retire a, rollback a", "a:retired b:champion"),
        ("fit a, fit b, promote b, fit c, promote c, retire b, rollback a", "a:champion b:retired c:challenger"),
        ("fit a, promote a", "a:champion"),
        ("fit a, promote z, retire z, rollback z", "a:champion"),
        ("promote a, fit a", "a:champion"),
        ("fit a, fit a", "a:champion"),
        ("fit a, retire a, fit a", "a:retired"),
        ("fit a, fit b, retire b, fit b", "a:champion b:retired"),
        ("fit a, fit b, promote b, promote a, rollback b", "a:former b:champion"),
    ],
)
def test_states_after_facts(facts: str, expected: str) -> None:
    steps = [step.split() for step in facts.split(", ")]
    written = [fit(letter) if kind == "fit" else change(kind, letter) for kind, letter in steps]
    assert states(fold(written)["ait"]) == expected


def test_a_first_fit_that_was_not_to_serve_does_not() -> None:
    waits = Fact("fit", fit("a").body | {"challenger": True})
    assert states(fold([waits])["ait"]) == "a:challenger" and fold([waits])["ait"].champion is None
    assert states(fold([waits, fit("b"), change("promote", "a")])["ait"]) == "a:champion b:challenger"


KINDS = st.sampled_from(["fit", "promote", "retire", "rollback"])
STEPS = st.lists(st.tuples(KINDS, st.sampled_from("abc")), max_size=12)


@given(STEPS, st.integers(0, 12))
def test_folding_in_two_goes_is_folding_in_one(steps: list[tuple[str, str]], cut: int) -> None:
    facts = [fit(letter) if kind == "fit" else change(kind, letter) for kind, letter in steps]
    assert fold(facts[cut:], fold(facts[:cut])) == fold(facts)


@given(STEPS)
def test_there_is_never_more_than_one_champion_and_never_a_retired_one(steps: list[tuple[str, str]]) -> None:
    facts = [fit(letter) if kind == "fit" else change(kind, letter) for kind, letter in steps]
    for line in fold(facts).values():
        found = [line.state(version) for version in line.versions.values()]
        assert found.count("champion") == int(line.champion is not None)
        assert line.champion is None or not line.champion.retired


def test_other_entries_and_other_names_do_not_matter() -> None:
    registry = fold([fit("a"), Fact("token", {"id": "1"}), fit("b", "other")])
    assert states(registry["ait"]) == "a:champion"
    assert states(registry["other"]) == "b:champion"


def test_a_version_is_found_by_twelve_letters_or_more() -> None:
    line = fold([fit("a"), fit("b")])["ait"]
    assert line.find("b" * 12).bundle == bundle("b")
    for letters in ("b" * 11, "c" * 12, ""):
        with pytest.raises(DataError) as caught:
            line.find(letters)
        assert "a" * 12 in caught.value.mend
