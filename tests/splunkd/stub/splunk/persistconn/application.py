"""The base class of persistent REST handlers, as Splunk documents it."""


class PersistentServerConnectionApplication:
    """A handler: splunkd calls handle() with a request as JSON text and expects a reply as a dict."""

    def handle(self, in_string):
        """One request."""
        raise NotImplementedError

    def done(self):
        """Called when splunkd lets the handler go."""
