"""Twelve weeks of slow poisoning, guarded and unguarded. The larger run is `python -m bench.poisoning`."""

from __future__ import annotations

from functools import cache

import pytest

from bench.poisoning import GUARDS, Company, End, played, poisons_of

DOSE = 0.1
SEED, USERS = 201, 50


@cache
def company() -> Company:
    return Company.of(SEED, USERS)


@cache
def end(guard: str, attacker: str, dose: float = DOSE) -> End:
    return played(company(), GUARDS[guard], dose, poisons_of(company(), GUARDS[guard])[attacker])


@pytest.mark.parametrize(("attacker", "twin"), [("blunt", "none"), ("adaptive", "by row")])
def test_guarded_the_final_attack_is_caught_as_if_there_had_been_no_poison(attacker: str, twin: str) -> None:
    """Recall falls by at most 2 points and false alarms rise by at most half; the twin without guards loses 10, and
    so does, where the attacker knows it, the one that looks at whole rows only."""
    never, unguarded = end("all", "blunt", 0.0), end(twin, attacker)
    guarded = end("all", attacker)
    assert never.recall["medium"] > 0.95
    assert guarded.recall["medium"] >= never.recall["medium"] - 0.02
    assert guarded.false["medium"] <= 1.5 * never.false["medium"]
    assert unguarded.recall["medium"] <= never.recall["medium"] - 0.10
    assert guarded.heard.safe and never.heard.safe


def test_canaries_hear_accounts_that_were_widened() -> None:
    """Unguarded, a tenth of the accounts acts like everybody else now and then: that generation is refused."""
    assert not end("none", "mimic").heard.safe
