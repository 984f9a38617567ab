"""What can be wrong with a search."""


class SplError(Exception):
    """The search is wrong, or failed as it would in Splunk; the text says which part."""


class NotSupported(SplError):
    """A command, function or option that is not on the list: it may be right in Splunk, but nothing here knows it."""
