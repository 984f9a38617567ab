"""The gathering kind: takes every chunk of the search, and answers when the last has come.

splunklib would call reduce() once a chunk and forget; here the whole search is one session at the sidecar.
"""

import json
from urllib.parse import quote

from splunklib.searchcommands import ReportingCommand

from aiscore_kit import outputs, project
from aiscore_kit.client import csv_request
from aiscore_kit.command import Chunked
from aiscore_kit.failure import Cancelled, Failure
from aiscore_kit.rows import Rows
from aiscore_kit.watch import Deadline

REPLY = 1 << 20
# Sending a chunk has no row that waits for it; a busy sidecar may take its time.
SEND_S = 60.0


class Gather(Chunked, ReportingCommand):
    """Sends the rows of a search to a session of /v1/`verb` and commits it. The shim holds the options."""

    verb = ""
    # What the last request is sent with, by name.
    words = ()
    _seq = 0
    _rows = 0
    _committing = False

    def reduce(self, records):
        """Not used: rows are gathered over the whole search, not chunk by chunk."""
        raise NotImplementedError

    def wanted(self):
        """The fields to send, or None for all of the events' own."""
        raise NotImplementedError

    def kept(self):
        """Fields of Splunk's own that are sent as well."""
        raise NotImplementedError

    def answered(self, answer):
        """The reply body that the answer to the commit gives."""
        raise NotImplementedError

    def nothing(self):
        """The reply body of a search without events; ends the search where these are needed."""
        self.stop("%s got no events: widen the time range, or check the search before it" % self.name)

    def failed(self, failure):
        """What is said of a failure; `self._committing` tells whether the commit was on its way."""
        raise NotImplementedError

    def prepare(self):
        """Ask splunkd for the fields named, or for all where a recipe or nothing names them."""
        Chunked.prepare(self)
        wanted = self.wanted()
        self.configuration.required_fields = ["*"] if wanted is None else sorted(wanted)

    def act(self, frame):
        """Send this chunk; with the last one commit, and answer."""
        if frame.metadata.get("preview"):
            return b""
        try:
            rows = Rows(frame.body)
            if len(rows):
                self._send(rows)
            return self._finish() if self._finished else b""
        except Failure as failure:
            self.stop("%s %s" % (self.name, self.failed(failure)))
        except (Cancelled, SystemExit):
            raise
        except Exception as error:
            self.note_crash()
            self.stop("%s met an unexpected %s; see search.log" % (self.name, type(error).__name__))

    def _send(self, rows):
        places = project.columns(rows.names, self.wanted(), self.kept(), outputs.names())
        if not places:
            known = ", ".join("%s=" % name for name in ("fields", "entity", "label", "time") if hasattr(self, name))
            self.stop("%s found none of the fields it was told to use: check %s" % (self.name, known))
        body = project.project(rows.body, places)
        sid, position = self.search_key()
        path = "/v1/%s/%s/%d/%d" % (self.verb, quote(sid, safe=""), position, self._seq)
        request = csv_request("PUT", path, {}, body, self.search_header(self._seq), REPLY)
        request = request._replace(types=("application/json",))
        deadline = Deadline(SEND_S)
        answer = self.sidecar(deadline).ask(request, deadline.left())
        if facts(answer).get("digest") != request.headers["AIScore-Digest"]:
            raise Failure("bad_response", "the sidecar kept other bytes than were sent")
        self._seq += 1
        self._rows += len(rows)

    def _finish(self):
        if not self._rows:
            return self.nothing()
        params = {"session": "%s/%d" % self.search_key(), "parts": str(self._seq)}
        for name in self.words:
            value = getattr(self, name)
            if value is not None:
                params[name] = str(value)
        deadline = Deadline(SEND_S)
        request = csv_request("POST", "/v1/" + self.verb, params, b"", self.search_header(self._seq), REPLY)
        self._committing = True
        return self.answered(self.sidecar(deadline).ask(request, deadline.left()))


def facts(answer):
    """The reply's JSON object."""
    try:
        found = json.loads(answer.body.decode("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure("bad_response", "the sidecar's reply is not the JSON that was asked for")
    return found
