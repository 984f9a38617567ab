"""A search that becomes a fit: its rows gathered, then one row about the job."""

import csv
import io
import re
import time
from urllib.parse import quote

from aiscore_kit.client import Request
from aiscore_kit.failure import Cancelled, Failure
from aiscore_kit.gather import REPLY, Gather, facts
from aiscore_kit.watch import Deadline

COLUMNS = ("job", "model", "state", "rows", "progress", "message")
_LOOK_S = 0.5


def _named(text):
    """What may be a field in `bytes:number` or `way=pair(user, dest)`: each as it stands, for a name may hold any sign,
    and its parts. Asking for a field that is not there asks for nothing.

    >>> _named("local:week_hour,src")
    ['local:week_hour', 'src', 'local', 'week_hour', 'src']
    """
    return [*text.split(","), *re.split("[:,=()]", text)]


class Fit(Gather):
    """Asks /v1/fit, and waits for the job if told to."""

    verb = "fit"
    work = "fit"
    words = (
        "model", "entity", "time", "label", "fields", "scope", "peers", "recipe", "seed", "alert_budget",
        "false_positive_rate", "force", "challenger",
    )  # fmt: skip

    def kept(self):
        """The time of the events."""
        return () if self.time == "none" else (self.time,)

    def wanted(self):
        """The fields named, or None where a recipe or nothing names them."""
        if not self.fields or self.recipe:
            return None
        groups = [pair.partition(":")[2] for pair in (self.peers or "").split(",")]
        parts = [*_named(self.fields), self.entity, self.label, self.scope, *groups, *self.kept()]
        return {name.strip() for part in parts if part for name in part.split(",") if name.strip()}

    def failed(self, failure):
        """Of a commit without a clear answer nobody knows whether the sidecar took it."""
        unknown = self._committing and not 400 <= failure.status < 500
        said = "cannot tell whether its %s has started: see | aimodels." if unknown else "has not started a %s."
        return "%s %s" % (said % self.work, self.explain_failure(failure))

    def answered(self, answer):
        """The row of the job."""
        job = job_of(answer)
        job.setdefault("rows", str(self._rows))
        return self._row(self._waited(job))

    def _waited(self, job):
        """The job as it stands when it has ended or `wait` seconds have passed."""
        deadline = Deadline(self.wait)
        path = "/v1/jobs/" + quote(str(job["job"]), safe="")
        request = Request("GET", path, {}, None, self.search_header(self._seq), REPLY, ("application/json",))
        while deadline.left() and job.get("state") not in ("done", "failed"):
            try:
                job.update(facts(self.sidecar(deadline).ask(request, max(0.5, deadline.left()))))
            except Failure as failure:
                # The job goes on without us: what is unknown is only its state.
                self.write_warning("{}", self.name + " lost sight of its job. " + self.explain_failure(failure))
                break
            if job.get("state") not in ("done", "failed"):
                time.sleep(min(_LOOK_S, deadline.left()))
                if self._gone():
                    raise Cancelled
        return job

    def _row(self, job):
        if job.get("state") == "failed":
            told = job.get("message") or "no reason was given"
            self.stop("the %s of model %s failed: %s" % (self.work, self.model, told))
        if job.get("state") != "done":
            self.write_info("{}", "the %s goes on: | aimodels job=%s" % (self.work, job["job"]))
        return table_of(job)


def table_of(job):
    """The reply body: one row, what is not known of the job empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow({name: "" if job.get(name) is None else job.get(name) for name in COLUMNS})
    return out.getvalue().encode("utf-8")


def job_of(answer):
    """The one row of the reply's table, which names the job."""
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8", "replace"), newline="")))
    if len(rows) != 1 or not rows[0].get("job"):
        raise Failure("bad_response", "the sidecar's table is not of the agreed form")
    return rows[0]
