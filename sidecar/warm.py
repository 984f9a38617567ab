"""Warming up: champions loaded and kernels compiled before the first request waits for them."""

from collections.abc import Callable

from sidecar.house import House


def warm_up(house: House, most: int, report: Callable[..., None]) -> None:
    """Load the newest champions; score and explain one event with each, so that no request waits for that.

    A model that fails is reported, not fatal.
    """
    lines = [line for line in house.shelf.registry().values() if line.champion]
    for line in sorted(lines, key=lambda line: line.champion.fitted_at if line.champion else "")[-most:]:
        try:
            house.shelf.champion(line.name).rehearse(house.nthread)
        except Exception as failure:
            report("warm-up failed", failure, model=line.name)
