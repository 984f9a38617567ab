"""Runs a persistent REST handler: requests as JSON lines on stdin, replies as JSON lines on stdout.

Started as a script with: the folder of the `splunk` stub, the app's bin folder, the script's name, module.Class.
"""

import importlib.util
import json
import os
import sys


def main(stub, folder, script, handler):
    """Load the handler as restmap.conf names it, and answer until stdin ends."""
    sys.path.insert(0, stub)
    name, _, kind = handler.partition(".")
    spec = importlib.util.spec_from_file_location(name, os.path.join(folder, script))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, kind)("", "")
    for line in sys.stdin:
        print(json.dumps(found.handle(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
