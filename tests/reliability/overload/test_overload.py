"""More than can be served is refused at once, and who says nothing holds nobody up.

The bounds are wide: other work on the machine must not fail these tests. The campaign measures what is promised.
"""

from tests.reliability.overload import silent
from tests.reliability.overload.crowd import Bounds, Shape, overloaded

WIDE = Bounds(slower=15.0, refused_ms=3_000.0, recovery_s=20.0)


def test_a_crowd_is_refused_at_once_and_says_when_to_come_back() -> None:
    found = overloaded(Shape(500, alone_s=1.0, busy_s=1.0, crowd_s=2.0), WIDE)
    assert not found.wrong, found


def test_half_open_clients_hold_nobody_up() -> None:
    found = silent.half_open(300, 0.5, 3_000.0)
    assert not found.wrong, found


def test_health_is_told_beside_a_large_batch() -> None:
    found = silent.batch(60_000, 1_000.0)
    assert not found.wrong, found


def test_who_leaves_frees_the_place() -> None:
    found = silent.leavers(6, 20.0)
    assert not found.wrong, found


def test_idle_connections_shut_others_out_for_the_time_of_a_header_at_most() -> None:
    found = silent.idle(100, 1, 15.0)
    assert not found.wrong, found
