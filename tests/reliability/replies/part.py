"""The batches of this part: a hundred thousand wrong replies, and a million rows under each Python."""

from collections.abc import Iterator

from tests.reliability.campaign import Batch
from tests.reliability.replies import masses, replies, through
from tests.reliability.replies.corpus import corpus
from tests.reliability.replies.through import PYTHONS

REPLIES, REPLIES_A_BATCH = 100_000, 5_000
ROWS, ROWS_A_BATCH = 1_000_000, 100_000


def batches(seed: int) -> list[Batch]:
    """Every batch is made of its name and the seed alone."""
    return [*_replies(seed), *_rows(seed), *_through(seed)]


def _replies(seed: int) -> Iterator[Batch]:
    for number in range(REPLIES // REPLIES_A_BATCH):
        yield Batch(
            f"wrong replies {number:02d}",
            lambda number=number: replies.tried(f"{seed}-{number}", REPLIES_A_BATCH),  # type: ignore[misc]
        )


def _rows(seed: int) -> Iterator[Batch]:
    for version in PYTHONS:
        for number in range(ROWS // ROWS_A_BATCH):
            yield Batch(
                f"rows under {version} {number:02d}",
                lambda version=version, number=number: masses.tried(version, ROWS_A_BATCH, seed * 1000 + number),  # type: ignore[misc]
            )


def _through(seed: int) -> Iterator[Batch]:
    for version in PYTHONS:
        for name, run in {
            "the corpus": lambda version: through.tried(version, corpus()),
            "every size": lambda version: through.tried(version, through.sized(400)),
            "odd chunks": lambda version: through.tried(version, through.drawn_chunks(f"{seed}-{version}", 80)),
            "cut short": lambda version: through.cut_short(version, [*range(1, 99, 4), -1]),
        }.items():
            yield Batch(f"{name} through the command under {version}", lambda run=run, version=version: run(version))  # type: ignore[misc]
