"""The generating kind: one question to the sidecar, its table as the search's first results."""

import csv
import io

from splunklib.searchcommands import GeneratingCommand

from aiscore_kit.client import csv_request
from aiscore_kit.command import Chunked
from aiscore_kit.failure import Cancelled, Failure
from aiscore_kit.watch import Deadline

_REPLY = 64 << 20


class Ask(Chunked, GeneratingCommand):
    """Asks /v1/`verb` with the shim's options and returns the rows. Changes happen only in the execute phase."""

    verb = ""
    _done = False

    def generate(self):
        """Not used: the reply's rows pass as bytes."""
        raise NotImplementedError

    def act(self, frame):
        """All rows with the first chunk. A preview changes nothing and returns nothing."""
        self._finished = True
        if self._done or frame.metadata.get("preview"):
            return b""
        self._done = True
        try:
            return self._table()
        except Failure as failure:
            return self.unanswered("%s: %s" % (self.name, self.explain_failure(failure)))
        except (Cancelled, SystemExit):
            raise
        except Exception as error:
            self.note_crash()
            return self.unanswered("%s met an unexpected %s; see search.log" % (self.name, type(error).__name__))

    def unanswered(self, text):
        """What the search gets when there is no answer: an error."""
        self.stop(text)

    def params(self):
        """The options to send, as text."""
        return {name: str(value) for name, value in self.given().items() if value is not None and value != ""}

    def given(self):
        """The options by name."""
        raise NotImplementedError

    def _table(self):
        seconds = self.settings(self.patience()).chunk_deadline_s
        deadline = Deadline(seconds)
        request = csv_request("POST", "/v1/" + self.verb, self.params(), b"", self.search_header(0), _REPLY)
        return without_ordinal(self.sidecar(deadline).ask(request, deadline.left()).body)


def without_ordinal(body):
    """The reply's table without its first column, the row number.

    >>> without_ordinal(b'ordinal,model\\n0,"a,b"\\n')
    b'model\\n"a,b"\\n'
    """
    rows = list(csv.reader(io.StringIO(body.decode("utf-8"), newline="")))
    if not rows or rows[0][:1] != ["ordinal"] or any(len(row) != len(rows[0]) for row in rows):
        raise Failure("bad_response", "the sidecar's table is not of the agreed form")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(row[1:] for row in rows)
    return out.getvalue().encode("utf-8")
