"""Reading the sidecar's answer to a chunk: taken whole when every line is right, refused whole otherwise."""

import re

from aiscore_kit import cells, outputs
from aiscore_kit.failure import Failure

_SHARE = rb"0\.[0-9]+|0|1(?:\.0+)?|[1-9](?:\.[0-9]+)?[eE]-[0-9]+"
# Without quotes: all bytes but `"`, `,` and line ends. Told by what is in it, not by what is not, the class is matched
# a third quicker, and texts are most of a reply.
_BARE = rb"[\x00-\x09\x0b\x0c\x0e-\x21\x23-\x2b\x2d-\xff]*"
_TEXT = rb'(?:"[^"]*(?:""[^"]*)*"|' + _BARE + rb")"
_RISK = rb"(?:[1-9][0-9]?|100)"
_SEVERITY = rb"(?:informational|low|medium|high|critical)"
_WORDS = rb'(?:"[a-z_]+(?:,[a-z_]+)*"|[a-z_]*)'
_EVENT_ID = rb"[0-9a-f]*"
# A reply is compared in blocks that stay in the processor's cache.
_BLOCK_ROWS = 256


def _line(model):
    """A line of a reply, in the order of the output fields: ordinal, and as its one group the output columns."""
    share = b"(?:" + _SHARE + b")"
    share_or_none = b"(?:" + _SHARE + b"|)"
    measures = (share, _SEVERITY, _RISK, share_or_none, share_or_none, _TEXT, _TEXT)
    scored = b",".join((*measures, model, _EVENT_ID, b"(?:scored|partial)", _WORDS))
    unscored = b",".join((*[b""] * len(measures), b"(?:%s)?" % model, _EVENT_ID, b"unscored", b"[a-z_]+"))
    return re.compile(rb"[0-9]{1,9},(" + scored + b"|" + unscored + rb")\n")


class ReplyReader:
    """Checks replies of one search. Compiled once for each model id that a reply names."""

    def __init__(self, prefix):
        self.header = ("ordinal," + ",".join(outputs.names(prefix)) + "\n").encode("utf-8")
        self._lines = {}
        self._ordinals = []

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
        if not self._is_all(body, found):
            expected = len(self.header) + len(self._with_ordinals(found, 0))
            raise _bad("its rows are not in order" if len(body) == expected else "a line is not of the agreed form")
        return found

    def _line_of(self, model):
        line = self._lines.get(model)
        if line is None:
            line = self._lines[model] = _line(re.escape(cells.quote(model.encode("utf-8"))))
        return line

    def _is_all(self, body, lines):
        """Whether the body is its header and these lines behind the ordinals 0, 1, 2, ..., byte for byte."""
        at = len(self.header)
        for start in range(0, len(lines), _BLOCK_ROWS):
            block = self._with_ordinals(lines[start : start + _BLOCK_ROWS], start)
            if not body.startswith(block, at):
                return False
            at += len(block)
        return at == len(body)

    def _with_ordinals(self, lines, start):
        """The lines of a reply whose first ordinal is `start`, as they must have come."""
        known, end = self._ordinals, start + len(lines)
        known.extend(map(b"%d,".__mod__, range(len(known), end)))
        pieces = [b"\n"] * (3 * len(lines))
        pieces[::3] = known[start:end]
        pieces[1::3] = lines
        return b"".join(pieces)


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
