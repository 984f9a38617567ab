"""No wrong reply puts a score on another event, and every guard has had something to refuse."""

import random

import pytest

from tests.reliability.replies import honest, replies, wrong
from tests.reliability.replies.honest import Asked
from tests.reliability.replies.judged import Owners, judge
from tests.reliability.replies.replies import GUARDS, tried


def test_no_wrong_reply_puts_a_score_on_another_event() -> None:
    found = tried("1", 3000)
    assert not found.wrong, found.wrong[:5]
    counts = found.counts
    assert counts["events_lost"] == counts["events_mislabelled"] == 0
    taken = counts["replies_wrong_in_digits_only"] + counts["replies_wrong_without_harm"]
    assert counts["replies_tried"] == 3000 == counts["replies_refused"] + taken and taken < 30
    assert {counts[f"tried {name}"] for name in wrong.FORGERS} <= {3000 // len(wrong.FORGERS) + more for more in (0, 1)}
    # Whatever is refused is refused by a guard that we know, and each of them has decided at times.
    decided = {name.removeprefix("refused by ") for name in counts if name.startswith("refused by ")}
    assert decided == set(GUARDS.values())


def test_a_few_of_every_sort() -> None:
    """As above, in seconds."""
    found = tried("few", 680)
    assert not found.wrong, found.wrong[:5]


KEYS = ("k1", "k2", "k3")


def left(keys: tuple[str, ...], lines: list[list[str]]) -> bytes:
    """A chunk as it leaves, with these lines on its events."""
    rows = [[key, *line] for key, line in zip(keys, lines, strict=True)]
    return honest.to_csv([["key", *honest.header()[1:]], *rows])


@pytest.mark.parametrize(
    ("keys", "order", "column", "said"),
    [
        (KEYS, (0, 1, 2), None, (3, 0, 0)),
        (KEYS, (1, 0, 2), None, (3, 2, 0)),
        (KEYS, (0, 1, 2), (1, "0.123"), (3, 0, 1)),
        (KEYS, (0, 1, 2), (1, "2"), (3, 0, 1)),
        (KEYS[:2], (0, 1), None, (2, 0, 1)),
        (KEYS[::-1], (2, 1, 0), None, (3, 0, 1)),
    ],
)
def test_the_judge_sees_whose_score_it_is(
    keys: tuple[str, ...], order: tuple[int, ...], column: tuple[int, str] | None, said: tuple[int, int, int]
) -> None:
    asked, owners = Asked(KEYS, honest.MODELS[0], b""), Owners()
    owners.add(asked)
    lines = [honest.line(KEYS[at], asked.model) for at in order]
    if column:
        lines[column[0]][0] = column[1]
    verdict = judge(asked, left(keys, lines), owners)
    assert (verdict.left, len(verdict.mislabelled), len(verdict.invented)) == said


def test_one_cell_of_another_event_is_enough() -> None:
    asked, owners = Asked(KEYS, honest.MODELS[0], b""), Owners()
    owners.add(asked)
    lines = [honest.line(key, asked.model) for key in KEYS]
    for at, name in enumerate(honest.FIELDS):
        if name in ("score", "anomaly", "reasons", "contributions", "event_id"):
            mixed = [lines[0][:at] + [lines[1][at]] + lines[0][at + 1 :], *lines[1:]]
            assert len(judge(asked, left(KEYS, mixed), owners).mislabelled) == 1, name


def test_no_two_events_share_a_mark() -> None:
    chance, owners = random.Random(1), Owners()
    for first in range(0, 100_000, 5000):
        owners.add(honest.asked(chance, first, 5000, honest.MODELS[0]))
    marks = [name for name, _ in owners.cells]
    lines = [honest.line(f"k{number}", honest.MODELS[0]) for number in range(100_000)]
    scored = sum(line[9] != "unscored" for line in lines)
    assert (marks.count("event_id"), marks.count("score"), marks.count("reasons")) == (100_000, scored, scored)


def test_what_is_refused_in_new_words_has_no_known_guard() -> None:
    assert replies.guard("bad_response: 3 good lines for 4 rows") == "row count"
    assert replies.guard("bad_response: it smells of 17 fish").startswith("?")
