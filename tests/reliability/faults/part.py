"""The batches of this part."""

from tests.reliability.campaign import Batch, Found


def batches(seed: int) -> list[Batch]:
    """Nothing yet."""
    return [Batch("first", lambda: Found({})), Batch("second", lambda: Found({}))]
