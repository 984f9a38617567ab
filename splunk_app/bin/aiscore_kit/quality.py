"""A search whose events are examined: its rows gathered, then a grade for each field."""

from aiscore_kit.ask import without_ordinal
from aiscore_kit.gather import Gather

# Splunk's own fields that tell of late events and of wrong clocks.
_ABOUT_TIME = ("_indextime", "indextime", "host")


class Quality(Gather):
    """Asks /v1/quality."""

    verb = "quality"
    words = ("model", "recipe", "fields", "entity", "time")

    def prepare(self):
        """Refuse what could not mean anything."""
        if self.model and (self.recipe or self.fields or self.entity):
            self.stop("model= brings its own fields: leave recipe=, fields= and entity= out")
        if self.recipe and self.fields:
            self.stop("recipe= brings its own fields: leave fields= out")
        Gather.prepare(self)

    def kept(self):
        """The time of the events, and of their indexing."""
        return _ABOUT_TIME if self.time == "none" else (self.time, *_ABOUT_TIME)

    def wanted(self):
        """The fields named, or None where a model, a recipe or nothing names them."""
        if not self.fields:
            return None
        parts = [self.fields, self.entity, *self.kept()]
        return {name.strip() for part in parts if part for name in part.split(",") if name.strip()}

    def failed(self, failure):
        """Nothing was changed; the search can simply be run again."""
        return "examined nothing. %s" % self.explain_failure(failure)

    def answered(self, answer):
        """The rows of the fields."""
        return without_ordinal(answer.body)
