"""The document of the routes says what they do."""

from tests.reliability.fuzz import part


def test_every_answer_is_as_described() -> None:
    found = part.alone("schema", part.fitted(), 1, 5)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.counts["schema_cases"] > 300 and found.counts["schema_answered_2xx"] > 20
