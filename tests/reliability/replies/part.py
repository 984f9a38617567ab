"""The batches of this part: a hundred thousand wrong replies."""

from collections.abc import Iterator

from tests.reliability.campaign import Batch
from tests.reliability.replies.replies import tried

REPLIES, A_BATCH = 100_000, 5_000


def batches(seed: int) -> list[Batch]:
    """Wrong replies in the command's own process."""
    return [*_replies(seed)]


def _replies(seed: int) -> Iterator[Batch]:
    for number in range(REPLIES // A_BATCH):
        yield Batch(f"wrong replies {number:02d}", lambda number=number: tried(f"{seed}-{number}", A_BATCH))  # type: ignore[misc]
