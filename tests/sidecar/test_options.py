"""Options are the same words everywhere; what is wrong with one is told."""

import pytest

from sidecar.errors import CallerError
from sidecar.options import read_options
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.learn import LearnOptions
from sidecar.tasks.models import ModelsOptions
from sidecar.tasks.score import ScoreOptions
from sidecar.verbs import VERBS


@pytest.mark.parametrize(
    ("word", "value"),
    [*((word, True) for word in ("true", "t", "1", "yes")), *((word, False) for word in ("false", "f", "0", "no"))],
)
def test_yes_and_no_as_splunk_writes_them(word: str, value: bool) -> None:
    assert read_options(FitOptions, [("model", "x"), ("challenger", word)]).challenger is value


def test_lists_are_written_with_commas() -> None:
    found = read_options(FitOptions, [("model", "x"), ("entity", "user, src ,"), ("fields", " dest ")])
    assert (found.entity, found.fields) == (("user", "src"), ("dest",))


def test_a_name_with_a_parenthesis_takes_no_others_with_it() -> None:
    """Fields are functions at times, entities never are: who is called `m)m` must not let alice teach."""
    found = read_options(LearnOptions, [("model", "x"), ("withhold", "alice,m)m, (svc),bob ,")])
    assert found.withhold == ("alice", "m)m", "(svc)", "bob")


def test_a_name_to_be_forgotten_keeps_its_spaces() -> None:
    """`ann ` is another than ann, who would else be forgotten in its place."""
    found = read_options(LearnOptions, [("model", " x "), ("action", "forget"), ("entity", " ann ")])
    assert (found.model, found.wish().entity) == ("x", " ann ")


def test_a_carried_option_is_no_word() -> None:
    assert "carry" not in ScoreOptions.words()
    assert read_options(ScoreOptions, [("model", "x")], {"carry": b"1"}).carry == b"1"
    with pytest.raises(CallerError, match="no such option"):
        read_options(ScoreOptions, [("model", "x"), ("carry", "1")])


@pytest.mark.parametrize(
    ("pairs", "field", "told"),
    [
        ([], "model", "name of the model"),
        ([("model", "x"), ("sede", "1")], "sede", "did you mean 'seed'?"),
        ([("model", "x"), ("zzzzzz", "1")], "zzzzzz", "options are model, "),
        ([("model", "x"), ("model", "y")], "model", "give it once"),
        ([("model", "x"), ("seed", "-1")], "seed", "greater than"),
        ([("model", "x" * 65)], "model", "use letters, digits, _ . and -, at most 64"),
        ([("model", "x"), ("challenger", "perhaps")], "challenger", "boolean"),
    ],
)
def test_what_is_wrong_is_told(pairs: list[tuple[str, str]], field: str, told: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_options(FitOptions, pairs)
    assert caught.value.field == field and told in caught.value.mend
    assert caught.value.code == "bad_option"


def test_every_option_of_every_verb_has_help() -> None:
    for verb in VERBS.values():
        assert all(field.description for field in verb.options.model_fields.values()), verb.name


def test_looking_at_a_job_is_never_a_change() -> None:
    assert VERBS["models"].scope(ModelsOptions(job="x", action="promote")) == "score"
