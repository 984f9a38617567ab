"""The app's libraries: where they lie, and the modules they load at once but that wait here until they are used.

A command starts anew for every search, so what it loads is paid for every time. Nothing is left out: what waits is
loaded by the first call into it.
"""

import gc
import importlib
import os
import sys
import threading
from contextlib import contextmanager
from types import ModuleType

_APP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_LOCK = threading.Lock()
# splunklib takes one function from it, for a logging.conf that an admin may have written.
_SPLUNKLIB_LATER = {"logging.config": {}}
# requests guesses the encoding of texts with the first (and looks at once whether its version is below 4), and writes
# host names that are not ASCII with the second; urllib3 looks for HTTP/2 with the third when it is asked for it.
_REQUESTS_LATER = {"charset_normalizer": {"__version__": "3.0.0"}, "idna": {}, "importlib.metadata": {}}


class _Later(ModuleType):
    """Stands for a module of which functions are taken: each loads the module when it is called."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args, **named):
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            return getattr(importlib.import_module(self.__name__), name)(*args, **named)

        return call


@contextmanager
def _loading(later):
    """Within, modules in `later` (name: attributes) that someone imports are loaded only when they are used.

    What is loaded stays, so meanwhile garbage is not looked for, and afterwards not among it.
    """
    with _LOCK:
        placed = {name: _Later(name) for name in later if name not in sys.modules}
        for name, module in placed.items():
            vars(module).update(later[name])
        sys.modules.update(placed)
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            for name, module in placed.items():
                if sys.modules.get(name) is module:
                    del sys.modules[name]
            gc.freeze()
            if collecting:
                gc.enable()


def load_splunklib():
    """Put the app's libraries first on the path, and load splunklib."""
    sys.path.insert(0, os.path.join(_APP, "lib"))
    with _loading(_SPLUNKLIB_LATER):
        import splunklib.searchcommands  # noqa: F401


def load_requests():
    """The module requests."""
    if "requests" not in sys.modules:
        with _loading(_REQUESTS_LATER):
            import requests
    # Another thread may be in the middle of it: this waits until it is done.
    import requests

    return requests
