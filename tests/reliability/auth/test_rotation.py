"""The secret changes and no search notices; what is taken back is refused within a second."""

import time
from collections.abc import Iterator

import pytest

from sidecar import tickets
from tests.reliability.auth import rotation
from tests.reliability.auth.rotation import Stage


@pytest.fixture(scope="module")
def found() -> Iterator[Stage]:
    with rotation.stage() as made:
        yield made


def test_no_chunk_is_unscored_while_the_secret_changes(found: Stage) -> None:
    assert rotation.rotated(found, searches=1, chunks=12, rows=50) == (12 * 50 * 4, [])


def test_a_secret_that_splunk_does_not_know_is_noticed(found: Stage) -> None:
    """What the test above would see if the former secret were not accepted."""
    known = dict(found.splunkd.passwords)
    found.splunkd.keep_secret("x" * 64)
    assert rotation.searched(found.splunkd, 2, 50, {}) == {"unscored auth": 100}
    found.splunkd.passwords.update(known)


def test_a_revoked_token_is_refused_within_a_second(found: Stage) -> None:
    seconds, wrong = rotation.revoked(found)
    assert wrong == [] and seconds < 1


def test_a_forgotten_secret_is_refused_within_a_second(found: Stage) -> None:
    ticket = tickets.make("ann", ["score"], found.cli("secret").encode(), time.time())
    found.cli("rotate")
    seconds, wrong = rotation.ends(found, f"Bearer {ticket}", lambda: found.cli("forget"))
    assert wrong == [] and seconds < 1
    found.splunkd.keep_secret(found.cli("secret"))
