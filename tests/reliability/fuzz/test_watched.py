"""Nothing an attacker wants is ever reached."""

from tests.reliability.fuzz import part


def test_nothing_is_run_that_comes_from_outside() -> None:
    found = part.alone("watched", part.fitted(), 3, 600)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["audit_open"] > 0, "the hook heard nothing"
