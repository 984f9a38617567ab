"""Work that is begun before its result is asked for, so that nobody waits for two things one after the other."""

import queue
import threading

NotYet = queue.Empty


class Ahead:
    """Begins `work()` in a thread of its own, which is a daemon: given up, it holds nothing.

    >>> Ahead(lambda: 7).result()
    7
    """

    def __init__(self, work):
        self._box = queue.Queue()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work):
        try:
            self._box.put((work(), None))
        except BaseException as error:
            self._box.put((None, error))

    def result(self, timeout_s=None):
        """What work gave, or its exception; NotYet when it goes on after `timeout_s`. The result is given out once."""
        result, error = self._box.get(timeout=timeout_s)
        if error is not None:
            raise error
        return result
