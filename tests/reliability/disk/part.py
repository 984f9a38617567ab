"""The batches of this part."""

from tests.reliability.campaign import Batch
from tests.reliability.disk import faults, power

WAYS = 3
"""Random ways in which the power fails at a point, besides the four plain ones."""
WORKLOADS = (("ledger", 60), ("ledger", 24), ("home", 12), ("home", 6))


def batches(seed: int) -> list[Batch]:
    """Each workload crashed at every point, and each fault at every call."""
    return [
        *(_power(workload, count, seed) for workload, count in WORKLOADS),
        *(
            _fault(kind, error, lasting)
            for kind in faults.KINDS
            for error in faults.ERRORS
            for lasting in (False, True)
        ),
    ]


def _power(workload: str, count: int, seed: int) -> Batch:
    return Batch(f"power {workload} {count}", lambda: power.tried(workload, count, f"{seed} {workload} {count}", WAYS))


def _fault(kind: str, error: str, lasting: bool) -> Batch:
    name = f"fault {kind} {error}{' lasting' if lasting else ''}"
    return Batch(name, lambda: faults.tried(kind, error, lasting))
