"""Places and memory are given back, whatever happens, and never given twice."""

import pytest

from sidecar.api.capacity import Capacity, Memory
from sidecar.errors import NotReady


def test_places_are_given_back_after_a_failure() -> None:
    capacity = Capacity(1, "requests")
    with pytest.raises(ZeroDivisionError), capacity.place():
        raise ZeroDivisionError
    capacity.check()
    with capacity.place():
        for ask in (capacity.check, capacity.place().__enter__):
            with pytest.raises(NotReady, match="1 requests at once"):
                ask()
        assert capacity.taken == 1
    assert capacity.taken == 0


def test_memory_is_counted_as_it_is_taken() -> None:
    memory = Memory(10)
    with memory.held() as one, memory.held() as other:
        one(4)
        other(6)
        for take in (one, other):
            with pytest.raises(NotReady):
                take(1)
        one(0)
    with memory.held() as all_of_it:
        all_of_it(10)


def test_memory_is_given_back_after_a_failure() -> None:
    memory = Memory(10)
    for _ in range(3):
        with pytest.raises(NotReady), memory.held() as take:
            take(7)
            take(7)
