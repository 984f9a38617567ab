"""The gathering kind: takes every chunk of the search, and answers one row when the last has come.

splunklib would call reduce() once a chunk and forget; here the whole search is one fit session at the sidecar.
"""

import csv
import io
import json
import time
from urllib.parse import quote

from splunklib.searchcommands import ReportingCommand

from aiscore_kit import outputs, project
from aiscore_kit.client import Request, csv_request
from aiscore_kit.command import Chunked
from aiscore_kit.failure import Cancelled, Failure
from aiscore_kit.rows import Rows
from aiscore_kit.watch import Deadline

OPTIONS = ("model", "entity", "time", "label", "fields", "scope", "recipe", "seed", "challenger")
COLUMNS = ("job", "model", "state", "rows", "progress", "message")
_REPLY = 1 << 20
# Sending a chunk has no row that waits for it; a busy sidecar may take its time.
_SEND_S = 60.0
_LOOK_S = 0.5


class Gather(Chunked, ReportingCommand):
    """Sends the rows of a search to a fit session and commits it. The shim holds the options."""

    _seq = 0
    _rows = 0
    _committing = False

    def reduce(self, records):
        """Not used: rows are gathered over the whole search, not chunk by chunk."""
        raise NotImplementedError

    def prepare(self):
        """Ask splunkd for the fields named, or for all where a recipe or nothing names them."""
        Chunked.prepare(self)
        self.configuration.required_fields = sorted(self._wanted()) if self._wanted() is not None else ["*"]

    def _time_field(self):
        return None if self.time == "none" else self.time

    def _wanted(self):
        if not self.fields or self.recipe:
            return None
        parts = [self.fields, self.entity, self.label, self.scope, self._time_field()]
        return {name.strip() for part in parts if part for name in part.split(",") if name.strip()}

    def act(self, frame):
        """Send this chunk; with the last one commit, and answer the job's row."""
        if frame.metadata.get("preview"):
            return b""
        try:
            rows = Rows(frame.body)
            if len(rows):
                self._send(rows)
            return self._finish() if self._finished else b""
        except Failure as failure:
            # Of a commit without a clear answer nobody knows whether the sidecar took it.
            unknown = self._committing and not 400 <= failure.status < 500
            said = "cannot tell whether its fit has started: see | aimodels." if unknown else "has not started a fit."
            self.stop("aifit %s %s" % (said, self.explain_failure(failure)))
        except (Cancelled, SystemExit):
            raise
        except Exception as error:
            self.note_crash()
            self.stop("aifit met an unexpected %s; see search.log" % type(error).__name__)

    def _send(self, rows):
        places = project.columns(rows.names, self._wanted(), self._time_field(), outputs.names())
        if not places:
            self.stop("aifit found none of the fields it was told to use: check fields=, entity=, label= and time=")
        body = project.project(rows.body, places)
        sid, position = self.search_key()
        path = "/v1/fit/%s/%d/%d" % (quote(sid, safe=""), position, self._seq)
        request = csv_request("PUT", path, {}, body, self.search_header(self._seq), _REPLY)
        request = request._replace(types=("application/json",))
        deadline = Deadline(_SEND_S)
        answer = self.sidecar(deadline).ask(request, deadline.left())
        if _facts(answer).get("digest") != request.headers["AIScore-Digest"]:
            raise Failure("bad_response", "the sidecar kept other bytes than were sent")
        self._seq += 1
        self._rows += len(rows)

    def _finish(self):
        if not self._rows:
            self.stop("aifit got no events: widen the time range, or check the search before it")
        params = {"session": "%s/%d" % self.search_key(), "parts": str(self._seq)}
        for name in OPTIONS:
            value = getattr(self, name)
            if value is not None:
                params[name] = str(value)
        deadline = Deadline(_SEND_S)
        request = csv_request("POST", "/v1/fit", params, b"", self.search_header(self._seq), _REPLY)
        self._committing = True
        job = _job(self.sidecar(deadline).ask(request, deadline.left()))
        job.setdefault("rows", str(self._rows))
        return self._row(self._waited(job))

    def _waited(self, job):
        """The job as it stands when it has ended or `wait` seconds have passed."""
        deadline = Deadline(self.wait)
        path = "/v1/jobs/" + quote(str(job["job"]), safe="")
        request = Request("GET", path, {}, None, self.search_header(self._seq), _REPLY, ("application/json",))
        while deadline.left() and job.get("state") not in ("done", "failed"):
            try:
                job.update(_facts(self.sidecar(deadline).ask(request, max(0.5, deadline.left()))))
            except Failure as failure:
                # The fit goes on without us: what is unknown is only its state.
                self.write_warning("{}", "aifit lost sight of its job. " + self.explain_failure(failure))
                break
            if job.get("state") not in ("done", "failed"):
                time.sleep(min(_LOOK_S, deadline.left()))
                if self._gone():
                    raise Cancelled
        return job

    def _row(self, job):
        if job.get("state") == "failed":
            self.stop("the fit of model %s failed: %s" % (self.model, job.get("message") or "no reason was given"))
        if job.get("state") != "done":
            self.write_info("{}", "the fit goes on: | aimodels job=%s" % job["job"])
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerow({name: "" if job.get(name) is None else job.get(name) for name in COLUMNS})
        return out.getvalue().encode("utf-8")


def _facts(answer):
    """The reply's JSON object."""
    try:
        found = json.loads(answer.body.decode("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure("bad_response", "the sidecar's reply is not the JSON that was asked for")
    return found


def _job(answer):
    """The one row of the reply's table, which names the job."""
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8", "replace"), newline="")))
    if len(rows) != 1 or not rows[0].get("job"):
        raise Failure("bad_response", "the sidecar's table is not of the agreed form")
    return rows[0]
