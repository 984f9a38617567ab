"""Raw bytes and greedy strangers, against a real server."""

from tests.reliability.fuzz import part, wire_trial

REQUESTS = 1_500


def test_no_bytes_break_the_server() -> None:
    found = wire_trial.tried(part.fitted(), 1, REQUESTS)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["fuzz_requests"] == REQUESTS and found.counts["fuzz_raw_answered"] > REQUESTS / 2


def test_a_large_body_without_a_ticket_costs_nothing() -> None:
    found = wire_trial.stranger(part.fitted())
    assert not found.wrong, found.wrong
