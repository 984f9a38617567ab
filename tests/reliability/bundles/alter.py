"""A model's files altered and then sealed and signed anew, as by a thief of the key or a fault in what writes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from tests.reliability.bundles import altered_arrays, altered_facts, altered_history, altered_trees
from tests.reliability.bundles.specimen import Specimen

Bundle = dict[str, bytes]
"""The files of both sets together: no two have one name."""
Alteration = tuple[str, Callable[[Bundle], object]]


@cache
def chosen() -> tuple[Alteration, ...]:
    """The alterations that were thought of one by one."""
    sources = (altered_trees, altered_facts, altered_history, altered_arrays)
    return tuple(one for source in sources for one in source.chosen())


def altered(number: int, seed: int, specimen: Specimen) -> tuple[str, Bundle]:
    """Case `number`: what was done, and all files; beyond the chosen ones come random ones, drawn from the seed."""
    files = {**specimen.bundle.files, **specimen.generation.files}
    if number < len(chosen()):
        what, alter = chosen()[number]
    else:
        chance = Random(f"resigned {seed} {number}")
        what, alter = (altered_facts.random, altered_arrays.random)[number % 2](chance, files)
    alter(files)
    return what, files
