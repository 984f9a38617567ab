"""Everything that can be done to a ledger of 300 entries is found, and named."""

from collections.abc import Iterator

import pytest

from tests.reliability.ledger.judge import KINDS, Grounds, added_up, grounds, tried

ENTRIES = 300
EACH = 2


@pytest.fixture(scope="module")
def ground() -> Iterator[Grounds]:
    with grounds(ENTRIES) as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_found_and_named(kind: str, ground: Grounds) -> None:
    found = added_up([tried(kind, f"ci {number}", ground, start=number == 0) for number in range(EACH)])
    assert found.wrong == [] and found.counts["tampered"] == EACH
