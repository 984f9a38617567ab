"""Bugs planted one at a time; each must be seen."""

from tests.reliability.twin import Twin

OVERLOAD = "tests/reliability/overload/test_overload.py"
CROWD = f"{OVERLOAD}::test_a_crowd_is_refused_at_once_and_says_when_to_come_back"
SERVER = "tests/sidecar/test_server.py"
CAPACITY = "tests/sidecar/test_capacity.py"

TWINS: list[Twin] = [
    Twin(
        "no limit of requests at once",
        "sidecar/api/capacity.py",
        "        if self._taken >= self._most:\n",
        "        if False:\n",
        CROWD,
    ),
    Twin(
        "refusals do not say when to come back",
        "sidecar/api/problems.py",
        "    if problem.retry_after_s is not None:\n",
        "    if False:\n",
        CROWD,
    ),
    Twin(
        "a place is not given back",
        "sidecar/api/capacity.py",
        "                self._taken -= 1\n",
        "                pass\n",
        f"{CAPACITY}::test_places_are_given_back_after_a_failure",
    ),
    Twin(
        "bodies without a limit",
        "sidecar/api/capacity.py",
        "            if size > self._left:\n",
        "            if False:\n",
        f"{SERVER}::test_bodies_are_held_up_to_a_limit",
    ),
    Twin(
        "memory is not given back",
        "sidecar/api/capacity.py",
        "            self._left += taken\n",
        "            pass\n",
        f"{SERVER}::test_a_client_that_leaves_in_the_middle_of_a_body_holds_nothing",
    ),
    Twin(
        "no time limit of a body",
        "sidecar/api/door.py",
        "            async with asyncio.timeout(self._timeout_s):\n",
        "            async with asyncio.timeout(None):\n",
        f"{SERVER}::test_slow_bodies_time_out_and_hold_nobody_up",
    ),
    Twin(
        "no time limit of headers",
        "sidecar/serve.py",
        "HTTP1Settings(header_read_timeout=settings.header_timeout_s * 1000)",
        "HTTP1Settings(header_read_timeout=600_000)",
        f"{OVERLOAD}::test_idle_connections_shut_others_out_for_the_time_of_a_header_at_most",
    ),
]
