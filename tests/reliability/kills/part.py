"""The batches of this part: 500 kills, two servers at once."""

from tests.reliability.campaign import Batch, Found
from tests.reliability.kills import lane

BATCHES = 25
KILLS = 9
"""In each of a batch's two lanes, which end with one more."""


def batches(seed: int) -> list[Batch]:
    """Each batch has homes of its own."""
    return [_batch(number, seed) for number in range(BATCHES)]


def _batch(number: int, seed: int) -> Batch:
    def kill() -> Found:
        return lane.side_by_side(f"k{number:02d}", seed, KILLS)

    return Batch(f"kills {number:02d}", kill)
