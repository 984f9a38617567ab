"""One message of Splunk's chunked protocol, kept as bytes.

splunklib decodes the body with errors="replace" and reads a body that was cut short without a word; rows would
change or vanish. Here bytes stay bytes, and a short read is an error.
"""

import json
import re
from collections import namedtuple

_START = re.compile(rb"chunked\s+1\.0\s*,\s*(\d+)\s*,\s*(\d+)\s*\n\Z")

Frame = namedtuple("Frame", "metadata body")


class Truncated(Exception):
    """The message ended before its announced length: some rows never arrived."""


def read(stream):
    """The next Frame of a binary stream, or None at its end. Raises Truncated.

    >>> import io
    >>> read(io.BytesIO(b'chunked 1.0,19,4\\n{"finished": false}a\\n1\\n')).body
    b'a\\n1\\n'
    """
    line = stream.readline()
    if not line:
        return None
    match = _START.match(line)
    if match is None:
        raise Truncated("not the start of a chunk: %r" % line[:60])
    metadata = _exactly(stream, int(match.group(1)))
    body = _exactly(stream, int(match.group(2)))
    try:
        return Frame(json.loads(metadata.decode("utf-8")), body)
    except ValueError as error:
        raise Truncated("the metadata of a chunk is not JSON: %s" % error) from None


def _exactly(stream, size):
    data = stream.read(size) if size else b""
    if len(data) != size:
        raise Truncated("%d of %d bytes came" % (len(data), size))
    return data


def write(stream, metadata, body):
    """Write one message and flush it. `body` is bytes; `inspector` stands first in the metadata."""
    head = json.dumps(metadata, separators=(",", ":"), sort_keys=False).encode("ascii")
    stream.write(b"chunked 1.0,%d,%d\n" % (len(head), len(body)))
    stream.write(head)
    stream.write(body)
    stream.flush()
