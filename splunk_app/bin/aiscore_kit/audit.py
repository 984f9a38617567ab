"""Asking for the ledger, and whether it is still what was written."""

import csv
import io

from aiscore_kit.ask import Ask
from aiscore_kit.command import Chunked

LISTING = ("after", "most", "kind", "model")
VERIFIED = ("state", "entries", "heads", "entry", "fault", "told")


class Audit(Ask):
    """Asks /v1/audit."""

    verb = "audit"

    def prepare(self):
        """Refuse what could not mean anything."""
        Chunked.prepare(self)
        if self.head and self.action != "verify":
            self.stop("head= needs action=verify")
        for name in LISTING:
            if self.action in ("head", "verify") and getattr(self, name) is not None:
                self.stop("%s= goes with action=list only" % name)

    def given(self):
        """The options by name."""
        options = {"action": self.action, "head": self.head}
        options.update((name, getattr(self, name)) for name in LISTING)
        return options

    def unanswered(self, text):
        """Whether the ledger holds is then not known. That is a row too: an alert must not stay away without one."""
        if self.action != "verify":
            self.stop(text)
        self.write_warning("{}", text)
        out = io.StringIO()
        row = dict.fromkeys(VERIFIED, "")
        row.update(state="unknown", told=text)
        csv.writer(out, lineterminator="\n").writerows([VERIFIED, [row[name] for name in VERIFIED]])
        return out.getvalue().encode("utf-8")
