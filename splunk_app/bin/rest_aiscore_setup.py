"""The door splunkd knows: services/aiscore/setup. What happens behind it is aiscore_kit.setup_handler."""

import os
import sys

_BIN = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [path for path in (_BIN, os.path.join(os.path.dirname(_BIN), "lib")) if path not in sys.path]

from splunk.persistconn.application import PersistentServerConnectionApplication  # noqa: E402

from aiscore_kit import setup_handler  # noqa: E402


class SetupHandler(PersistentServerConnectionApplication):
    """GET: how the app is set up. POST request={"action": ...}: change it, try it, or look at what would be read."""

    def __init__(self, command_line=None, command_arg=None):
        PersistentServerConnectionApplication.__init__(self)

    def handle(self, in_string):
        """One request as splunkd describes it (JSON); the reply as splunkd wants it."""
        return setup_handler.handle(in_string)
