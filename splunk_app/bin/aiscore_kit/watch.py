"""A total time limit on work that waits for others, and an eye on whether anyone still wants the answer.

A socket timeout starts anew with every byte, and a name lookup has none: only a second thread can keep a promise
such as "ten seconds for this chunk, whatever happens".
"""

import select
import sys
import time

from aiscore_kit.ahead import Ahead, NotYet
from aiscore_kit.failure import Cancelled, Failure

LOOK_S = 0.2


class Deadline:
    """A moment on the monotonic clock.

    >>> Deadline(10).left() > 9
    True
    """

    def __init__(self, seconds):
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self):
        """Seconds left, never below zero."""
        return max(0.0, self._end - time.monotonic())


def within(deadline, work, gone=lambda: False):
    """The result of `work()`, or its exception; Failure("timeout") at the deadline; Cancelled when `gone()`."""
    begun = Ahead(work)
    while True:
        try:
            return begun.result(max(0.001, min(LOOK_S, deadline.left())))
        except NotYet:
            if gone():
                raise Cancelled from None
            if not deadline.left():
                raise Failure("timeout", "no complete answer within %g s" % deadline.seconds) from None


class HangUp:
    """Tells whether splunkd has hung up: nobody reads our output, or our input ended in the middle of a search.

    The input's end says nothing while bytes wait in it or after the search's last chunk. Where pipes cannot be
    polled (Windows) the answer is always no: the process is then ended from outside.
    """

    def __init__(self, stream=None, stdout=None):
        self.last_chunk = False
        self._stream = stream or sys.stdin.buffer
        self._in = _fileno(self._stream)
        self._out = _fileno(stdout or sys.stdout)

    def __call__(self):
        if not hasattr(select, "poll"):
            return False
        if self._events(self._out, 0) & (select.POLLERR | select.POLLNVAL):
            return True
        if self.last_chunk:
            return False
        events = self._events(self._in, select.POLLIN)
        # At its end a stream can be looked into without waiting; what was read ahead counts as still to come.
        return bool(events & select.POLLHUP) and not events & select.POLLIN and not self._stream.peek(1)

    @staticmethod
    def _events(number, wanted):
        if number is None:
            return 0
        poll = select.poll()
        poll.register(number, wanted)
        try:
            return sum(events for _, events in poll.poll(0))
        except OSError:
            return 0


def _fileno(stream):
    try:
        return stream.fileno()
    except (AttributeError, OSError, ValueError):
        return None
