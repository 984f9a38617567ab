"""Hostile requests by the thousand: every answer is one that is documented."""

from tests.reliability.fuzz import part

REQUESTS = 3_000


def test_no_request_breaks_the_service() -> None:
    found = part.tried(part.fitted(), [1, 2], REQUESTS)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["fuzz_requests"] == 2 * REQUESTS and found.counts["fuzz_500"] == 0
    # A run in which little was scored, or little refused, has tried little.
    assert found.counts["answered_200"] > REQUESTS / 4 and found.counts["answered_400"] > REQUESTS / 4
