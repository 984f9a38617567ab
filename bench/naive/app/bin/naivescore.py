"""| naivescore url=... explain=...: sends each chunk's records as JSON and adds the fields that come back."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import requests  # noqa: E402
from splunklib.searchcommands import Configuration, Option, StreamingCommand, dispatch, validators  # noqa: E402


@Configuration(distributed=False)
class NaiveScoreCommand(StreamingCommand):
    """Scores from a service that speaks JSON."""

    url = Option(require=True, doc="The service's address.")
    explain = Option(default=False, validate=validators.Boolean(), doc="Whether every row gets its reasons.")

    carry = ""
    session = requests.Session()

    def stream(self, records):
        """splunklib calls this once a chunk."""
        records = list(records)
        sent = {"records": records, "carry": self.carry, "explain": self.explain}
        response = self.session.post(self.url, json=sent, timeout=600)
        response.raise_for_status()
        reply = response.json()
        self.carry = reply["carry"]
        for record, fields in zip(records, reply["rows"]):  # noqa: B905 (strict came after 3.9)
            record.update(fields)
            yield record


dispatch(NaiveScoreCommand, sys.argv, sys.stdin, sys.stdout, __name__)
