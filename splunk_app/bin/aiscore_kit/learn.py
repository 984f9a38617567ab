"""Learning the days of a search, which gathers its rows; or forgetting an entity, which needs none."""

from aiscore_kit.ask import without_ordinal
from aiscore_kit.client import csv_request
from aiscore_kit.command import Chunked
from aiscore_kit.failure import Failure
from aiscore_kit.fit import Fit, table_of
from aiscore_kit.gather import REPLY, Gather
from aiscore_kit.watch import Deadline

_LEARN = ("teach_below", "teach_bits", "alarm", "withhold", "window_days", "half_life_days", "cap_share")
_NOTHING = "no events: nothing was learned, and what was learned before stays as it is"
_FORGET = ("entity", "field", "earliest", "latest", "dry")


class Learn(Fit):
    """Sends the rows of a search to be learned, or (action=forget) asks that an entity be forgotten."""

    verb = "learn"
    work = "job"
    words = ("model", "action", *_LEARN, *_FORGET)
    _done = False

    def prepare(self):
        """Refuse what could not mean anything. Forgetting needs no rows: then the command stands first."""
        forgets = self.action == "forget"
        wrong = [name for name in (_LEARN if forgets else _FORGET) if getattr(self, name) is not None]
        if wrong:
            self.stop("%s= does not go with action=%s" % (wrong[0], self.action))
        if forgets and not self.entity:
            self.stop("action=forget needs entity=NAME")
        if forgets:
            Chunked.prepare(self)
            # What splunklib tells splunkd of a generating command; it knows none that is one at times only.
            self._configuration = {"generating": True, "type": "reporting"}
        else:
            Gather.prepare(self)

    def act(self, frame):
        """Learn: as any gathering command. Forget: all with the first chunk; a preview changes nothing."""
        if self.action != "forget":
            return Gather.act(self, frame)
        self._finished = True
        if self._done or frame.metadata.get("preview"):
            return b""
        self._done = True
        try:
            return self._forgotten()
        except Failure as failure:
            self.stop("%s: %s" % (self.name, self.explain_failure(failure)))

    def kept(self):
        """The time of the events."""
        return ("_time",)

    def wanted(self):
        """The sidecar knows what the model reads; here all of the events' own."""
        return None

    def nothing(self):
        """A day without events is ordinary, and teaches nothing: no job, and no error each night."""
        return table_of({"model": self.model, "state": "done", "rows": 0, "progress": 1, "message": _NOTHING})

    def _forgotten(self):
        deadline = Deadline(self.settings(self.patience()).chunk_deadline_s)
        given = {name: getattr(self, name) for name in self.words}
        params = {name: str(value) for name, value in given.items() if value is not None}
        request = csv_request("POST", "/v1/learn", params, b"", self.search_header(0), REPLY)
        answer = self.sidecar(deadline).ask(request, deadline.left())
        return without_ordinal(answer.body) if self.dry == "true" else self.answered(answer)
