"""Not asking again and again what did not answer: a circuit breaker and the budget of one search."""

import time

from aiscore_kit.failure import Failure

OPEN_AFTER = 3
PROBE_EVERY_S = 10.0
COUNTED = ("sidecar_down", "timeout", "overloaded", "sidecar_error", "tls")


class Circuit:
    """Open after three failures in a row: chunks are then labelled at once, but for one probe every ten seconds.

    The budget is the time a search may lose on chunks that ended without scores; time that brought scores is free.
    """

    def __init__(self, budget_s, clock=time.monotonic):
        self._clock = clock
        self._budget_s = self._left = budget_s
        self._in_a_row = 0
        self._probe_at = 0.0
        self._last = None

    def allow(self, budget_s):
        """The budget is this one, as is known only now; what was lost before counts."""
        self._left += budget_s - self._budget_s
        self._budget_s = budget_s

    def seconds(self, deadline_s):
        """How long the next chunk may take. Raises Failure when it should not even be tried."""
        if self._left <= 0:
            raise Failure("timeout", "the search has used up its budget for waiting (search_budget_s)")
        if self._in_a_row >= OPEN_AFTER and self._clock() < self._probe_at:
            raise Failure(self._last.note, self._last.text, mend=self._last.mend)
        return min(deadline_s, self._left)

    def lost(self, failure, seconds):
        """A chunk failed after this many seconds."""
        self._left -= seconds
        if failure.note in COUNTED:
            self._in_a_row += 1
            self._last = failure
            self._probe_at = self._clock() + PROBE_EVERY_S

    def answered(self):
        """The sidecar answered: the count starts anew."""
        self._in_a_row = 0
