"""Reading the sidecar's answer to a chunk: taken whole when every line is right, refused whole otherwise."""

import re

from aiscore_kit import cells, outputs
from aiscore_kit.failure import Failure

_SHARE = rb"(?:0(?:\.\d+)?|1(?:\.0+)?|[1-9](?:\.\d+)?[eE]-\d+)"
_TEXT = rb'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n]*)'
_RISK = rb"(?:[1-9]\d?|100)"
_SEVERITY = rb"(?:informational|low|medium|high|critical)"
_WORDS = rb'(?:[a-z_]*|"[a-z_]+(?:,[a-z_]+)*")'
_EVENT_ID = rb"[0-9a-f]*"
_SCORED = (
    _SHARE,
    _SEVERITY,
    _RISK,
    _SHARE + b"?",
    _SHARE + b"?",
    _TEXT,
    _TEXT,
    b"%s",
    _EVENT_ID,
    b"(?:scored|partial)",
)
_UNSCORED = (*[b""] * 7, b"(?:%s)?", _EVENT_ID, b"unscored", b"[a-z_]+")
# One line of a reply, in the order of the output fields; `%s` is the model that the reply's header names.
_LINE = rb"(\d+),(" + b",".join((*_SCORED, _WORDS)) + b"|" + b",".join(_UNSCORED) + rb")\n"


class ReplyReader:
    """Checks replies of one search. Compiled once for each model id that a reply names."""

    def __init__(self, prefix):
        self.header = ("ordinal," + ",".join(outputs.names(prefix)) + "\n").encode("utf-8")
        self._lines = {}

    def suffixes(self, body, count, model):
        """The output columns of each of `count` rows (bytes), or Failure("bad_response").

        Ordinals must run 0..count-1, scores lie in 0..1 and be numbers, risks in 1..100, every scored row name
        the `model` of the reply's header, and no byte may be left over.
        """
        if not body.startswith(self.header):
            raise _bad("its columns are not those asked for")
        if not model:
            raise _bad("it names no model")
        found = self._line_of(model).findall(body, len(self.header))
        if len(found) != count:
            raise _bad("%d good lines for %d rows" % (len(found), count))
        read = sum([len(number) + len(suffix) for number, suffix in found]) + 2 * count
        if read != len(body) - len(self.header):
            raise _bad("a line is not of the agreed form")
        if [number for number, _ in found] != list(map(b"%d".__mod__, range(count))):
            raise _bad("its rows are not in order")
        return [suffix for _, suffix in found]

    def _line_of(self, model):
        line = self._lines.get(model)
        if line is None:
            name = re.escape(cells.quote(model.encode("utf-8")))
            line = self._lines[model] = re.compile(_LINE % (name, name))
        return line


def _bad(text):
    return Failure("bad_response", "the sidecar's reply was refused: " + text)


def mark_clipped(suffixes, numbers):
    """Say on these rows that a field was clipped before scoring: `scored` becomes `partial`."""
    for number in numbers:
        found = cells.split(suffixes[number])
        if found[outputs.STATUS] == b"unscored":
            continue
        words = [word for word in cells.value(found[outputs.NOTE]).split(b",") if word]
        if b"clipped" not in words:
            words.append(b"clipped")
        found[outputs.STATUS] = b"partial"
        found[outputs.NOTE] = cells.quote(b",".join(words))
        suffixes[number] = b",".join(found)
