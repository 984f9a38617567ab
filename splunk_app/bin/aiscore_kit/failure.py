"""Why a chunk could not be scored: one word of a closed list, and a sentence for people."""

NOTES = (
    "sidecar_down",
    "timeout",
    "overloaded",
    "sidecar_error",
    "auth",
    "tls",
    "bad_response",
    "bad_features",
    "no_model",
    "preview",
    "internal",
)

MENDS = {
    "sidecar_down": "check that the sidecar runs and that url in aiscore.conf [sidecar] names it",
    "timeout": "see whether the sidecar is busy, or raise chunk_deadline_s in aiscore.conf [sidecar]",
    "overloaded": "run fewer searches at once, or add sidecars",
    "sidecar_error": "look for the request id in the sidecar's log",
    "auth": "check the capability aiscore_score of your role and the shared secret (docs: ticket secret)",
    "tls": "check url and ca_file in aiscore.conf [sidecar]",
    "bad_response": "check that nothing between Splunk and the sidecar changes the replies",
    "bad_features": "compare the search's fields with | aimodels action=contract model=NAME",
    "no_model": "fit one with | aifit, or list them with | aimodels",
    "preview": "wait for the search to finish",
    "internal": "this is a fault of the command: see search.log",
}


class Failure(Exception):
    """A chunk has no scores. `note` is one of NOTES, `text` says what happened (never a secret).

    `retry` tells whether the same request may be sent once more, `wait_s` how long the other side asked us to
    wait first, `status` is the HTTP number (0: none came).

    >>> str(Failure("timeout", "no answer within 10 s"))
    'timeout: no answer within 10 s'
    """

    def __init__(self, note, text, retry=False, wait_s=0.0, status=0, mend=""):
        assert note in NOTES, note  # nosec B101  # a slip of ours, never of the input
        Exception.__init__(self, note + ": " + text)
        self.note = note
        self.text = text
        self.retry = retry
        self.wait_s = wait_s
        self.status = status
        self.mend = mend or MENDS[note]


class Cancelled(Exception):
    """The search was cancelled: whoever started us has hung up."""
