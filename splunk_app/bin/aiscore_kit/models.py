"""The generating kind: one question to the sidecar, its table as the search's first results."""

import csv
import io

from splunklib.searchcommands import GeneratingCommand

from aiscore_kit.client import csv_request
from aiscore_kit.command import Chunked
from aiscore_kit.failure import Cancelled, Failure
from aiscore_kit.watch import Deadline

CHANGES = ("promote", "retire", "rollback")
_REPLY = 64 << 20


class Generate(Chunked, GeneratingCommand):
    """Asks /v1/models with the shim's options and returns the rows. Changes happen only in the execute phase."""

    _done = False

    def generate(self):
        """Not used: the reply's rows pass as bytes."""
        raise NotImplementedError

    def prepare(self):
        """Refuse what could not mean anything."""
        Chunked.prepare(self)
        if self.action not in (None, "list") and not self.model:
            self.stop("action=%s needs model=NAME" % self.action)
        if self.version and not self.action:
            self.stop("version= needs action=show, promote, retire or rollback")
        if self.job and (self.model or self.action):
            self.stop("job=ID stands alone: leave model= and action= out")

    def act(self, frame):
        """All rows with the first chunk. A preview changes nothing and returns nothing."""
        self._finished = True
        if self._done or frame.metadata.get("preview"):
            return b""
        self._done = True
        try:
            return self._table()
        except Failure as failure:
            self.stop("aimodels: " + self.explain_failure(failure))
        except (Cancelled, SystemExit):
            raise
        except Exception as error:
            self.note_crash()
            self.stop("aimodels met an unexpected %s; see search.log" % type(error).__name__)

    def _table(self):
        options = {"action": self.action, "model": self.model, "version": self.version, "job": self.job}
        params = {name: value for name, value in options.items() if value}
        seconds = self.settings(self.patience()).chunk_deadline_s
        deadline = Deadline(seconds)
        answer = self.sidecar(deadline).ask(
            csv_request("POST", "/v1/models", params, b"", self.search_header(0), _REPLY), deadline.left()
        )
        return without_ordinal(answer.body)


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
