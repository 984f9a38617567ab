"""Asking for models, and changing which of them scores."""

from aiscore_kit.ask import Ask
from aiscore_kit.command import Chunked


class Generate(Ask):
    """Asks /v1/models."""

    verb = "models"

    def prepare(self):
        """Refuse what could not mean anything."""
        Chunked.prepare(self)
        if self.action not in (None, "list") and not self.model:
            self.stop("action=%s needs model=NAME" % self.action)
        if self.version and not self.action:
            self.stop("version= needs action=show, promote, retire or rollback")
        if self.job and (self.model or self.action):
            self.stop("job=ID stands alone: leave model= and action= out")

    def given(self):
        """The options by name."""
        return {"action": self.action, "model": self.model, "version": self.version, "job": self.job}
