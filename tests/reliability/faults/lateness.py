"""How late this machine wakes who sleeps: what a busy machine adds to every time that is measured on it."""

import threading
import time

_STEP_S = 0.02


class Lateness:
    """Within, a thread sleeps again and again; `seconds` is what it overslept in all."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over = threading.Event()

    def __enter__(self) -> "Lateness":
        self._thread = threading.Thread(target=self._doze, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _doze(self) -> None:
        while True:
            asleep = time.monotonic()
            over = self._over.wait(_STEP_S)
            late = time.monotonic() - asleep - _STEP_S
            # A millisecond or two is how timers are.
            if late > 0.002:
                self.seconds += late
            if over:
                return
