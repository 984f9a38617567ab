"""Loaded by the command's Python before anything else, by way of PYTHONPATH.

Every logger writes at DEBUG to stderr, so that a secret that any library would log is seen. And the name `localhost`
is not found, or its lookup hangs (for half a minute at most), as long as the flag file that AISCORE_TEST_NAMES names
holds the word `fail` or `hang`. Python looks names up in the C library, which no test can make fail without root; this
stands one step before it, where socket.create_connection calls. It runs under Python 3.9 too.
"""

import logging
import os
import socket
import time

logging.basicConfig(level=logging.DEBUG)
_FLAG = os.environ.get("AISCORE_TEST_NAMES", "")
_LONGEST_S = 30
_lookup = socket.getaddrinfo


def _word():
    try:
        with open(_FLAG) as file:
            return file.read()
    except OSError:
        return ""


def _faulty(host, *rest, **named):
    word = _word() if host == "localhost" else ""
    if word == "fail":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    end = time.monotonic() + _LONGEST_S
    while word == "hang" and _word() == "hang" and time.monotonic() < end:
        time.sleep(0.02)
    return _lookup(host, *rest, **named)


socket.getaddrinfo = _faulty
