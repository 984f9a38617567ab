"""The batches of this part."""

from tests.reliability.campaign import Batch
from tests.reliability.disk import power

WAYS = 3
"""Random ways in which the power fails at a point, besides the four plain ones."""


def batches(seed: int) -> list[Batch]:
    """Each workload recorded and crashed some times, with other random choices."""
    plans = [("ledger", 60), ("ledger", 24), ("home", 12), ("home", 6)]
    return [
        Batch(f"power {workload} {count}", lambda w=workload, c=count: power.tried(w, c, f"{seed} {w} {c}", WAYS))  # type: ignore[misc]
        for workload, count in plans
    ]
