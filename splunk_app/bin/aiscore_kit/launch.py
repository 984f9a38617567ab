"""A command as a program: from its first line to the end of its process."""

import os
import sys
from contextlib import suppress

from splunklib.searchcommands import dispatch


def launch(command, module_name):
    """Run the command when its file is the program, and end the process.

    Ended at once: taking the interpreter down piece by piece takes longer than a small search.
    """
    if module_name != "__main__":
        return
    code = None
    try:
        dispatch(command)
    except SystemExit as end:
        code = end.code
    if not isinstance(code, (int, type(None))):
        sys.stderr.write("%s\n" % code)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        # Where nobody reads any more there is nothing to save.
        with suppress(OSError):
            stream.flush()
    os._exit(code or 0)
